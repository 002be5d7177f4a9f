import type { Row, TableDescription } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { columnReader, columnsOfRow, noSuchColumn } from './columns/row-columns.ts'
import { rowFilter, type Where } from './columns/row-filter.ts'
import type { ResultTable } from './open-result.ts'

/** Which rows, and in what order. */
export interface Selection {
  readonly where: Where
  /** The largest so many by this column; null for all rows in key order. */
  readonly top: { readonly rows: number; readonly by: string } | null
}

/**
 * Selects rows of a table: those that a condition holds for, or the largest of them by a column. Largest first, equal ones in key order;
 * rows that have no number there come last. Memory: the rows asked for, twice.
 *
 * @throws {TallymanError} `usage` for a column that no row has; as the table does
 */
export async function* selectRows(
  table: ResultTable<Key, unknown>,
  description: TableDescription | undefined,
  { where, top }: Selection,
): AsyncGenerator<Row<Key, unknown>> {
  const isWanted = rowFilter(where, description)
  if (top === null) {
    for await (const row of table) if (isWanted(row)) yield row
    return
  }
  const read = columnReader(top.by, description)
  const found = new LargestRows(top.rows)
  let columns: string[] | null = null
  let isThere = false
  for await (const row of table) {
    columns ??= columnsOfRow(row, description)
    const cell = read(row)
    isThere ||= cell !== undefined
    if (isWanted(row)) found.add(row, cell)
  }
  if (!isThere && columns !== null) throw noSuchColumn(table.name, top.by, columns)
  yield* found.rows()
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
