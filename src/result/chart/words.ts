import type { Chart } from '../../job/index.ts'
import { printable } from '../../printable.ts'
import { countOf } from '../../quantities.ts'
import { type Wanted, whereOfChart } from '../columns/row-filter.ts'
import type { Basis } from './basis.ts'
import type { Collected, PlannedChart } from './collect.ts'
import { labelOf } from './places.ts'

/** The title that a chart of a job has in its picture. */
export function titleOfChart(chart: Chart, tables: readonly string[]): string {
  const table = chart.table ?? tables[0] ?? ''
  return titleOf({ ...chart, name: chart.name ?? table, table, conditions: whereOfChart(chart) })
}

/** What the job says, with `{column}` replaced by the condition on that column; else what is drawn, in words. Printable. */
export function titleOf(chart: PlannedChart): string {
  const said = chart.title ?? defaultTitle(chart)
  return printable(
    said.replace(/\{([^}]*)\}/g, (whole, column: string) => {
      const wanted = Object.hasOwn(chart.conditions, column) ? chart.conditions[column] : undefined
      return wanted === undefined ? whole : sayWanted(wanted)
    }),
  )
}

function defaultTitle(chart: PlannedChart): string {
  const of = sayConditions(chart) || chart.table
  if (chart.kind === 'histogram') return `${chart.value ?? 'value'} of ${of}`
  return of === chart.x ? of : `${of} by ${chart.x}`
}

/** Table, conditions, columns that were added up, number of rows: `table lang · tag: #flu · 12 rows`. Printable. */
export function subtitleOf(chart: PlannedChart, { summedOver, rows }: Collected): string {
  const conditions = Object.entries(chart.conditions).map(
    ([column, wanted]) => `${column}: ${printable(sayWanted(wanted))}`,
  )
  const added = summedOver.length > 0 ? [`added up over ${summedOver.join(', ')}`] : []
  return [`table ${chart.table}`, ...conditions, ...added, countOf(rows, 'row')].join(' · ')
}

/** The values that were asked for, without their columns: `#flu or #corona, en`. Empty without conditions. Printable. */
export function sayConditions(chart: PlannedChart): string {
  return printable(Object.values(chart.conditions).map(sayWanted).join(', '))
}

/** `#flu`, `#flu or #corona`; of many how many. */
function sayWanted(wanted: readonly Wanted[]): string {
  if (wanted.length > 4) return `one of ${wanted.length}`
  return wanted.map((one) => labelOf('typed' in one ? one.typed : one.exactly)).join(' or ')
}

/** What the chart says, else the property or the kind of reducer that amounts are of; and whether their scale is logarithmic. Printable. */
export function unitOf(chart: PlannedChart, { tables }: Basis): string {
  const unit = printable(chart.unit ?? defaultUnit(chart, tables))
  return chart.log === true ? `${unit}, logarithmic` : unit
}

function defaultUnit(chart: PlannedChart, tables: Basis['tables']): string {
  if (chart.kind === 'histogram') return 'rows'
  const kind = tables.find(({ name }) => name === chart.table)?.kind
  return chart.value ?? (kind === 'count' ? 'count' : (kind ?? 'value'))
}
