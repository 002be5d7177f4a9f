import { TallymanError } from '../errors.ts'
import type { SplitReader } from '../input/index.ts'
import {
  type Job,
  jobTables,
  type ParamSchemas,
  type ParamsInput,
  type RecordRejection,
  type Reductions,
  type Row,
  resolveParams,
  type TablesOf,
} from '../job/index.ts'
import { compareKeys, type Key } from '../record/index.ts'
import { FoldWays } from './fold-ways.ts'
import { runMapTask } from './map-task.ts'
import type { RecordSource } from './record-source.ts'
import { runReduceTask } from './reduce-task.ts'
import type { Spill } from './spill.ts'
import { MemoryStorage } from './storage.ts'

/** Map tasks the records are dealt to, and partitions the keys are: more than one of each, so that a merge happens. */
const mapTasks = 3
const partitions = 2
/** So little that even a small test spills more than once. */
const combineBytesMax = 4096

/** What a test may say besides the records. */
export interface TestJobOptions<P extends ParamSchemas> {
  /** Parameters: values as the schemas take them, or text as typed on the command line. */
  readonly params?: ParamsInput<P>
}

/**
 * Runs a whole job in this thread over a list of records, and on purpose as a big run would: three map tasks, spills,
 * two partitions, a merge. Then it folds what was emitted in other ways: at once, each value by itself and merged from the left and from the
 * right, in two halves. A reducer that comes to another result throws `job-invalid`, with table, key and both.
 *
 * What the job throws comes out as it was thrown, with its own stack. A record that is refused with `ctx.reject`
 * throws a `RecordRejection`. In `ctx.position` the path is `records`, and `byte` is the record's place in the list.
 *
 * The map gets the very objects of the list, and not lazy records as from `jsonl()`, which are made anew from their lines.
 *
 * @param records decoded records, in order, as `JSON.parse` would give them where the input is JSON
 * @returns for each table its rows in key order; a job of one reducer has one table, `result`
 *
 * @example
 * ```ts
 * import { defineJob, sum, testJob, text } from 'tallyman'
 *
 * const lengths = defineJob({
 *   input: text(),
 *   reduce: sum<string>(),
 *   map(line, emit) {
 *     emit(line.charAt(0), line.length)
 *   },
 * })
 * const { result } = await testJob(lengths, ['ant', 'bee', 'antelope'])
 * console.log(result) // [ { key: 'a', value: 11 }, { key: 'b', value: 3 } ]
 * ```
 */
export async function testJob<R, T extends Reductions, P extends ParamSchemas, S>(
  job: Job<R, T, P, S>,
  records: readonly NoInfer<R>[],
  options: TestJobOptions<P> = {},
): Promise<TablesOf<Job<R, T, P, S>>> {
  const params = await resolveParams(job, options.params ?? {})
  const files = new MemoryStorage()
  const spills: Spill[] = []
  const ways = new FoldWays(jobTables(job))
  for (const [task, source] of deal(records).entries()) {
    const own = `map-${task}/`
    const report = await runMapTask({
      job,
      params,
      sources: [source],
      partitions,
      combineBytesMax,
      storage: files.within(own),
      throwMapperErrors: true,
      onEmit: (table, key, value) => ways.add(table, key, value),
      tick: async () => undefined,
    })
    for (const spill of report.spills) spills.push({ ...spill, name: own + spill.name })
  }
  const rows = new Map<string, Row<Key, unknown>[]>(jobTables(job).map(({ name }) => [name, []]))
  for (let partition = 0; partition < partitions; partition++) {
    const own = spills.filter((spill) => spill.partition === partition)
    await runReduceTask({
      tables: jobTables(job),
      spills: own,
      recordsExpected: own.reduce((total, spill) => total + spill.records, 0),
      storage: files.within(`reduce-${partition}/`),
      onRow: (table, key, value) => rows.get(table)?.push({ key, value }),
      tick: async () => undefined,
    })
  }
  ways.check()
  for (const table of rows.values()) table.sort((a, b) => compareKeys(a.key, b.key))
  // Tables are the job's own, by name: the compiler cannot see that the list that they were made from told so.
  return Object.fromEntries(rows) as unknown as TablesOf<Job<R, T, P, S>>
}

/** Deals a list to the map tasks in runs of neighbours, as splits are. */
function deal(records: readonly unknown[]): RecordSource[] {
  const length = Math.ceil(records.length / mapTasks)
  return Array.from({ length: mapTasks }, (_, ordinal) => ({
    ordinal,
    path: 'records',
    member: null,
    fromStart: true,
    open: async () => new ListReader(records, ordinal * length, (ordinal + 1) * length),
  }))
}

/** Reads a part of a list as a map task reads a split. */
class ListReader implements SplitReader<unknown> {
  readonly #records: readonly unknown[]
  readonly #end: number
  #at: number
  #begun = false

  constructor(records: readonly unknown[], start: number, end: number) {
    this.#records = records
    this.#at = start - 1
    this.#end = Math.min(end, records.length)
  }

  async nextChunk(): Promise<boolean> {
    const isFirst = !this.#begun
    this.#begun = true
    return isFirst
  }

  next(): 'record' | 'end-of-chunk' {
    this.#at += 1
    return this.#at < this.#end ? 'record' : 'end-of-chunk'
  }

  get record(): unknown {
    return this.#records[this.#at]
  }

  get rejection(): RecordRejection {
    throw new TallymanError('internal', 'A list of records has no rejected ones.')
  }

  get startByte(): number {
    return this.#at
  }

  get endByte(): number {
    return this.#at + 1
  }

  get line(): number {
    return this.#at + 1
  }

  excerpt(): string {
    return String(this.record)
  }

  readonly totals = { readBytes: 0, bytes: 0, lines: 0 }

  async close(): Promise<void> {}
}
