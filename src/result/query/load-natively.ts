import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TableDescription } from '../../job/index.ts'
import { keyColumnNames } from '../columns/key-columns.ts'
import type { ColumnType, TableColumns } from '../columns/table-columns.ts'
import { quoteName, quoteText, sqlTypes } from './sql.ts'

/** A table as it lies on disk. */
export interface TableFile {
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly rows: number
  readonly sha256: string
}

/**
 * Has DuckDB read a table of JSON lines itself, at a quarter of what it costs to give it each cell. Only where that cannot differ from what
 * `cellsOf` makes of the rows: keys of one shape whose elements are all texts, all integers of 64 bits or all booleans, values that are one of
 * these or numbers, and no character that is escaped by its number. Reads the file three times.
 *
 * @returns null where it is not so, or did not come off: then nothing is loaded
 */
export async function loadNatively(
  connection: DuckDBConnection,
  file: TableFile,
  description: TableDescription | undefined,
): Promise<TableColumns | null> {
  // DuckDB takes these for a pattern of names.
  if (/[*?[\]{}]/.test(file.path)) return null
  try {
    const before = stampOf(file.path)
    const width = await scan(file)
    if (width === null) return null
    const types = await findTypes(connection, file, width)
    if (types === null) return null
    const columns = columnsOf(width, types, description)
    const cells = [...columns.keys, ...columns.values].map(({ name, type }, index, { length }) => {
      const cell =
        index === length - 1 ? 'value' : index < types.length - 1 ? elementOf(width, index) : 'NULL'
      const text = type === 'text' ? `(${cell} ->> '$')` : cell
      return `CAST(${text} AS ${sqlTypes[type]}) AS ${quoteName(name)}`
    })
    const table = quoteName(file.name)
    await connection.run(`CREATE TABLE ${table} AS SELECT ${cells.join(', ')} FROM ${sourceOf(file, width)}`)
    if (stampOf(file.path) === before) return columns
    await connection.run(`DROP TABLE ${table}`)
    return null
  } catch {
    // Whatever it does not take, the other way takes, or says what is wrong with it.
    return null
  }
}

/** What changes when somebody writes a file. */
function stampOf(path: string): string {
  const { size, mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true })
  return [size, mtimeNs, ctimeNs, ino].join(' ')
}

/** More than the first row of any table that is read like this. */
const headBytesMax = 2 ** 20
/** Lone surrogates and NUL are written so; and DuckDB makes 0 of -0. */
const special = /\\u|[:,[]-0[,\]}]/
const specialLength = 4

/**
 * Reads the file once.
 *
 * @returns the elements of its first key, 0 for one that is no tuple; null for a file that is not as it was written, or holds what is special
 */
async function scan({ path, sha256 }: TableFile): Promise<number | null> {
  const hash = createHash('sha256')
  let head = ''
  let last = ''
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk)
    const text = last + (chunk as Buffer).toString('latin1')
    if (special.test(text)) return null
    last = text.slice(-specialLength)
    if (head === '') head = text.slice(0, headBytesMax)
  }
  return hash.digest('hex') === sha256 ? widthIn(head) : null
}

function widthIn(head: string): number | null {
  const end = head.indexOf('\n')
  if (end === -1) return null
  const { key } = JSON.parse(head.slice(0, end)) as { readonly key: unknown }
  if (!Array.isArray(key)) return 0
  return key.length === 0 ? null : key.length
}

/** The rows, as DuckDB reads them. Unless it is told not to, it takes a folder called `value=1` for a column of all rows. */
function sourceOf({ path }: TableFile, width: number): string {
  const columns = `{'key': '${width === 0 ? 'JSON' : 'JSON[]'}', 'value': 'JSON'}`
  return `read_json(${quoteText(path)}, format = 'newline_delimited', compression = 'uncompressed', hive_partitioning = false, columns = ${columns})`
}

function elementOf(width: number, index: number): string {
  return width === 0 ? 'key' : `key[${index + 1}]`
}

/** What each element of keys holds, and then values; null where one cannot be told from here, or DuckDB does not find all the rows. */
async function findTypes(
  connection: DuckDBConnection,
  file: TableFile,
  width: number,
): Promise<readonly ColumnType[] | null> {
  const elements = Array.from({ length: Math.max(1, width) }, (_, index) => elementOf(width, index))
  const facts = [...elements, 'value'].flatMap((cell) => [
    `list(DISTINCT json_type(${cell}))`,
    // Digits and sign. An integer that is beyond 64 bits is a DOUBLE to DuckDB, and has all its digits.
    `max(CASE WHEN json_type(${cell}) IN ('UBIGINT', 'BIGINT') THEN length(CAST(${cell} AS VARCHAR)) END)`,
    `bool_or(json_type(${cell}) = 'DOUBLE' AND NOT regexp_matches(CAST(${cell} AS VARCHAR), '[.eE]'))`,
  ])
  const shape = width === 0 ? ['0', '0'] : ['min(len(key))', 'max(len(key))']
  const answer = await connection.runAndReadAll(
    `SELECT count(*), ${shape.join(', ')}, ${facts.join(', ')} FROM ${sourceOf(file, width)}`,
  )
  const [rows, least, most, ...found] = answer.getRowsJson()[0] ?? []
  if (Number(rows) !== file.rows || Number(least) !== width || Number(most) !== width) return null
  const types: ColumnType[] = []
  for (let at = 0; at < found.length; at += 3) {
    const type = typeOf(
      found[at] as readonly (string | null)[],
      Number(found[at + 1] ?? 0),
      found[at + 2] === true,
    )
    if (type === null) return null
    types.push(type)
  }
  return types
}

/** Surely within 64 bits, and surely exact as a double. */
const int64Length = 18
const doubleLength = 15

function typeOf(
  kinds: readonly (string | null)[],
  integerLength: number,
  hasVast: boolean,
): ColumnType | null {
  const names = new Set(kinds.filter((name) => name !== null && name !== 'NULL'))
  const only = (...allowed: readonly string[]): boolean =>
    [...names].every((name) => allowed.includes(name ?? ''))
  if (only('VARCHAR')) return 'text'
  if (only('BOOLEAN')) return 'boolean'
  if (only('UBIGINT', 'BIGINT')) return integerLength <= int64Length ? 'int64' : null
  if (only('UBIGINT', 'BIGINT', 'DOUBLE')) return integerLength <= doubleLength && !hasVast ? 'double' : null
  return null
}

function columnsOf(
  width: number,
  types: readonly ColumnType[],
  description: TableDescription | undefined,
): TableColumns {
  const names = keyColumnNames(width === 0 ? null : width, description?.columns ?? null)
  return {
    keys: names.map((name, index) => ({
      name,
      type: index < types.length - 1 ? (types[index] ?? 'text') : 'text',
    })),
    values: [{ name: 'value', type: types.at(-1) ?? 'text' }],
    fields: null,
  }
}
