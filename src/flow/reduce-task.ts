import { TallymanError } from '../errors.ts'
import { amountOf, type GroupReducer, type JobTable } from '../job/index.ts'
import { canonicalJson, type Key, RecordFileWriter } from '../record/index.ts'
import { AmountMerge, ForeignState } from './amount-merge.ts'
import { type FlowKernels, kernelRecordsMin, noKernels } from './flow-kernels.ts'
import { releaseKeyAmounts } from './key-amounts.ts'
import { releaseKeyMemory } from './key-table.ts'
import { type LargeKey, LargestKeys } from './largest-keys.ts'
import { foldStates, groupKey, groupsPerTick, Merge, narrow, tableOf } from './merge.ts'
import { refuseReduce } from './refuse-reduce.ts'
import type { SideFileList } from './side-file.ts'
import type { OutputFile, Section, Storage } from './storage.ts'

/** One partition's share of one table: a record file of kind `part`, key bytes → line of JSON, in key order. */
export interface PartFile {
  readonly table: string
  readonly name: string
  readonly rows: number
  readonly bytes: number
  /** Tells two attempts apart that wrote other bytes. */
  readonly crc32: number
}

/** What a reduce task found and wrote. */
export interface ReduceReport {
  readonly parts: readonly PartFile[]
  /** Records read from spills; equals what the map stage wrote for this partition, or the run fails. */
  readonly records: number
  /** The keys of which it read most, largest first; left out where none is large. */
  readonly largestKeys?: readonly LargeKey[]
  /** Left out where the job had read none. */
  readonly sideFiles?: SideFileList
}

/** All that a reduce task depends on, and whom it tells how it goes on. */
export interface ReduceTask {
  readonly tables: readonly JobTable[]
  /** The partition's spills, in the order of their map tasks and, within one, of their writing. */
  readonly spills: readonly Section[]
  /** Records those spills hold, as the map attempts counted them. */
  readonly recordsExpected: number
  readonly storage: Storage
  /** Told every row as it is made; part files hold it as JSON only. */
  readonly onRow?: (table: string, key: Key, result: unknown) => void
  /** Left out: does without, as where `onRow` is given. */
  readonly kernels?: FlowKernels
  /** With fewer records than this it does without, too. Default: 4096. */
  readonly kernelRecordsMin?: number
  /**
   * Called every few hundred or thousand groups, with at least how many were merged so far, also by merges before the last one: lets the
   * caller breathe, report, or end the task by throwing.
   */
  readonly tick: (groups: number) => Promise<void>
}

/**
 * Merges one partition's spills and reduces every group into the part files of its tables.
 *
 * @throws {TallymanError} `job-threw` when a reducer throws, with the table and the key; `file-damaged` for a spill
 * whose checksum is wrong; `internal` when records went missing between the stages
 */
export async function runReduceTask(task: ReduceTask): Promise<ReduceReport> {
  releaseKeyMemory()
  releaseKeyAmounts()
  let merged = 0
  const tick = (groups: number): Promise<void> => {
    merged += groups
    return task.tick(merged)
  }
  const makeKernel = usesKernel(task) ? (task.kernels ?? noKernels).merge : noKernels.merge
  const { tables, storage } = task
  const narrowed = await narrow(task.spills, { storage, tables, tick, makeKernel })
  const parts = new PartFiles(task.tables, task.storage)
  const kernel = makeKernel()
  const largest = new LargestKeys()
  const taken =
    (kernel === null ? null : await reduceAmounts(kernel, task, narrowed.spills, parts, tick)) ??
    (await reduceGroups(task, narrowed.spills, { parts, largest }, tick))
  const records = taken + narrowed.mergedAway
  if (records !== task.recordsExpected) {
    throw new TallymanError(
      'internal',
      `A partition was spilled with ${task.recordsExpected} records but merged with ${records}.`,
    )
  }
  const { list: largestKeys } = largest
  return { parts: parts.finish(), records, ...(largestKeys.length === 0 ? {} : { largestKeys }) }
}

function usesKernel(task: ReduceTask): boolean {
  if (task.onRow !== undefined || task.recordsExpected < (task.kernelRecordsMin ?? kernelRecordsMin))
    return false
  return task.tables.every(({ reducer }) => amountOf(reducer) !== null)
}

type Tick = (groups: number) => Promise<void>

