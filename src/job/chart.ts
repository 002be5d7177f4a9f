import { type AnyColumns, columnsOf } from './columns.ts'
import { jobTables, type Reductions } from './emit.ts'
import { invalidField } from './invalid-field.ts'
import { nearestName } from './nearest.ts'
import { quote, quoteAll, showValue } from './show-value.ts'

/** What a chart compares columns with. */
export type ChartScalar = string | number | boolean | null

/** What every chart may say. Columns are those of the key, as the job names them (`key`, or `key_1`, … without names). */
export interface ChartBase {
  /** Name of the picture's file, without its ending. Default: the table's, numbered where several charts are of one table. */
  readonly name?: string
  /** Default: what is drawn, in words. `{column}` stands for what `where` says of a column. */
  readonly title?: string
  /** Default: the job's only table. */
  readonly table?: string
  /** Only rows with these values in these columns. Default: all rows; rows of one place in the picture are added up. */
  readonly where?: { readonly [column: string]: ChartScalar | readonly ChartScalar[] }
  /** Property of the value that is drawn, where the value is an object. Default: the value itself. */
  readonly value?: string
  /** What is counted, as its axis says: `tweets`. Default: the name of the value. */
  readonly unit?: string
  /** A small picture of its own for each value of this column, all to one scale. */
  readonly facet?: string
  /** A logarithmic scale. */
  readonly log?: boolean
}

/** Horizontal bars, longest first. */
export interface BarsChart extends ChartBase {
  readonly kind: 'bars'
  /** Column with a bar for each of its values. */
  readonly x: string
  /** Column that a bar is divided by. */
  readonly series?: string
  /** How many bars; the others are added up, and the picture says so. Default: 10. */
  readonly top?: number
}

/** Lines over an axis of days, or of whatever else `x` is. */
export interface LinesChart extends ChartBase {
  readonly kind: 'lines'
  /** Column of the horizontal axis: days (`2020-03-19`), months, numbers, or names in order. */
  readonly x: string
  /** Column with a line for each of its values. */
  readonly series?: string
  /** How many lines, the largest; the others are added up. Default: 8. */
  readonly top?: number
  /** Areas on top of each other. */
  readonly stacked?: boolean
}

/** A field of coloured cells. */
export interface HeatChart extends ChartBase {
  readonly kind: 'heat'
  readonly x: string
  readonly y: string
  /** How many rows and columns, the largest; axes of days and numbers have all. Default: 30. */
  readonly top?: number
}

/** How many rows have a value in which range; or the bins of a `histogram()`. */
export interface HistogramChart extends ChartBase {
  readonly kind: 'histogram'
  /** How many bins, where the values are not counted in bins already. Default: as many as suit the number of rows. */
  readonly bins?: number
}

/** Countries of the world, coloured by value. */
export interface MapChart extends ChartBase {
  readonly kind: 'map'
  /** Column with codes of countries: ISO 3166-1, of two or three letters. */
  readonly x: string
}

/** What to draw of a result. */
export type Chart = BarsChart | LinesChart | HeatChart | HistogramChart | MapChart

/** The kinds of charts, in the order help lists them. */
export const chartKinds = ['bars', 'lines', 'heat', 'histogram', 'map'] as const

const everyChart = ['kind', 'name', 'title', 'table', 'where', 'value', 'unit', 'facet', 'log']
const ownFields: Readonly<Record<Chart['kind'], readonly string[]>> = {
  bars: ['x', 'series', 'top'],
  lines: ['x', 'series', 'top', 'stacked'],
  heat: ['x', 'y', 'top'],
  histogram: ['bins'],
  map: ['x'],
}
const needed: Readonly<Record<Chart['kind'], readonly string[]>> = {
  bars: ['x'],
  lines: ['x'],
  heat: ['x', 'y'],
  histogram: [],
  map: ['x'],
}
const texts = ['name', 'title', 'table', 'value', 'unit', 'facet', 'x', 'y', 'series']
const switches = ['log', 'stacked']
const chartsMax = 100

/** What the charts of a job are checked against. */
interface ChartedJob {
  readonly reduce: Reductions
  readonly columns?: AnyColumns
}

/** The fields that a kind of chart has. */
export function chartFields(kind: Chart['kind']): readonly string[] {
  return [...everyChart, ...ownFields[kind]]
}

/** The fields that a kind of chart cannot be without. */
export function neededFields(kind: Chart['kind']): readonly string[] {
  return needed[kind]
}

