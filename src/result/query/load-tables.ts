import { setImmediate } from 'node:timers/promises'
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import type { Row, TableDescription } from '../../job/index.ts'
import type { Key } from '../../record/index.ts'
import {
  type Cell,
  ColumnFinder,
  type ColumnType,
  cellsOf,
  type TableColumns,
} from '../columns/table-columns.ts'
import { wellFormed } from '../format/well-formed.ts'
import type { ResultTable } from '../open-result.ts'
import { loadNatively, type TableFile } from './load-natively.ts'
import { quoteName, sqlTypes } from './sql.ts'

/** A table as a query sees it. */
export interface QueryTable {
  readonly name: string
  readonly columns: TableColumns
}

/** Rows between two turns of timers and signals. */
const breatheEveryRows = 20_000

/**
 * Puts a result's table into DuckDB's memory: it reads it itself where it can; else two passes over its rows, of which the first finds what its
 * columns hold.
 *
 * @param file where the table lies as JSON lines; null for another form
 * @throws {TallymanError} `file-damaged`; `usage` for a table that cannot be read back
 */
export async function loadTable(
  connection: DuckDBConnection,
  table: ResultTable<Key, unknown>,
  description: TableDescription | undefined,
  file: TableFile | null,
): Promise<QueryTable> {
  const native = file === null ? null : await loadNatively(connection, file, description)
  if (native !== null) return { name: table.name, columns: native }
  const finder = new ColumnFinder(description?.columns ?? null)
  await eachRow(table, ({ key, value }) => finder.add(key, value))
  const columns = finder.columns()
  const all = [...columns.keys, ...columns.values]
  const definitions = all.map(({ name, type }) => `${quoteName(name)} ${sqlTypes[type]}`).join(', ')
  await connection.run(`CREATE TABLE ${quoteName(table.name)} (${definitions})`)
  const appender = await connection.createAppender(table.name)
  const types = all.map(({ type }) => type)
  await eachRow(table, ({ key, value }) => {
    for (const [index, cell] of cellsOf(key, value, columns).entries()) append(appender, cell, types[index])
    appender.endRow()
  })
  appender.closeSync()
  return { name: table.name, columns }
}

async function eachRow(
  table: ResultTable<Key, unknown>,
  take: (row: Row<Key, unknown>) => void,
): Promise<void> {
  let rows = 0
  for await (const row of table) {
    take(row)
    rows += 1
    if (rows % breatheEveryRows === 0) await setImmediate()
  }
}

function append(appender: DuckDBAppender, cell: Cell, type: ColumnType | undefined): void {
  if (cell === null) appender.appendNull()
  else if (typeof cell === 'string') appender.appendVarchar(wellFormed(cell))
  else if (typeof cell === 'boolean') appender.appendBoolean(cell)
  else if (typeof cell === 'number') appender.appendDouble(cell)
  else if (type === 'int128') appender.appendHugeInt(cell)
  else appender.appendBigInt(cell)
}
