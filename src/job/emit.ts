import { TallymanError } from '../errors.ts'
import { canonicalJson, checkPlainData, encodeKey, isKey, type Key, ownData } from '../record/index.ts'
import type { AnyReducer, KeyOf, NoValue, ResultOf, ValueOf } from './reducer.ts'
import { amountOf } from './reducers/amount.ts'
import { awaitInMap } from './reducers/returned.ts'

/** What `reduce:` of a job holds: one reducer, or one for each table. */
export type Reductions = AnyReducer | { readonly [table: string]: AnyReducer }

/** Emits to one table. A reducer that takes no value is given only the key. */
export type EmitTo<T> = [ValueOf<T>] extends [NoValue]
  ? (key: KeyOf<T>) => void
  : (key: KeyOf<T>, value: ValueOf<T>) => void

/** The `emit` a map gets: a function for one reducer, else an object with a function for each table. */
export type Emit<T> = T extends AnyReducer ? EmitTo<T> : { readonly [Table in keyof T]: EmitTo<T[Table]> }

/** One line of a table. */
export interface Row<K, R> {
  readonly key: K
  readonly value: R
}

/** Rows by table name, in key order; a single reducer's table is called `result`. */
export type Tables<T> = T extends AnyReducer
  ? { readonly result: Row<KeyOf<T>, ResultOf<T>>[] }
  : { readonly [Table in keyof T]: Row<KeyOf<T[Table]>, ResultOf<T[Table]>>[] }

/** A table of a job as the engine sees it. */
export interface JobTable {
  readonly name: string
  readonly reducer: AnyReducer
}

/** Whatever has the `reduce` of a job. */
interface Reducing {
  readonly reduce: Reductions
}

/** Longest piece of a key that a message shows. */
const shownKeyLengthMax = 80

/** Name of the table of a job that has one reducer. */
const onlyTable = 'result'

/** Is this one reducer, and not an object of tables? A table may be called `kind`, but then it holds a reducer. */
export function isReducer(reduce: Reductions): reduce is AnyReducer {
  return typeof reduce.kind === 'string'
}

/** A job's tables, sorted by name: a table's place in this list is its number in spills. */
export function jobTables(job: Reducing): readonly JobTable[] {
  const { reduce } = job
  if (isReducer(reduce)) return [{ name: onlyTable, reducer: reduce }]
  return Object.entries(reduce)
    .map(([name, reducer]) => ({ name, reducer }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Takes what is emitted: the table's place in `jobTables`, the key, and the value (undefined where there is none). The value is a
 * copy; the key may be changed by the job as soon as this returns, and may be none: then it throws `key-invalid`.
 */
export type EmitPush = (table: number, key: Key, value: unknown) => void

/** A table's emit as the engine sees it. */
export type AnyEmitTo = (key: Key, value?: unknown) => void

/**
 * The `emit` that a job's map and flush are given. A key or a value that is none is refused where it is emitted, by an
 * error whose stack begins there. What is emitted is copied: the job may change it afterwards. Build it once per task, or once for each
 * record of a map that waits: it costs a closure for each table.
 *
 * @returns a function for a job of one reducer, else a frozen object with a function for each table
 */
export function bindEmit(job: Reducing, push: EmitPush): AnyEmitTo | Readonly<Record<string, AnyEmitTo>> {
  const tables = knownTables(job)
  const [only] = tables
  if (isReducer(job.reduce) && only !== undefined) return bindTable(only, 0, push)
  const emits: Record<string, AnyEmitTo> = {}
  for (let number = 0; number < tables.length; number++) {
    const table = tables[number]!
    emits[table.name] = bindTable(table, number, push)
  }
  return Object.freeze(emits)
}

/** Sorted once for a job, and not for each of its records. */
const tablesOf = new WeakMap<Reductions, readonly JobTable[]>()

function knownTables(job: Reducing): readonly JobTable[] {
  const known = tablesOf.get(job.reduce)
  if (known !== undefined) return known
  const tables = jobTables(job)
  tablesOf.set(job.reduce, tables)
  return tables
}

function bindTable(table: JobTable, number: number, push: EmitPush): AnyEmitTo {
  const { reducer } = table
  if (amountOf(reducer) === 'count') return bindCount(table, number, push)
  const checksValues = reducer.check !== undefined
  const emit: AnyEmitTo = (key, value) => {
    try {
      if (checksValues) reducer.check?.(value)
      const own = ownData(value)
      // There is a copy of all that is plain data.
      if (own === value && isReference(value)) checkPlainData(value)
      push(number, key, own)
    } catch (error) {
      throw refusal(faultOf(key) ?? error, { table: table.name, key, value, emit })
    }
  }
  return emit
}

function isReference(value: unknown): boolean {
  return (
    (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol'
  )
}

/** As `bindTable`, where there is no value to be looked at. A function of its own, since V8 compiles it once for all tables. */
function bindCount(table: JobTable, number: number, push: EmitPush): AnyEmitTo {
  const { reducer } = table
  const emit: AnyEmitTo = (key, value) => {
    try {
      if (value !== undefined) reducer.check?.(value)
      push(number, key, undefined)
    } catch (error) {
      throw refusal(faultOf(key) ?? error, { table: table.name, key, value, emit })
    }
  }
  return emit
}

/** Why this is no key; null where it is one. What is wrong with a key is told before what is wrong with its value. */
function faultOf(key: Key): unknown {
  if (isKey(key)) return null
  try {
    encodeKey(key)
  } catch (error) {
    return error
  }
  return null
}

/** What was emitted, and by which function. */
interface Emitted {
  readonly table: string
  readonly key: unknown
  readonly value: unknown
  readonly emit: AnyEmitTo
}

function refusal(error: unknown, { table, key, value, emit }: Emitted): unknown {
  // Thrown by the user's own code, a `by` of topK for example: its stack says more than that of the emit. An emit at a wrong time
  // is nothing that is wrong with what was emitted.
  if (!(error instanceof TallymanError) || error.code === 'job-threw') return error
  const { code, message } = error
  const wayOut = isPromised(key, value) ? awaitInMap : error.wayOut
  const where = code === 'key-invalid' ? '' : `, key ${showKey(key)}`
  const refused = new TallymanError(code, `Emit to table "${table}"${where}: ${message}`, {
    ...(wayOut === undefined ? {} : { wayOut }),
  })
  Error.captureStackTrace(refused, emit)
  return refused
}

/** Was a promise emitted, as a value, a key, or an element of a key? */
function isPromised(key: unknown, value: unknown): boolean {
  const elements: readonly unknown[] = Array.isArray(key) ? key : [key]
  return [value, ...elements].some((one) => one instanceof Promise)
}

function showKey(key: unknown): string {
  const text = canonicalJson(key)
  return text.length > shownKeyLengthMax ? `${text.slice(0, shownKeyLengthMax)}…` : text
}
