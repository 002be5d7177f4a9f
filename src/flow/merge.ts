import { TallymanError } from '../errors.ts'
import { type AnyReducer, amountOf, type JobTable } from '../job/index.ts'
import {
  ByteWriter,
  compareBytes,
  decodeKey,
  decodeValue,
  RecordFileReader,
  RecordFileWriter,
  writeValue,
} from '../record/index.ts'
import { AmountMerge, ForeignState } from './amount-merge.ts'
import { refuseReduce } from './refuse-reduce.ts'
import { type InputBytes, openSection, type Section, type Storage } from './storage.ts'

/** Most files one merge holds open. Each costs a file descriptor and one block of memory. */
export const mergeFilesMax = 64

/** Groups between two calls of `tick`, which costs a promise. */
export const groupsPerTick = 512

/** One open spill in a merge. */
interface Cursor {
  readonly reader: RecordFileReader
  readonly file: InputBytes
  /** Place of the file in position order: breaks ties, so equal keys come in the order their records had. */
  readonly place: number
}

/**
 * Many sorted files as one ordered stream of groups. Records with equal keys come out in the order of the files, and
 * within a file in its own order, whatever the keys' distribution: the order of values never depends on timing.
 */
export class Merge {
  readonly #heap: Cursor[] = []
  /** The current group's key, copied out since the blocks it came from move on. */
  readonly #key = new ByteWriter()
  #current: Cursor | null = null
  /** Records taken out so far. */
  records = 0
  #groupBytes = 0
  /** Something of the current group may be left. */
  #isInGroup = false

  /** Opens every file. REQUIRES: at most `mergeFilesMax` of them. */
  constructor(storage: Storage, spills: readonly Section[]) {
    if (spills.length > mergeFilesMax)
      throw new TallymanError('internal', `A merge of ${spills.length} files was asked for.`)
    try {
      for (const [place, spill] of spills.entries()) this.#open(openSection(storage, spill), place)
    } catch (error) {
      this.close()
      throw error
    }
  }

  #open(file: InputBytes, place: number): void {
    let isKept = false
    try {
      const reader = new RecordFileReader(file, 'spill')
      isKept = reader.next()
      if (isKept) this.#push({ reader, file, place })
    } finally {
      if (!isKept) file.close()
    }
  }

  /** The current group's key bytes: table number, then the encoded key. Valid until the next group. */
  get key(): { readonly buffer: Buffer; readonly length: number } {
    return this.#key
  }

  /** Moves to the next group, passing over what is left of this one. False at the end. */
  nextGroup(): boolean {
    if (this.#isInGroup) this.finishGroup()
    const top = this.#heap[0]
    if (top === undefined) return false
    this.#isInGroup = true
    this.#groupBytes = 0
    this.#key.clear()
    this.#key.bytes(top.reader.bytes, top.reader.keyStart, top.reader.keyEnd)
    return true
  }

  /** Passes over what is left of the current group. Returns how many bytes its values are. */
  finishGroup(): number {
    while (this.nextValue());
    this.#isInGroup = false
    return this.#groupBytes
  }

  /** Moves to the next value of the group: its bytes are `value`. False at the group's end. */
  nextValue(): boolean {
    this.#advance()
    const top = this.#heap[0]
    if (top === undefined || this.#key.length === 0 || !this.#isOfGroup(top)) return false
    this.#current = top
    this.records += 1
    this.#groupBytes += top.reader.valueEnd - top.reader.valueStart
    return true
  }

  /** Decodes the value `nextValue` moved to. */
  value(): unknown {
    const reader = this.#current?.reader
    if (reader === undefined)
      throw new TallymanError('internal', 'A merge was asked for a value it does not stand at.')
    return decodeValue(reader.bytes, reader.valueStart, reader.valueEnd)
  }

  /** Closes what is still open. Safe more than once. */
  close(): void {
    for (const cursor of this.#heap.splice(0)) cursor.file.close()
  }

  #advance(): void {
    const cursor = this.#current
    if (cursor === null) return
    this.#current = null
    if (cursor.reader.next()) {
      this.#sink(0)
      return
    }
    cursor.file.close()
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink(0)
    }
  }

  #isOfGroup(cursor: Cursor): boolean {
    const { bytes, keyStart, keyEnd } = cursor.reader
    const { buffer, length } = this.#key
    return length === keyEnd - keyStart && compareBytes(buffer, 0, length, bytes, keyStart, keyEnd) === 0
  }

  #push(cursor: Cursor): void {
    const heap = this.#heap
    let at = heap.push(cursor) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (precedes(heap[parent] as Cursor, cursor)) break
      heap[at] = heap[parent] as Cursor
      at = parent
    }
    heap[at] = cursor
  }

  #sink(from: number): void {
    const heap = this.#heap
    const cursor = heap[from] as Cursor
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && precedes(heap[child + 1] as Cursor, heap[child] as Cursor)) child += 1
      if (precedes(cursor, heap[child] as Cursor)) break
      heap[at] = heap[child] as Cursor
      at = child
    }
    heap[at] = cursor
  }
}

function precedes(a: Cursor, b: Cursor): boolean {
  const x = a.reader
  const y = b.reader
  const order = compareBytes(x.bytes, x.keyStart, x.keyEnd, y.bytes, y.keyStart, y.keyEnd)
  return order === 0 ? a.place < b.place : order < 0
}

/** What the merge steps before the last did to the files. */
export interface Narrowed {
  /** At most `mergeFilesMax`. */
  readonly spills: readonly Section[]
  /** How many records fewer these files hold than the original ones, since states were merged. */
  readonly mergedAway: number
}