/** Reduces one group after another. Returns how many records there were. */
async function reduceGroups(
  task: ReduceTask,
  spills: readonly Section[],
  { parts, largest }: { readonly parts: PartFiles; readonly largest: LargestKeys },
  tick: Tick,
): Promise<number> {
  const merge = new Merge(task.storage, spills)
  let groups = 0
  try {
    while (merge.nextGroup()) {
      const number = merge.key.buffer[0] as number
      const table = tableOf(task, number)
      parts.append(number, merge.key, reduceGroup(merge, table, task.onRow))
      largest.add(table.name, merge.key, merge.finishGroup())
      groups += 1
      if (groups % groupsPerTick === 0) await tick(groupsPerTick)
    }
  } finally {
    merge.close()
  }
  return merge.records
}

/** The same for tables that all have amounts. Null, with nothing written, where a state is none for the kernel. */
async function reduceAmounts(
  kernel: object,
  task: ReduceTask,
  spills: readonly Section[],
  parts: PartFiles,
  tick: Tick,
): Promise<number | null> {
  const merge = new AmountMerge(kernel, task.storage, spills)
  try {
    for (let { table } = merge; table !== -1; { table } = merge) {
      const amount = amountOf(tableOf(task, table).reducer)
      if (amount === null) throw new ForeignState()
      const writer = parts.writerOf(table)
      for (let before = merge.groups; merge.write(table, amount, writer, 'text'); before = merge.groups)
        await tick(merge.groups - before)
    }
  } catch (error) {
    if (!(error instanceof ForeignState)) throw error
    parts.discard()
    return null
  } finally {
    merge.close()
  }
  return merge.records
}

function reduceGroup(merge: Merge, table: JobTable, onRow: ReduceTask['onRow']): string {
  const key = groupKey(merge)
  try {
    const { reducer } = table
    const result =
      reducer.kind === 'group'
        ? reduceValues(merge, key, reducer)
        : reducer.finish(foldStates(merge, reducer), key)
    const json = canonicalJson(result)
    onRow?.(table.name, key, result)
    return json
  } catch (error) {
    throw refuseReduce(table.name, key, error)
  }
}

function reduceValues(merge: Merge, key: Key, reducer: GroupReducer<Key, unknown, unknown>): unknown {
  const values = groupValues(merge)
  let isTaken = false
  const once: Iterable<unknown> = {
    [Symbol.iterator]: () => {
      // A generator would have none the second time, and an average over none of them looks like any other.
      if (isTaken) throw new Error(takenTwice)
      isTaken = true
      return values
    },
  }
  try {
    return reducer.reduce(key, once)
  } finally {
    // A reducer that keeps the iterable for later must not read the next group's values through it.
    isTaken = false
    values.return(undefined)
  }
}

const takenTwice =
  'the values of a key can be gone through once. To do so again, keep them: const kept = [...values].'

/** The group's values one after another; each spilled record holds a list of them. */
function* groupValues(merge: Merge): Generator<unknown, undefined> {
  while (merge.nextValue()) {
    const values = merge.value()
    if (!Array.isArray(values)) throw new TallymanError('internal', 'A spilled group is no list.')
    yield* values
  }
  return undefined
}

/** The part files of one partition, begun when their first row comes. */
class PartFiles {
  readonly #tables: readonly JobTable[]
  readonly #storage: Storage
  readonly #open = new Map<number, { name: string; file: OutputFile; writer: RecordFileWriter }>()

  constructor(tables: readonly JobTable[], storage: Storage) {
    this.#tables = tables
    this.#storage = storage
  }

  append(table: number, key: Merge['key'], json: string): void {
    const value = Buffer.from(json, 'utf8')
    this.writerOf(table).append(key.buffer, 1, key.length, value, 0, value.length)
  }

  writerOf(table: number): RecordFileWriter {
    let part = this.#open.get(table)
    if (part === undefined) {
      const name = `${(this.#tables[table] as JobTable).name}.part`
      const file = this.#storage.create(name)
      part = { name, file, writer: new RecordFileWriter(file, 'part') }
      this.#open.set(table, part)
    }
    return part.writer
  }

  /** Removes what there is. */
  discard(): void {
    for (const { name, file } of this.#open.values()) {
      file.close()
      this.#storage.remove(name)
    }
    this.#open.clear()
  }

  finish(): PartFile[] {
    return [...this.#open].map(([table, { name, file, writer }]) => {
      const written = writer.finish()
      file.close()
      return {
        table: (this.#tables[table] as JobTable).name,
        name,
        rows: written.records,
        bytes: written.bytes,
        crc32: written.crc32,
      }
    })
  }
}
