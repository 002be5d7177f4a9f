import { basename } from 'node:path'
import { parseJson } from '../input/index.ts'
import type { Row } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import {
  inputTotals,
  openInputs,
  type PartSoFar,
  type RunDirectory,
  type RunState,
  totalsOf,
} from '../run/index.ts'
import { sourceOf } from './chart/basis.ts'
import type { Drawing } from './chart/drawing.ts'
import type { NotDrawn } from './chart/refused-chart.ts'
import { sayRejected } from './chart/shortfalls.ts'
import { partRows } from './part-rows.ts'

/**
 * The charts of a run's job, of what its tables would hold by now; each says so.
 *
 * @param parts all of what its reducers made of what is mapped
 * @param restsOn what it rests on
 */
export async function chartsSoFar(
  directory: RunDirectory,
  state: RunState,
  parts: readonly PartSoFar[],
  restsOn: string,
): Promise<(Drawing | NotDrawn)[]> {
  const { job, discovery } = state.plan
  const { charts = [], tables } = job.description
  if (charts.length === 0) return []
  // It is loaded when it is first called, as `planCharts` is.
  const { planChartsOf } = await import('./chart/draw-charts.ts')
  const planned = await planChartsOf(
    Object.fromEntries(tables.map(({ name }) => [name, rowsOf(parts, name)])),
    charts,
    {
      descriptions: tables,
      basis: {
        tables,
        inputs: inputTotals(state),
        partial: [...openInputs(state)],
        series: discovery.series,
        warnings: [`Not the result: the answer so far, of ${restsOn}.`, ...sayRejected(totalsOf(state))],
        source: sourceOf(job, basename(directory.path), ['so far']),
      },
    },
  )
  return planned.map((one) =>
    'refused' in one
      ? { name: one.name, refused: { message: one.refused.message, wayOut: one.refused.wayOut } }
      : one,
  )
}

function* rowsOf(parts: readonly PartSoFar[], table: string): Generator<Row<Key, unknown>, void> {
  const files = parts.filter((part) => part.table === table).map(({ file }) => file)
  for (const { key, valueJson } of partRows(files)) {
    const bytes = Buffer.from(valueJson)
    yield { key, value: parseJson(bytes, 0, bytes.length, 'exact') }
  }
}
