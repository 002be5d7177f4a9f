import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isAsWritten, readHead, readManifest, titleOfChart } from '../../result/index.ts'
import type { CommittedResult, RunState } from '../../run/index.ts'
import { chartsDrawn } from './charts-drawn.ts'
import { headColumns } from './table-view.ts'
import type { ResultView, TableView } from './views.ts'

const headRows = 20

/** What came out; null where nothing has yet. */
export function resultView({ result, shortfalls }: RunState, id: string): ResultView | null {
  if (result === null) return null
  const { directory, digest } = result
  const there = contentOf(result, id)
  return {
    directory,
    digest,
    complete: shortfalls.length === 0,
    isThere: there !== null,
    charts: there?.charts ?? [],
    chartsElsewhere: there?.chartsElsewhere ?? 0,
    tables:
      there?.tables ??
      result.tables.map(({ name, file, rows, bytes }) => ({
        name,
        isAsWritten: null,
        file,
        rows,
        bytes,
        columns: [],
        head: [],
      })),
  }
}

/** Null where the result has gone, or another run's lies in its place. */
function contentOf(
  { directory, tables }: CommittedResult,
  id: string,
): Pick<ResultView, 'tables' | 'charts' | 'chartsElsewhere'> | null {
  if (!existsSync(join(directory, 'manifest.json'))) return null
  try {
    const manifest = readManifest(directory)
    const { run, tableFormat } = manifest
    if (run.id !== id) return null
    const heads = tables.map((table): TableView => {
      const { name, file, rows, bytes } = table
      const found = isAsWritten(directory, table)
      const { head } =
        found === true && tableFormat === 'jsonl' ? readHead(directory, table, headRows) : { head: [] }
      const columns = headColumns(manifest, name, head)
      return {
        name,
        isAsWritten: typeof found === 'boolean' ? found : null,
        file,
        rows,
        bytes,
        columns,
        head: head.map(({ key, value }) => [...key, value]),
      }
    })
    const drawn = chartsDrawn(manifest)
    const isReadable = tableFormat === 'jsonl' || tableFormat === 'json'
    const all = isReadable ? (manifest.job.description.charts ?? []).length : 0
    const names = tables.map(({ name }) => name)
    return {
      tables: heads,
      charts: drawn.map((chart) => titleOfChart(chart, names)),
      chartsElsewhere: all - drawn.length,
    }
  } catch {
    // Changed by hand, or just being removed: `tallyman verify` says what is wrong with it.
    return null
  }
}
