import { canonicalJson, isKey, type Key } from '../../record/index.ts'
import {
  elementsOf,
  firstRowFrom,
  type HeadRow,
  keyColumnNames,
  type Manifest,
  openResult,
  readManifest,
  readTablePage,
  selectRows,
} from '../../result/index.ts'
import type { CommittedTable } from '../../run/index.ts'
import type { TableRowsView } from './run-view.ts'

const rowsMax = 100
/** Up to this size a table is gone through for its largest values: about a tenth of a second for each megabyte. */
const sortedBytesMax = 8e6

/** What is asked for of a table. */
export interface TableRequest {
  readonly name: string
  /** A key, or how one begins: a JSON text, or any other text as it is. */
  readonly from: string
  readonly order: 'key' | 'value'
  readonly startByte: number
}

/** Rows of a table of a run's result; null where the result has none of this name. */
export async function tableView(
  run: string,
  directory: string,
  request: TableRequest,
): Promise<TableRowsView | null> {
  const manifest = readManifest(directory)
  const table = manifest.tables.find(({ name }) => name === request.name)
  if (table === undefined) return null
  const { from, order } = request
  const empty = { cells: [], nextByte: null }
  const known = {
    kind: 'table',
    run,
    name: table.name,
    rows: table.rows,
    complete: manifest.completeness.complete,
    from,
    order,
    problem: null,
  } as const
  if (manifest.tableFormat !== 'jsonl')
    return {
      ...known,
      ...empty,
      columns: [],
      problem: `It was written as ${manifest.tableFormat}: take the file along.`,
    }
  const columnsOf = (rows: readonly HeadRow[]): string[] => headColumns(manifest, table.name, rows)
  if (order === 'value') {
    if (table.bytes > sortedBytesMax) {
      const problem = `It is too large to be sorted here: tallyman show ${run} --table ${table.name} --top ${rowsMax}`
      return { ...known, ...empty, columns: [], problem }
    }
    const rows = await largest(directory, manifest, table)
    return { ...known, columns: columnsOf(rows), cells: rows.map(cellsOf), nextByte: null }
  }
  const startByte = from === '' ? request.startByte : startOf(directory, table, from)
  if (startByte === null)
    return {
      ...known,
      ...empty,
      columns: [],
      problem: 'Its keys hold Infinity, so they cannot be looked up here.',
    }
  const { rows, nextByte } = readTablePage(directory, table, { startByte, rowsMax })
  return { ...known, columns: columnsOf(rows), cells: rows.map(cellsOf), nextByte }
}

/** Names of the columns of these rows. */
export function headColumns(
  { job }: { readonly job: Pick<Manifest['job'], 'description'> },
  name: string,
  rows: readonly HeadRow[],
): string[] {
  const named = job.description.tables.find((table) => table.name === name)?.columns ?? null
  const width = Math.max(1, ...rows.map(({ key }) => key.length))
  return [...keyColumnNames(width === 1 ? null : width, named), 'value']
}

function cellsOf({ key, value }: HeadRow): string[] {
  return [...key, value]
}

async function largest(directory: string, manifest: Manifest, { name }: CommittedTable): Promise<HeadRow[]> {
  const table = openResult(directory).tables[name]
  if (table === undefined) return []
  const description = manifest.job.description.tables.find((one) => one.name === name)
  const rows: HeadRow[] = []
  for await (const { key, value } of selectRows(table, description, {
    where: {},
    top: { rows: rowsMax, by: 'value' },
  }))
    rows.push({ key: elementsOf(key).map((element) => canonicalJson(element)), value: canonicalJson(value) })
  return rows
}

/** Where the first row is whose key is not before what was typed. Of keys that are tuples it may be the first element. */
function startOf(directory: string, table: CommittedTable, typed: string): number | null {
  const first = readTablePage(directory, table, { startByte: 0, rowsMax: 1 }).rows[0]
  const key = keyOf(typed)
  const isTuple = first !== undefined && first.key.length > 1
  return firstRowFrom(directory, table, isTuple && !Array.isArray(key) ? ([key] as Key) : key)
}

function keyOf(typed: string): Key {
  try {
    const value: unknown = JSON.parse(typed)
    if (isKey(value)) return value
  } catch {
    // A text as it is.
  }
  return typed
}
