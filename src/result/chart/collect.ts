import { TallymanError } from '../../errors.ts'
import type { Chart, Row, TableDescription } from '../../job/index.ts'
import { canonicalJson, type Key } from '../../record/index.ts'
import { type ColumnReader, columnReader, columnsOfRow, noSuchColumn } from '../columns/row-columns.ts'
import { rowFilter, type Where } from '../columns/row-filter.ts'
import { amountOf } from './amounts.ts'
import { Sums } from './places.ts'

/** How JSON tells the numbers it has no signs for. */
const numberWords: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity'])

/** A chart whose table is known and whose conditions are those of the command line, where it has any. */
export type PlannedChart = Chart & {
  readonly name: string
  readonly table: string
  readonly conditions: Where
}

/** What the rows of a table come to for one chart. */
export interface Collected {
  /** Cells in the order of `roles`, and their sum. */
  readonly sums: Sums
  /** What the cells of a place stand for. */
  readonly roles: readonly Role[]
  /** For a histogram: the numbers, or bins that were counted already. */
  readonly numbers: readonly number[]
  readonly bins: readonly CountedBin[]
  /** All cells of these columns in the table, wanted or not. */
  readonly known: Readonly<Record<'x' | 'y', ReadonlySet<unknown>>>
  /** How many rows have a value that is no finite number, by what it is. */
  readonly unfinite: ReadonlyMap<string, number>
  /** Is there no finite value? */
  readonly isEmpty: boolean
  /** Rows that the conditions hold for. */
  readonly rows: number
  /** Columns of the key that no role and no condition tells apart, so that their rows are added up. */
  readonly summedOver: readonly string[]
}

/** What a column is drawn as; which of them a chart has depends on its kind. */
export type Role = 'facet' | 'series' | 'x' | 'y'

/** A bin, as a `histogram()` counted it or as numbers were put into it: from inclusive, to exclusive. */
export interface CountedBin {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Takes the rows of a table for one chart. */
export class ChartCollector {
  readonly chart: PlannedChart
  readonly #description: TableDescription | undefined
  readonly #isWanted: (row: Row<Key, unknown>) => boolean
  readonly #readers: readonly ColumnReader[]
  readonly #readKnown: readonly (readonly [role: 'x' | 'y', read: ColumnReader])[]
  readonly #readValue: ColumnReader
  readonly #roles: readonly Role[]
  readonly #sums = new Sums()
  readonly #known = { x: new Set<unknown>(), y: new Set<unknown>() }
  readonly #unfinite = new Map<string, number>()
  readonly #numbers: number[] = []
  readonly #bins = new Map<string, { readonly from: number; readonly to: number; count: number }>()
  readonly #seen = new Set<string>()
  #columns: readonly string[] = []
  #rows = 0

  constructor(chart: PlannedChart, description: TableDescription | undefined) {
    this.chart = chart
    this.#description = description
    this.#isWanted = rowFilter(chart.conditions, description)
    this.#roles = rolesOf(chart)
    this.#readers = this.#roles.map((role) => columnReader(columnOf(chart, role), description))
    this.#readKnown = (['x', 'y'] as const).flatMap((role) =>
      this.#roles.includes(role) ? [[role, columnReader(columnOf(chart, role), description)] as const] : [],
    )
    this.#readValue = columnReader(chart.value ?? 'value', description)
  }

