import { setImmediate } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { type Chart, nearestName, type TableDescription } from '../../job/index.ts'
import type { Wanted, Where } from '../columns/row-filter.ts'
import type { Manifest } from '../manifest.ts'
import { openResult } from '../open-result.ts'
import { ChartCollector, type PlannedChart } from './collect.ts'
import type { Drawing } from './drawing.ts'
import { planDrawing } from './plan-drawing.ts'

const breatheEveryRows = 20_000

/** How charts are looked at, where it is not as the job said when the result was made. */
export interface Look {
  readonly where?: Where
  /** Tables with the names that their columns shall have. */
  readonly tables?: readonly TableDescription[]
}

/**
 * Decides what charts of a result show. Each table is read once, whatever the number of its charts. Conditions of `where` come
 * over those of the charts; where several are drawn, only of those whose tables have the columns.
 *
 * @throws {TallymanError} `usage` for a chart that cannot be drawn of this result; as `openResult` and its tables do
 */
export async function planCharts(
  directory: string,
  charts: readonly Chart[],
  { where = {}, tables: lookedAt }: Look = {},
): Promise<Drawing[]> {
  const { manifest, tables } = openResult(directory)
  const descriptions = describedTables(manifest, lookedAt)
  // Of several charts only those are narrowed whose tables have the column.
  const whereOf = (table: string): Where => {
    const columns = descriptions.find(({ name }) => name === table)?.columns
    return Object.fromEntries(Object.entries(where).filter(([column]) => columns?.includes(column) ?? true))
  }
  const planned = nameCharts(charts, Object.keys(tables)).map(
    (chart): PlannedChart => ({
      ...chart,
      conditions: conditionsOf(chart, charts.length === 1 ? where : whereOf(chart.table)),
    }),
  )
  const drawings = new Map<PlannedChart, Drawing>()
  for (const name of new Set(planned.map(({ table }) => table))) {
    const description = descriptions.find((one) => one.name === name)
    const collectors = planned
      .filter(({ table }) => table === name)
      .map((chart) => new ChartCollector(chart, description))
    let rows = 0
    for await (const row of tables[name] ?? []) {
      for (const collector of collectors) collector.add(row)
      rows += 1
      if (rows % breatheEveryRows === 0) await setImmediate()
    }
    for (const collector of collectors)
      drawings.set(collector.chart, planDrawing(collector.chart, collector.finish(), manifest))
  }
  return planned.flatMap((chart) => drawings.get(chart) ?? [])
}

/** The tables that the result has; names of their columns may be newer, what they hold is not. */
export function describedTables(
  { job }: Manifest,
  lookedAt: readonly TableDescription[] | undefined,
): TableDescription[] {
  return job.description.tables.map((table) => {
    const columns = lookedAt?.find(({ name }) => name === table.name)?.columns
    if (lookedAt === undefined) return table
    const { name, kind } = table
    return columns === undefined ? { name, kind } : { name, kind, columns }
  })
}

function conditionsOf(chart: Chart, where: Where): Where {
  const own = Object.entries(chart.where ?? {}).map(([column, wanted]) => {
    const list = Array.isArray(wanted) ? wanted : [wanted]
    return [column, list.map((exactly): Wanted => ({ exactly }))] as const
  })
  return { ...Object.fromEntries(own), ...where }
}

/** Gives each chart a table and a name that no other has. */
function nameCharts(
  charts: readonly Chart[],
  tables: readonly string[],
): (Chart & { readonly name: string; readonly table: string })[] {
  const names = new Set<string>()
  return charts.map((chart) => {
    const table = chart.table ?? (tables.length === 1 ? tables[0] : undefined)
    if (table === undefined || !tables.includes(table)) {
      const near = table === undefined ? null : nearestName(table, tables)
      throw new TallymanError(
        'not-found',
        table === undefined
          ? 'The result has several tables.'
          : `The result has no table ${JSON.stringify(table)}.`,
        { wayOut: `Say --table ${near ?? `with one of ${tables.join(', ')}`}.` },
      )
    }
    const wanted = chart.name ?? table
    let name = wanted
    for (let number = 2; names.has(name); number++) name = `${wanted}-${number}`
    names.add(name)
    return { ...chart, name, table }
  })
}
