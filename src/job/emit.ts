import type { Key } from '../record/index.ts'
import type { AnyReducer, KeyOf, NoValue, ResultOf, ValueOf } from './reducer.ts'

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

/** Takes what is emitted: the table's place in `jobTables`, the key, and the value (undefined where there is none). */
export type EmitPush = (table: number, key: Key, value: unknown) => void

/** A table's emit as the engine sees it. */
export type AnyEmitTo = (key: Key, value?: unknown) => void

/**
 * The `emit` that a job's map and flush are given. Build it once per task: it costs a closure for each table.
 *
 * @returns a function for a job of one reducer, else a frozen object with a function for each table
 */
export function bindEmit(job: Reducing, push: EmitPush): AnyEmitTo | Readonly<Record<string, AnyEmitTo>> {
  if (isReducer(job.reduce)) return (key, value) => push(0, key, value)
  const emits = jobTables(job).map(({ name }, table): [string, AnyEmitTo] => {
    return [name, (key, value) => push(table, key, value)]
  })
  return Object.freeze(Object.fromEntries(emits))
}
