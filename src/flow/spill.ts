import { approximateBytes, ByteWriter, RecordFileWriter, writeValue } from '../record/index.ts'
import type { CombineTable } from './combine.ts'
import { type KeyOrder, sortKeys } from './key-sort.ts'
import type { KeyPlace } from './key-table.ts'
import type { OutputFile, Storage } from './storage.ts'

/** One sorted file that a map attempt wrote for one partition. */
export interface Spill {
  readonly partition: number
  readonly name: string
  readonly records: number
  readonly bytes: number
  /** Tells two attempts apart that wrote other bytes. */
  readonly crc32: number
}

/** A spill being written. */
interface OpenSpill {
  readonly name: string
  readonly file: OutputFile
  readonly writer: RecordFileWriter
}

/**
 * Writes everything the combine tables hold as one sorted spill per partition that has any, and empties them.
 * A record's key is the table's number (one byte) and the encoded key, so one merge serves all tables in turn.
 *
 * @param tables in order of their numbers
 * @returns the spills written, by partition
 */
export function writeSpills(
  tables: readonly CombineTable[],
  options: { readonly partitions: number; readonly round: number; readonly storage: Storage },
): Spill[] {
  const open: (OpenSpill | undefined)[] = new Array(options.partitions).fill(undefined)
  const { partitions } = options
  const fileOf = (partition: number): RecordFileWriter => {
    open[partition] ??= openSpill(`p${partition}-s${options.round}.spill`, options.storage)
    return open[partition].writer
  }
  tables.find(({ counts }) => counts !== null)?.counts?.deal(tables.length, partitions)
  for (const [number, table] of tables.entries()) {
    const { counts } = table
    if (counts === null) writeTable(table, partitions, fileOf)
    else
      for (let partition = 0; partition < partitions; partition++)
        counts.writeBucket(number * partitions + partition, () => fileOf(partition))
    table.clear()
  }
  return open.flatMap((spill, partition) => {
    if (spill === undefined) return []
    const written = spill.writer.finish()
    spill.file.close()
    return [{ partition, name: spill.name, ...written }]
  })
}

function openSpill(name: string, storage: Storage): OpenSpill {
  const file = storage.create(name)
  return { name, file, writer: new RecordFileWriter(file, 'spill') }
}

/** Appends a table's records to the files of their partitions, each of which is asked for when it has a record. */
function writeTable(
  table: CombineTable,
  partitions: number,
  fileOf: (partition: number) => RecordFileWriter,
): void {
  const { order, ends } = sortKeys(table.keyTable, partitions)
  const value = new ByteWriter()
  const key: KeyPlace = { bytes: value.buffer, start: 0, end: 0, number: 0 }
  let index = 0
  ends.forEach((end, partition) => {
    if (index === end) return
    const file = fileOf(partition)
    const append = (state: unknown): void => {
      value.clear()
      writeValue(value, state)
      file.append(key.bytes, key.start, key.end, value.buffer, 0, value.length)
    }
    while (index < end) {
      const nearEnd = Math.min(end, index + keysAhead)
      touchStates(table, order, index, nearEnd)
      for (; index < nearEnd; index++) {
        order.locate(key, index)
        const state = table.state(key.number)
        if (table.isGroup) for (const values of shortLists(state as readonly unknown[])) append(values)
        else append(state)
      }
    }
  })
}

/** In order, keys lie anywhere in memory. So many are brought near together: waiting for one place after another takes longer. */
const keysAhead = 64
const numbersAhead = new Int32Array(keysAhead)
/** What was looked at: a look that is not used is not taken. */
const looked = new Int32Array(1)

function touchStates(table: CombineTable, order: KeyOrder, from: number, to: number): void {
  for (let index = from; index < to; index++) numbersAhead[index - from] = order.numberAt(index)
  let numbers = 0
  for (let index = 0; index < to - from; index++)
    if (typeof table.state(numbersAhead[index]!) === 'number') numbers += 1
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
