import { TallymanError } from '../errors.ts'
import type { Row, TableDescription } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { type ColumnReader, columnReader, columnsOfRow, noSuchColumn } from './columns/row-columns.ts'
import { rowFilter, type Where } from './columns/row-filter.ts'
import type { ResultTable } from './open-result.ts'

/** Which rows, and in what order. */
export interface Selection {
  readonly where: Where
  /** The largest so many by this column, or by their values, which are no objects then; null for all rows in key order. */
  readonly top: { readonly rows: number; readonly by: string | null } | null
}

/**
 * Selects rows of a table: those that a condition holds for, or the largest of them by a column. Largest first, equal ones in key order;
 * rows that have no number there come last. Memory: the rows asked for, twice.
 *
 * @throws {TallymanError} `usage` for a column that no row has, and for objects where nothing says by what of them; as the table does
 */
export async function* selectRows(
  table: ResultTable<Key, unknown>,
  description: TableDescription | undefined,
  { where, top }: Selection,
): AsyncGenerator<Row<Key, unknown>> {
  const isWanted = rowFilter(where, description)
  const by = top?.by ?? 'value'
  const seen = new SeenColumns(top === null ? Object.keys(where) : [...Object.keys(where), by], description)
  if (top === null) {
    for await (const row of table) {
      seen.add(row)
      if (isWanted(row)) yield row
    }
    seen.check(table.name)
    return
  }
  const read = columnReader(by, description)
  const found = new LargestRows(top.rows)
  for await (const row of table) {
    seen.add(row)
    if (isWanted(row)) found.add(row, read(row))
  }
  seen.check(table.name)
  const rows = found.rows()
  if (top.by === null) checkOneValue(table.name, rows)
  yield* rows
}

/** Which of the columns that are asked for there are: of a table without rows it is not known. */
class SeenColumns {
  readonly #description: TableDescription | undefined
  readonly #unseen: Map<string, ColumnReader>
  #known: string[] | null = null

  constructor(names: readonly string[], description: TableDescription | undefined) {
    this.#description = description
    this.#unseen = new Map(names.map((name) => [name, columnReader(name, description)]))
  }

  add(row: Row<Key, unknown>): void {
    this.#known ??= columnsOfRow(row, this.#description)
    for (const [name, read] of this.#unseen) if (read(row) !== undefined) this.#unseen.delete(name)
  }

  /** @throws {TallymanError} `usage` for one that no row has */
  check(table: string): void {
    const [name] = this.#unseen.keys()
    if (name !== undefined && this.#known !== null) throw noSuchColumn(table, name, this.#known)
  }
}

/**
 * Objects are not larger than each other: any of them would be shown as the largest.
 *
 * @param rows largest first, so that a number would be the first
 */
function checkOneValue(table: string, [first]: readonly Row<Key, unknown>[]): void {
  const value = first?.value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const fields = Object.entries(value)
  if (fields.length === 0) return
  const names = fields.map(([name]) => name)
  const amounts = fields.filter(([, field]) => typeof field === 'number' || typeof field === 'bigint')
  throw new TallymanError(
    'usage',
    `Table ${table} has no largest rows by value: value has ${names.join(', ')}.`,
    { wayOut: `Say by which: --by ${amounts.at(-1)?.[0] ?? names[0]}.` },
  )
}

interface Ranked {
  readonly row: Row<Key, unknown>
  readonly by: number | bigint
  /** Place in the table. */
  readonly place: number
}

/** Keeps the largest of many rows by a number, equal ones in the order they come; what has grown to twice as many is cut. */
export class LargestRows {
  readonly #most: number
  #kept: Ranked[] = []
  #places = 0

  constructor(most: number) {
    this.#most = most
  }

  add(row: Row<Key, unknown>, cell: unknown): void {
    const by = typeof cell === 'number' || typeof cell === 'bigint' ? cell : Number.NEGATIVE_INFINITY
    this.#kept.push({ row, by, place: this.#places })
    this.#places += 1
    if (this.#kept.length >= 2 * this.#most + 1000) this.#cut()
  }

  rows(): Row<Key, unknown>[] {
    this.#cut()
    return this.#kept.map(({ row }) => row)
  }

  #cut(): void {
    this.#kept.sort((a, b) => (a.by < b.by ? 1 : a.by > b.by ? -1 : a.place - b.place))
    this.#kept.length = Math.min(this.#kept.length, this.#most)
  }
}
