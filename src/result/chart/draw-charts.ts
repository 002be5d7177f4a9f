import { setImmediate } from 'node:timers/promises'
import { TallymanError } from '../../errors.ts'
import { type Chart, nearestName, type Row, type TableDescription } from '../../job/index.ts'
import type { Key } from '../../record/index.ts'
import { type Where, whereOfChart } from '../columns/row-filter.ts'
import type { Manifest } from '../manifest.ts'
import { openResult } from '../open-result.ts'
import { type Basis, basisOf } from './basis.ts'
import { ChartCollector } from './collect.ts'
import type { Drawing } from './drawing.ts'
import { planDrawing } from './plan-drawing.ts'

const breatheEveryRows = 20_000

/** How charts are looked at, where it is not as the job said when the result was made. */
export interface Look {
  readonly where?: Where
  /** Tables with the names that their columns shall have. */
  readonly tables?: readonly TableDescription[]
  /** Are the charts newer than the result? Their pictures say so. */
  readonly isNewer?: boolean
}

/** A chart that cannot be drawn of this result, and why. */
export interface RefusedChart {
  readonly name: string
  readonly refused: TallymanError
}

/**
 * Decides what charts of a result show. Each table is read once, whatever the number of its charts. Conditions of `where` come
 * over those of the charts; where several are drawn, only of those whose tables have the columns. A chart that cannot be drawn
 * keeps none of the others from it.
 *
 * @returns in the order of the charts
 * @throws {TallymanError} as `openResult` and its tables do
 */
export async function planCharts(
  directory: string,
  charts: readonly Chart[],
  { where = {}, tables: lookedAt, isNewer = false }: Look = {},
): Promise<(Drawing | RefusedChart)[]> {
  const { manifest, tables } = openResult(directory)
  const descriptions = describedTables(manifest, lookedAt)
  const planned = await planChartsOf(tables, charts, { descriptions, where, basis: basisOf(manifest) })
  if (!isNewer) return planned
  return planned.map((one) => ('refused' in one ? one : { ...one, notes: [...one.notes, newerNote] }))
}

/** What charts are drawn from. */
interface ChartGround {
  readonly descriptions: readonly TableDescription[]
  readonly where?: Where
  readonly basis: Basis
}

/** Rows of each table, in key order. */
type RowsByTable = Readonly<Record<string, AsyncIterable<Row<Key, unknown>> | Iterable<Row<Key, unknown>>>>

/** The same of tables that are no result's. */
export async function planChartsOf(
  tables: RowsByTable,
  charts: readonly Chart[],
  { descriptions, where = {}, basis }: ChartGround,
): Promise<(Drawing | RefusedChart)[]> {
  // Of several charts only those are narrowed whose tables have the column.
  const whereOf = (table: string): Where => {
    const columns = descriptions.find(({ name }) => name === table)?.columns
    return Object.fromEntries(Object.entries(where).filter(([column]) => columns?.includes(column) ?? true))
  }
  const attempts = nameCharts(charts, Object.keys(tables)).map((named) => {
    if ('refused' in named) return new Attempt(named.name, named.refused)
    const conditions = conditionsOf(named, charts.length === 1 ? where : whereOf(named.table))
    const description = descriptions.find(({ name }) => name === named.table)
    return new Attempt(named.name, new ChartCollector({ ...named, conditions }, description))
  })
  for (const table of new Set(attempts.flatMap((attempt) => attempt.table ?? []))) {
    const own = attempts.filter((attempt) => attempt.table === table)
    let rows = 0
    for await (const row of tables[table] ?? []) {
      for (const attempt of own) attempt.do((collector) => collector.add(row))
      rows += 1
      if (rows % breatheEveryRows === 0) await setImmediate()
    }
  }
  return attempts.map(
    (attempt) =>
      attempt.do((collector) => planDrawing(collector.chart, collector.finish(), basis)) ?? attempt.refusal(),
  )
}

const newerNote = 'Drawn by charts and names of columns that are newer than the result.'

/** A chart on the way to its drawing, or what stands against it. */
class Attempt {
  readonly #name: string
  #state: ChartCollector | TallymanError

  constructor(name: string, state: ChartCollector | TallymanError) {
    this.#name = name
    this.#state = state
  }

  /** null for a chart that is refused. */
  get table(): string | null {
    return this.#state instanceof TallymanError ? null : this.#state.chart.table
  }

  /** Does a step towards the drawing; null where the chart is refused. What is not the chart's fault is thrown. */
  do<T>(step: (collector: ChartCollector) => T): T | null {
    if (this.#state instanceof TallymanError) return null
    try {
      return step(this.#state)
    } catch (error) {
      if (!(error instanceof TallymanError) || error.code !== 'usage') throw error
      this.#state = error
      return null
    }
  }

  refusal(): RefusedChart {
    if (!(this.#state instanceof TallymanError)) throw new Error(`Chart ${this.#name} was not refused.`)
    return { name: this.#name, refused: this.#state }
  }
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
  return { ...whereOfChart(chart), ...where }
}

/** Gives each chart a table and a name that no other has. */
function nameCharts(
  charts: readonly Chart[],
  tables: readonly string[],
): ((Chart & { readonly name: string; readonly table: string }) | RefusedChart)[] {
  const names = new Set<string>()
  return charts.map((chart) => {
    const table = chart.table ?? (tables.length === 1 ? tables[0] : undefined)
    const wanted = chart.name ?? table ?? 'chart'
    let name = wanted
    for (let number = 2; names.has(name); number++) name = `${wanted}-${number}`
    names.add(name)
    if (table !== undefined && tables.includes(table)) return { ...chart, name, table }
    return { name, refused: noSuchTable(table, tables) }
  })
}

function noSuchTable(table: string | undefined, tables: readonly string[]): TallymanError {
  const near = table === undefined ? null : nearestName(table, tables)
  return new TallymanError(
    'not-found',
    table === undefined
      ? 'The result has several tables.'
      : `The result has no table ${JSON.stringify(table)}.`,
    { wayOut: `Say --table ${near ?? `with one of ${tables.join(', ')}`}.` },
  )
}
