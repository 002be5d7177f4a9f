import type { TallymanError } from '../errors.ts'
import { approximateBytes, ByteWriter, RecordFileWriter, writeValue } from '../record/index.ts'
import type { CombineTable } from './combine-table.ts'
import { type KeyOrder, sortKeys } from './key-sort.ts'
import type { KeyPlace } from './key-table.ts'
import type { Section, Storage } from './storage.ts'

/** What is sorted that a map attempt wrote for one partition: a record file, those of one round one behind another in one file. */
export interface Spill extends Section {
  readonly partition: number
  /** Pairs of a key and a state. */
  readonly records: number
  /** Tells two attempts apart that wrote other bytes. */
  readonly crc32: number
}

/** Appends to a file what a table has in a partition. Each partition is asked for once, in turn. */
type WritePartition = (partition: number, file: RecordFileWriter) => void

/** How a set of spills is written. */
interface SpillOptions {
  readonly partitions: number
  readonly round: number
  readonly storage: Storage
  /** The error for a state that a job's own reducer has made, and that is no plain data. */
  readonly refuseState: (table: number, keyNumber: number, cause: unknown) => TallymanError
}

/**
 * Writes everything the combine tables hold as one file, a sorted spill for each partition that has any, and empties them.
 * A record's key is the table's number (one byte) and the encoded key, so one merge serves all tables in turn.
 *
 * @param combines in order of their numbers
 * @returns the spills written, by partition
 * @throws {TallymanError} what `refuseState` gives, and what `Storage` throws; the file is of no use then
 */
export function writeSpills(combines: readonly CombineTable[], options: SpillOptions): Spill[] {
  const { partitions, storage } = options
  const name = `s${options.round}.spill`
  const file = storage.create(name)
  const writer = new RecordFileWriter(file, 'spill')
  combines.find(({ amounts }) => amounts !== null)?.amounts?.deal(combines.length, partitions)
  const writes = combines.map((combine, number) => partitionsOf(combine, number, options))
  const spills: Spill[] = []
  let atByte = 0
  for (let partition = 0; partition < partitions; partition++) {
    for (const write of writes) write(partition, writer)
    if (writer.isEmpty) continue
    const { records, bytes, crc32 } = writer.finish()
    spills.push({ partition, name, atByte, records, bytes, crc32 })
    atByte += bytes
  }
  file.close()
  for (const combine of combines) combine.clear()
  return spills
}

function partitionsOf(combine: CombineTable, number: number, options: SpillOptions): WritePartition {
  const { amounts } = combine
  const { partitions } = options
  if (amounts === null) return sortedTable(combine, number, options)
  return (partition, file) => amounts.writeBucket(number * partitions + partition, file)
}

function sortedTable(
  combine: CombineTable,
  table: number,
  { partitions, refuseState }: SpillOptions,
): WritePartition {
  const { order, ends } = sortKeys(combine.keyTable, partitions)
  const value = new ByteWriter()
  const key: KeyPlace = { bytes: value.buffer, start: 0, end: 0, number: 0 }
  let index = 0
  return (partition, file) => {
    const end = ends[partition]!
    const append = (state: unknown): void => {
      value.clear()
      try {
        writeValue(value, state)
      } catch (error) {
        throw refuseState(table, key.number, error)
      }
      file.append(key.bytes, key.start, key.end, value.buffer, 0, value.length)
    }
    while (index < end) {
      const nearEnd = Math.min(end, index + keysAhead)
      touchStates(combine, order, index, nearEnd)
      for (; index < nearEnd; index++) {
        order.locate(key, index)
        const state = combine.state(key.number)
        if (combine.isGroup) for (const values of shortLists(state as readonly unknown[])) append(values)
        else append(state)
      }
    }
  }
}

/** In order, keys lie anywhere in memory. So many are brought near together: waiting for one place after another takes longer. */
const keysAhead = 64
const numbersAhead = new Int32Array(keysAhead)
/** What was looked at: a look that is not used is not taken. */
const looked = new Int32Array(1)

function touchStates(combine: CombineTable, order: KeyOrder, from: number, to: number): void {
  for (let index = from; index < to; index++) numbersAhead[index - from] = order.numberAt(index)
  let numbers = 0
  for (let index = 0; index < to - from; index++)
    if (typeof combine.state(numbersAhead[index]!) === 'number') numbers += 1
  looked[0] = numbers
}

/** Estimated heap bytes of the values in one record. */
const listBytesMax = 32 * 1024

/**
 * A group's values in lists that are short: each file of a merge holds one record, and a merge reads the values of a group
 * one after another however many there are.
 */
function* shortLists(values: readonly unknown[]): Generator<readonly unknown[], void> {
  let start = 0
  let bytes = 0
  for (let index = 0; index < values.length; index++) {
    if (bytes >= listBytesMax) {
      yield values.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += approximateBytes(values[index])
  }
  yield start === 0 ? values : values.slice(start)
}
