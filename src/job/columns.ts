import type { Key } from '../record/index.ts'
import { isReducer, jobTables, type Reductions } from './emit.ts'
import { invalidField } from './invalid-field.ts'
import type { AnyReducer, KeyOf } from './reducer.ts'
import { quote, quoteAll, showValue } from './show-value.ts'

/** Names for the columns of a key: one for each element of a tuple, one for a scalar. */
export type KeyColumns<K extends Key> = K extends readonly unknown[]
  ? number extends K['length']
    ? readonly string[]
    : { readonly [Index in keyof K]: string }
  : readonly [column: string]

/** What `columns:` of a job holds: the names for one reducer's table, or for some of the tables. */
export type Columns<T extends Reductions> = T extends AnyReducer
  ? KeyColumns<KeyOf<T>>
  : { readonly [Table in keyof T]?: T[Table] extends AnyReducer ? KeyColumns<KeyOf<T[Table]>> : never }

/** Names of columns as the engine sees them. */
export type AnyColumns = readonly string[] | { readonly [table: string]: readonly string[] | undefined }

/** Names that a table's own columns have. SQL does not tell capitals apart, so neither does this. */
const takenNames: ReadonlySet<string> = new Set(['value', 'key'])
const columnsMax = 64

/**
 * Refuses `columns` of a job that name what is not there, or two columns alike.
 *
 * @throws {TallymanError} `job-invalid`
 */
export function checkColumns(columns: unknown, reduce: Reductions): void {
  if (columns === undefined) return
  if (isReducer(reduce)) {
    checkNames('columns', columns)
    return
  }
  const tables = jobTables({ reduce }).map(({ name }) => name)
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) {
    throw invalidField(
      'columns',
      `is ${showValue(columns)}; a job of several tables has names for each of them`,
      `Say for example columns: { ${tables[0]}: ['tag', 'lang'] }.`,
    )
  }
  for (const [table, names] of Object.entries(columns)) {
    if (!tables.includes(table)) {
      throw invalidField(`columns.${table}`, 'is of no table of the job', `The job has ${quoteAll(tables)}.`)
    }
    if (names !== undefined) checkNames(`columns.${table}`, names)
  }
}

function checkNames(field: string, names: unknown): void {
  const wayOut = `Say for example ${field.replace(/^columns\./, '')}: ['tag', 'lang'], a name for each element of the key.`
  const isList = Array.isArray(names) && names.length > 0 && names.length <= columnsMax
  if (!isList || !names.every((name) => typeof name === 'string')) {
    throw invalidField(field, `is ${showValue(names)}; it is a list of names`, wayOut)
  }
  const seen = new Set<string>()
  for (const name of names) {
    const small = name.toLowerCase()
    if (!/^[\p{L}_][\p{L}\p{M}\p{N}_ -]*$/u.test(name)) {
      throw invalidField(field, `has ${quote(name)}, which is no name of a column`, 'Begin it with a letter.')
    }
    if (takenNames.has(small)) {
      throw invalidField(field, `has ${quote(name)}, which is what every table has`, wayOut)
    }
    if (seen.has(small)) throw invalidField(field, `names two columns ${quote(name)}`, wayOut)
    seen.add(small)
  }
}

/** The names a job gives the columns of a table's key; null where it gives none. */
export function columnsOf(
  job: { readonly reduce: Reductions; readonly columns?: AnyColumns },
  table: string,
): readonly string[] | null {
  const { columns, reduce } = job
  if (columns === undefined) return null
  if (isReducer(reduce)) return isNames(columns) ? columns : null
  return isNames(columns) ? null : (columns[table] ?? null)
}

function isNames(columns: AnyColumns): columns is readonly string[] {
  return Array.isArray(columns)
}
