import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Chart } from './chart.ts'
import type { AnyColumns, Columns } from './columns.ts'
import type { Context, FlushContext, SetupContext } from './context.ts'
import type { Emit, Reductions, Tables } from './emit.ts'
import type { Expectation } from './expect.ts'
import type { InputFormat } from './format.ts'

/** A job's parameters: a Standard Schema (zod, valibot, arktype and others) for each name. */
export type ParamSchemas = { readonly [name: string]: StandardSchemaV1 }

/** What `ctx.params` holds: for each parameter, what its schema makes of the text that was given. */
export type ParamsOf<P extends ParamSchemas> = {
  readonly [Name in keyof P]: StandardSchemaV1.InferOutput<P[Name]>
}

/** What may be given for parameters: what their schemas take, or text that spells it. */
export type ParamsInput<P extends ParamSchemas> = {
  readonly [Name in keyof P]?: StandardSchemaV1.InferInput<P[Name]> | string
}

/** What is written in `defineJob({ … })`. */
export interface JobDefinition<R, T extends Reductions, P extends ParamSchemas, S> {
  /** Shown to people; the file's name where there is none. */
  readonly name?: string
  /** One sentence for `--help` and the page. */
  readonly description?: string
  /** How bytes become records, for example `jsonl<Tweet>()`. */
  readonly input: InputFormat<R>
  /** One reducer, or an object of reducers: one for each table. */
  readonly reduce: T
  /**
   * Names for the elements of keys, in their order: `['tag', 'lang']`; where there are several tables, an object with the names of some of
   * them. They are the columns of `query`, csv, tsv, parquet and charts, which are called `key`, or `key_1`, `key_2`, …, without.
   */
  readonly columns?: Columns<NoInfer<T>>
  /** What `plot` and `report` draw. */
  readonly charts?: readonly Chart[]
  /**
   * Parameters: `--param name=text` on the command line, `ctx.params.name` in the job. A schema is given the text, then
   * the number, boolean or null it spells: write `z.boolean()`, since `z.coerce.boolean()` takes the text "false" for true.
   */
  readonly params?: P
  /** Which inputs must be there, for example `days('2020-01-01', '2020-12-31')`. */
  readonly expect?: Expectation
  /** Runs once per map task, before its records; what it returns is `ctx.state`. Write it before `map`: that is how its type gets there. */
  setup?(ctx: SetupContext<ParamsOf<P>>): S | Promise<S>
  /** Runs once per record. May be async: right, only slower. What it emits counts once it has returned. */
  map(record: R, emit: Emit<T>, ctx: Context<ParamsOf<P>, S>): void | Promise<void>
  /** Runs once per map task, after its records. How records are cut into tasks must not change what it emits in total. */
  flush?(emit: Emit<T>, ctx: FlushContext<ParamsOf<P>, S>): void | Promise<void>
}

/** Marks a job, whichever copy of tallyman defined it: a bundled job brings its own. */
export const jobBrand: unique symbol = Symbol.for('tallyman.job')

/** A job: what `defineJob` returns. Frozen. */
export interface Job<R, T extends Reductions, P extends ParamSchemas, S> extends JobDefinition<R, T, P, S> {
  readonly [jobBrand]: true
}

type AnyParams = Readonly<Record<string, unknown>>

/** A job of any types, as the engine sees it. */
export interface AnyJob {
  readonly [jobBrand]: true
  readonly name?: string
  readonly description?: string
  readonly input: InputFormat<unknown>
  readonly reduce: Reductions
  readonly columns?: AnyColumns
  readonly charts?: readonly Chart[]
  readonly params?: ParamSchemas
  readonly expect?: Expectation
  setup?(ctx: SetupContext<AnyParams>): unknown
  map(record: unknown, emit: unknown, ctx: Context<AnyParams, unknown>): unknown
  flush?(emit: unknown, ctx: FlushContext<AnyParams, unknown>): unknown
}

/**
 * Rows of a job's tables, by name: `{ lang: { key, value }[], … }`. A job of one reducer has one table, `result`.
 *
 * @example
 * ```ts
 * import { count, defineJob, type TablesOf, text } from 'tallyman'
 *
 * const words = defineJob({
 *   input: text(),
 *   reduce: count<string>(),
 *   map(line, emit) {
 *     for (const word of line.split(' ')) emit(word)
 *   },
 * })
 * const tables: TablesOf<typeof words> = { result: [{ key: 'round', value: 2 }] }
 * console.log(tables.result[0]?.key.length) // 5
 * ```
 */
export type TablesOf<J> = J extends Job<infer _R, infer T, infer _P, infer _S> ? Tables<T> : never

/** Is this a job, made by this or another copy of tallyman? */
export function isJob(value: unknown): value is AnyJob {
  return typeof value === 'object' && value !== null && jobBrand in value
}
