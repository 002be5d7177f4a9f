import { join } from 'node:path'
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api'
import { TallymanError } from '../../errors.ts'
import type { Manifest } from '../manifest.ts'
import { openResult } from '../open-result.ts'
import { withDatabase } from './database.ts'
import type { TableFile } from './load-natively.ts'
import { loadTable, type QueryTable } from './load-tables.ts'
import { plainCell } from './plain-cell.ts'
import { sayFailure, tablesAtHead } from './query-failure.ts'
import { quoteText } from './sql.ts'

/** What a query may take of the machine, and where its answer goes. */
export interface QueryOptions {
  /** Memory of the tables and the query together; what does not fit is on disk meanwhile. */
  readonly memoryBytes: number
  readonly threads: number
  /** Absolute path of a file that the answer is written to as parquet, and no rows are told. */
  readonly parquetFile?: string
}

/** A column of an answer, in the order of the query. */
export interface QueryColumn {
  readonly name: string
  /** DuckDB's name of its type: `BIGINT`, `JSON`, `STRUCT(a INTEGER)`. A cell of JSON is its text. */
  readonly type: string
}

/** What is told of an answer. */
export interface QueryAnswer {
  readonly columns: readonly QueryColumn[]
  /** Rows in the order of the query, in batches; a cell is plain data, integers of any size exact. Read once. */
  readonly batches: AsyncIterable<readonly (readonly unknown[])[]>
}

/**
 * Asks a result's tables by SQL (DuckDB's dialect; one statement that reads). The tables are loaded into memory of the
 * database's own, which is then cut off from files, network and its own configuration: a query reads nothing but the tables.
 *
 * @param use given the answer; the database is gone when it has returned
 * @throws {TallymanError} `usage` for what is no such statement, or does not run; `package-missing` without DuckDB; as
 *   `openResult` and its tables do
 */
export async function queryResult<T>(
  directory: string,
  sql: string,
  { memoryBytes, threads, parquetFile }: QueryOptions,
  use: (answer: QueryAnswer) => Promise<T>,
): Promise<T> {
  const { directory: place, manifest, tables } = openResult(directory)
  return await withDatabase({ memoryBytes, threads, purpose: 'A query' }, async (connection) => {
    const loaded: QueryTable[] = []
    for (const name of mentioned(sql, Object.keys(tables))) {
      const table = tables[name]
      const description = manifest.job.description.tables.find((one) => one.name === name)
      if (table !== undefined)
        loaded.push(await loadTable(connection, table, description, fileOf(manifest, place, name)))
    }
    await lock(connection, parquetFile)
    const explain = async (error: unknown): Promise<unknown> =>
      sayFailure(error, await tablesAtHead(manifest, tables, loaded))
    return await use(await ask(connection, sql, explain, parquetFile))
  })
}

/** What is thrown in the place of what the database throws. */
type Explain = (error: unknown) => Promise<unknown>

/** Null for a table that is not written as JSON lines. */
function fileOf({ tableFormat, tables }: Manifest, directory: string, name: string): TableFile | null {
  const table = tables.find((one) => one.name === name)
  if (table === undefined || tableFormat !== 'jsonl') return null
  return { name, path: join(directory, table.file), rows: table.rows, sha256: table.sha256 }
}

/** From here on the database reaches nothing but what is in it, and the one file that it may write. */
async function lock(connection: DuckDBConnection, parquetFile: string | undefined): Promise<void> {
  if (parquetFile !== undefined) await connection.run(`SET allowed_paths = [${quoteText(parquetFile)}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

async function ask(
  connection: DuckDBConnection,
  sql: string,
  explain: Explain,
  parquetFile: string | undefined,
): Promise<QueryAnswer> {
  try {
    await checkStatement(connection, sql)
    if (parquetFile === undefined) return answerOf(await connection.stream(sql), explain)
    // On a line of its own, since the statement may end with a comment.
    const query = sql.trim().replace(/;\s*$/, '')
    await connection.run(`COPY (\n${query}\n) TO ${quoteText(parquetFile)} (FORMAT parquet)`)
    return { columns: [], batches: noBatches() }
  } catch (error) {
    throw await explain(error)
  }
}

async function* noBatches(): AsyncGenerator<readonly (readonly unknown[])[]> {}

/** One that answers, and only one: whatever else SQL can do has no place here, locked or not. */
async function checkStatement(connection: DuckDBConnection, sql: string): Promise<void> {
  const { StatementType } = await import('@duckdb/node-api')
  // Its logs go astray once the database is locked, and that ends the process.
  const isRefused = /\benable_logging\b/i.test(sql)
  const statements = await connection.extractStatements(sql)
  const first = statements.count === 1 && !isRefused ? await statements.prepare(0) : null
  const type = first?.statementType
  first?.destroySync()
  if (type === StatementType.SELECT || type === StatementType.EXPLAIN) return
  throw new TallymanError('usage', 'The query is not one statement that only reads.', {
    wayOut: 'Say one SELECT; WITH, FROM, DESCRIBE and SUMMARIZE are right, too.',
  })
}

function answerOf(result: DuckDBResult, explain: Explain): QueryAnswer {
  const names = result.deduplicatedColumnNames()
  const columns = names.map((name, index) => {
    const type = result.columnType(index)
    return { name, type: type.alias ?? type.toString() }
  })
  return { columns, batches: batchesOf(result, explain) }
}

async function* batchesOf(
  result: DuckDBResult,
  explain: Explain,
): AsyncGenerator<readonly (readonly unknown[])[]> {
  try {
    for await (const rows of result.yieldRows()) yield rows.map((row) => row.map(plainCell))
  } catch (error) {
    throw await explain(error)
  }
}

/** The tables that a query may be about: those whose names it has in it; all where it has none. */
function mentioned(sql: string, names: readonly string[]): readonly string[] {
  const text = sql.toLowerCase()
  const found = names.filter((name) => text.includes(name.toLowerCase()))
  return found.length === 0 ? names : found
}