  add(row: Row<Key, unknown>): void {
    if (this.#columns.length === 0) this.#columns = columnsOfRow(row, this.#description)
    for (const name of this.#columns) if (this.#seen.size < this.#columns.length) this.#note(name, row)
    for (const [role, read] of this.#readKnown) this.#known[role].add(read(row))
    if (!this.#isWanted(row)) return
    this.#rows += 1
    const value = this.#readValue(row)
    if (this.chart.kind === 'histogram' && this.#addBins(value)) return
    if (typeof value !== 'number' && typeof value !== 'bigint' && !numberWords.has(value))
      throw this.#noNumber(value)
    const amount = typeof value === 'number' || typeof value === 'bigint' ? amountOf(value) : Number(value)
    if (!Number.isFinite(Number(amount))) {
      const word = typeof amount === 'bigint' ? 'more than can be drawn' : String(amount)
      this.#unfinite.set(word, (this.#unfinite.get(word) ?? 0) + 1)
    } else if (this.chart.kind === 'histogram') this.#numbers.push(Number(amount))
    else
      this.#sums.add(
        this.#readers.map((read) => read(row) ?? null),
        amount,
      )
  }

  /** @throws {TallymanError} `usage` for a column that is not there, or a table that cannot be drawn so */
  finish(): Collected {
    if (this.#columns.length > 0) this.#checkColumns()
    const summedOver = this.#sums.isSummed ? this.#summedOver() : []
    if (this.#sums.isSummed) this.#checkAdding(summedOver)
    return {
      sums: this.#sums,
      roles: this.#roles,
      numbers: this.#numbers,
      bins: [...this.#bins.values()].sort((a, b) => a.from - b.from),
      known: this.#known,
      unfinite: this.#unfinite,
      isEmpty: this.#sums.isEmpty && this.#numbers.length === 0 && this.#bins.size === 0,
      rows: this.#rows,
      summedOver,
    }
  }

  #note(name: string, row: Row<Key, unknown>): void {
    if (columnReader(name, this.#description)(row) !== undefined) this.#seen.add(name)
  }

  /** The result of `histogram()` is a value of bins. */
  #addBins(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !('bins' in value) || !Array.isArray(value.bins))
      return false
    for (const { from, to, count } of value.bins as CountedBin[]) {
      const id = `${from} ${to}`
      const there = this.#bins.get(id)
      if (there === undefined) this.#bins.set(id, { from, to, count })
      else there.count += count
    }
    return true
  }

  #noNumber(value: unknown): TallymanError {
    const { table, value: name = 'value' } = this.chart
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return new TallymanError(
      'usage',
      `Table ${table} cannot be drawn: its ${name} is ${canonicalJson(value ?? null).slice(0, 60)}, no number.`,
      {
        wayOut: isObject
          ? `Say which property is drawn: --value ${Object.keys(value)[0] ?? 'NAME'}.`
          : 'Draw a table of numbers.',
      },
    )
  }

  #checkColumns(): void {
    const { table, conditions, value } = this.chart
    const asked = [
      ...this.#roles.map((role) => columnOf(this.chart, role)),
      ...Object.keys(conditions),
      ...(value === undefined ? [] : [value]),
    ]
    for (const name of asked)
      if (!this.#columns.includes(name) && name !== 'key') throw noSuchColumn(table, name, this.#columns)
  }

  #summedOver(): string[] {
    const told = new Set([
      ...this.#roles.map((role) => columnOf(this.chart, role)),
      ...Object.keys(this.chart.conditions),
    ])
    const values = new Set(['value', this.chart.value])
    return this.#columns.filter(
      (name) => !told.has(name) && !values.has(name) && isKeyColumn(name, this.#description),
    )
  }

  /** Counts and sums can be added up; means, extremes and numbers of distinct values cannot. */
  #checkAdding(columns: readonly string[]): void {
    const kind = this.#description?.kind ?? 'custom'
    if (['count', 'sum', 'all', 'custom', 'group', 'histogram'].includes(kind)) return
    throw new TallymanError(
      'usage',
      `Table ${this.chart.table} has several rows for one place in the picture, and results of ${kind}() cannot be added up.`,
      {
        wayOut: `Choose one: --where ${columns[0] ?? 'COLUMN'}=VALUE.`,
      },
    )
  }
}

function isKeyColumn(name: string, description: TableDescription | undefined): boolean {
  return description?.columns?.includes(name) ?? /^key(_\d+)?$/.test(name)
}

function rolesOf(chart: Chart): Role[] {
  const fields = { ...chart } as Readonly<Record<string, unknown>>
  return (['facet', 'series', 'x', 'y'] as const).filter((role) => typeof fields[role] === 'string')
}

function columnOf(chart: Chart, role: Role): string {
  return String(({ ...chart } as Readonly<Record<string, unknown>>)[role])
}