/**
 * Refuses `charts` of a job that cannot be drawn, as far as that can be seen before there is a result.
 *
 * @throws {TallymanError} `job-invalid`
 */
export function checkCharts(charts: unknown, job: ChartedJob): void {
  if (charts === undefined) return
  if (!Array.isArray(charts) || charts.length > chartsMax) {
    throw invalidField(
      'charts',
      `is ${showValue(charts)}; it is a list of charts`,
      "Say for example charts: [{ kind: 'bars', x: 'lang' }].",
    )
  }
  for (const [index, chart] of charts.entries()) checkChart(`charts[${index}]`, chart, job)
}

/** Refuses a chart that has not what its kind needs. */
function checkChart(field: string, chart: unknown, job: ChartedJob): void {
  if (typeof chart !== 'object' || chart === null || Array.isArray(chart)) {
    throw invalidField(
      field,
      `is ${showValue(chart)}; it is an object`,
      "Say for example { kind: 'bars', x: 'lang' }.",
    )
  }
  const fields = chart as Readonly<Record<string, unknown>>
  const kind = chartKinds.find((one) => one === fields.kind)
  if (kind === undefined) {
    throw invalidField(`${field}.kind`, `is ${showValue(fields.kind)}`, `There are ${quoteAll(chartKinds)}.`)
  }
  for (const name of Object.keys(fields)) checkField(field, kind, name, fields[name])
  for (const name of needed[kind]) {
    if (fields[name] === undefined)
      throw invalidField(`${field}.${name}`, 'is missing', `Name the column that ${name} is.`)
  }
  const tables = jobTables(job).map(({ name }) => name)
  const table = fields.table ?? (tables.length === 1 ? tables[0] : undefined)
  if (typeof table !== 'string' || !tables.includes(table)) {
    const what = table === undefined ? 'is missing' : `is ${showValue(table)}`
    throw invalidField(`${field}.table`, what, `The job has ${quoteAll(tables)}.`)
  }
  checkColumnNames(field, fields, columnsOf(job, table))
}

function checkField(field: string, kind: Chart['kind'], name: string, value: unknown): void {
  const known = chartFields(kind)
  const place = `${field}.${name}`
  if (!known.includes(name)) {
    const near = nearestName(name, known)
    const meant = near === null ? '' : `Did you mean "${near}"? `
    throw invalidField(place, `is not one that ${kind} have`, `${meant}They have ${quoteAll(known)}.`)
  }
  if (value === undefined) return
  const refuse = (what: string): never => {
    throw invalidField(place, `is ${showValue(value)}; it is ${what}`, 'Mend it, or leave it out.')
  }
  if (texts.includes(name) && (typeof value !== 'string' || value.trim() === '')) refuse('a text')
  if (name === 'name' && !/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_. -]*$/u.test(String(value)))
    refuse('the name of a file')
  if (switches.includes(name) && typeof value !== 'boolean') refuse('true or false')
  if ((name === 'top' || name === 'bins') && !(Number.isSafeInteger(value) && Number(value) > 0))
    refuse('a whole number from 1')
  if (name === 'where' && !isWhere(value))
    refuse("an object such as { tag: '#flu' }, with a value or a list of values for columns")
}

function isWhere(where: unknown): boolean {
  if (typeof where !== 'object' || where === null || Array.isArray(where)) return false
  return Object.values(where).every((wanted) => {
    const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
    return (
      list.length > 0 &&
      list.every((one) => one === null || ['string', 'number', 'boolean'].includes(typeof one))
    )
  })
}

/** Where the job names the columns, only these are there. */
function checkColumnNames(
  field: string,
  chart: Readonly<Record<string, unknown>>,
  columns: readonly string[] | null,
): void {
  if (columns === null) return
  const where = Object.keys(chart.where ?? {}).map((name) => ['where', name] as const)
  const named = ['x', 'y', 'series', 'facet'].map((name) => [name, chart[name]] as const)
  for (const [name, column] of [...named, ...where]) {
    if (typeof column !== 'string' || columns.includes(column)) continue
    const near = nearestName(column, columns)
    const meant = near === null ? '' : `Did you mean "${near}"? `
    throw invalidField(
      `${field}.${name}`,
      `is ${quote(column)}, which is no column of the table`,
      `${meant}It has ${quoteAll(columns)}.`,
    )
  }
}