/** What every merge step needs. */
interface NarrowOptions {
  readonly storage: Storage
  readonly tables: readonly JobTable[]
  /** Told how many groups were merged since it was last called, at the end of every merge too: one may have few groups of many files. */
  readonly tick: (groups: number) => Promise<void>
  /** Makes an instance of `merge.as` where all tables have amounts, and null else. */
  readonly makeKernel: () => object | null
}

/**
 * Merges neighbouring files, at most `mergeFilesMax` at a time, until one merge can take the rest; no more of them than
 * that takes. Neighbours stay neighbours, so the order of values is kept. States of one key are merged on the way; the
 * values of a classic group stay apart, since a list of them may be larger than memory.
 */
export async function narrow(spills: readonly Section[], options: NarrowOptions): Promise<Narrowed> {
  const original = new Set(spills)
  let current = spills
  let mergedAway = 0
  for (let level = 0; current.length > mergeFilesMax; level++) {
    const next: Section[] = []
    let from = 0
    while (from < current.length) {
      // As many as bring the number down to what one merge can take, each of them read as seldom as can be.
      const surplus = current.length - from + next.length - mergeFilesMax
      const batch = current.slice(from, from + Math.min(mergeFilesMax, Math.max(1, surplus + 1)))
      from += batch.length
      if (batch.length === 1) {
        next.push(...batch)
        continue
      }
      const merged = await mergeInto(`merge-${level}-${next.length}.spill`, batch, options)
      mergedAway += merged.mergedAway
      for (const done of batch) if (!original.has(done)) options.storage.remove(done.name)
      next.push(merged.spill)
    }
    current = next
  }
  return { spills: current, mergedAway }
}

/** Merges files into one; says how many records fewer it holds. */
async function mergeInto(
  name: string,
  spills: readonly Section[],
  options: NarrowOptions,
): Promise<{ readonly spill: Section; readonly mergedAway: number }> {
  const kernel = options.makeKernel()
  if (kernel !== null) {
    try {
      return await mergeBy(name, options.storage, (writer) => mergeAmounts(kernel, writer, spills, options))
    } catch (error) {
      if (!(error instanceof ForeignState)) throw error
    }
  }
  return mergeBy(name, options.storage, (writer) => mergeGroups(writer, spills, options))
}

/** @param merge returns how many records there were */
async function mergeBy(
  name: string,
  storage: Storage,
  merge: (writer: RecordFileWriter) => Promise<number>,
): Promise<{ readonly spill: Section; readonly mergedAway: number }> {
  const file = storage.create(name)
  const writer = new RecordFileWriter(file, 'spill')
  try {
    const taken = await merge(writer)
    const { records, bytes } = writer.finish()
    file.close()
    return { spill: { name, atByte: 0, bytes }, mergedAway: taken - records }
  } catch (error) {
    if (error instanceof ForeignState) {
      file.close()
      storage.remove(name)
    }
    throw error
  }
}

/** Merges tables that all have amounts. Returns how many records there were. */
async function mergeAmounts(
  kernel: object,
  writer: RecordFileWriter,
  spills: readonly Section[],
  options: NarrowOptions,
): Promise<number> {
  const merge = new AmountMerge(kernel, options.storage, spills)
  let told = 0
  try {
    for (let { table } = merge; table !== -1; { table } = merge) {
      const amount = amountOf(tableOf(options, table).reducer)
      if (amount === null) throw new ForeignState()
      for (; merge.write(table, amount, writer, 'value'); told = merge.groups)
        await options.tick(merge.groups - told)
    }
    await options.tick(merge.groups - told)
  } finally {
    merge.close()
  }
  return merge.records
}

/** The table that a spill means by this number. */
export function tableOf({ tables }: Pick<NarrowOptions, 'tables'>, number: number): JobTable {
  const table = tables[number]
  if (table === undefined)
    throw new TallymanError('internal', `A spill names table ${number}, which the job has not.`)
  return table
}

/** Merges tables of any kind. Returns how many records there were. */
async function mergeGroups(
  writer: RecordFileWriter,
  spills: readonly Section[],
  options: NarrowOptions,
): Promise<number> {
  const merge = new Merge(options.storage, spills)
  const out = new ByteWriter()
  let groups = 0
  const write = (state: unknown): void => {
    out.clear()
    writeValue(out, state)
    writer.append(merge.key.buffer, 0, merge.key.length, out.buffer, 0, out.length)
  }
  try {
    while (merge.nextGroup()) {
      const { name, reducer } = tableOf(options, merge.key.buffer[0] as number)
      if (reducer.kind === 'group') while (merge.nextValue()) write(merge.value())
      else write(mergeStates(merge, name, reducer))
      groups += 1
      if (groups % groupsPerTick === 0) await options.tick(groupsPerTick)
    }
    await options.tick(groups % groupsPerTick)
  } finally {
    merge.close()
  }
  return merge.records
}

type Monoid = Exclude<AnyReducer, { kind: 'group' }>

/** As `foldStates`; what the reducer throws is said of its table and the key. */
function mergeStates(merge: Merge, table: string, reducer: Monoid): unknown {
  try {
    return foldStates(merge, reducer)
  } catch (error) {
    throw refuseReduce(table, groupKey(merge), error)
  }
}

/** Merges the states of the current group, left to right. */
export function foldStates(merge: Merge, reducer: Monoid): unknown {
  if (!merge.nextValue()) throw new TallymanError('internal', 'A group without a value.')
  let state = merge.value()
  while (merge.nextValue()) state = reducer.merge(state, merge.value())
  return state
}

/** The current group's key as the user knows it. */
export function groupKey(merge: Merge): ReturnType<typeof decodeKey> {
  return decodeKey(merge.key.buffer, 1, merge.key.length)
}
