import { ByteWriter, hashBytes, RecordFileWriter, writeKey, writeValue } from '../record/index.ts'
import type { CombineTable } from './combine.ts'
import type { Storage } from './storage.ts'

/** One sorted file that a map attempt wrote for one partition. */
export interface Spill {
  readonly partition: number
  readonly name: string
  readonly records: number
  readonly bytes: number
  /** Tells two attempts apart that wrote other bytes. */
  readonly crc32: number
}

/** What is being sorted: keys as bytes end to end in one buffer, with where each begins and ends. */
interface SortBatch {
  readonly keys: ByteWriter
  readonly starts: number[]
  readonly ends: number[]
  readonly states: unknown[]
  /** Record numbers by partition. */
  readonly byPartition: number[][]
}

/**
 * Writes everything the combine tables hold as one sorted spill per partition that has any, and empties them.
 * A record's key is the table's number (one byte) and the encoded key, so one merge serves all tables in turn.
 *
 * @returns the spills written, by partition
 */
export function writeSpills(
  tables: readonly CombineTable[],
  options: { readonly partitions: number; readonly round: number; readonly storage: Storage },
): Spill[] {
  const files = new Map<
    number,
    { name: string; file: ReturnType<Storage['create']>; writer: RecordFileWriter }
  >()
  const value = new ByteWriter()
  tables.forEach((table, number) => {
    const batch = encodeKeys(table, number, options.partitions)
    table.clear()
    batch.byPartition.forEach((records, partition) => {
      if (records.length === 0) return
      let out = files.get(partition)
      if (out === undefined) {
        const name = `p${partition}-s${options.round}.spill`
        const file = options.storage.create(name)
        out = { name, file, writer: new RecordFileWriter(file, 'spill') }
        files.set(partition, out)
      }
      sortRecords(records, batch)
      for (const record of records) {
        value.clear()
        writeValue(value, batch.states[record])
        const start = batch.starts[record] as number
        out.writer.append(
          batch.keys.buffer,
          start,
          batch.ends[record] as number,
          value.buffer,
          0,
          value.length,
        )
      }
    })
  })
  return [...files.entries()]
    .sort(([a], [b]) => a - b)
    .map(([partition, { name, file, writer }]) => {
      const written = writer.finish()
      file.close()
      return { partition, name, ...written }
    })
}

function encodeKeys(table: CombineTable, number: number, partitions: number): SortBatch {
  const batch: SortBatch = {
    keys: new ByteWriter(),
    starts: [],
    ends: [],
    states: [],
    byPartition: Array.from({ length: partitions }, () => []),
  }
  table.forEach((key, state) => {
    const start = batch.keys.length
    batch.keys.byte(number)
    writeKey(batch.keys, key)
    const end = batch.keys.length
    const partition = hashBytes(batch.keys.buffer, start, end) % partitions
    batch.byPartition[partition]?.push(batch.starts.length)
    batch.starts.push(start)
    batch.ends.push(end)
    batch.states.push(state)
  })
  return batch
}

/** Sorts record numbers by key bytes. The six bytes after the table's number decide nearly every comparison. */
function sortRecords(records: number[], batch: SortBatch): void {
  const bytes = batch.keys.buffer
  if (records.length < 2) return
  const prefixes = new Float64Array(batch.starts.length)
  for (const record of records)
    prefixes[record] = prefix48(bytes, (batch.starts[record] as number) + 1, batch.ends[record] as number)
  records.sort((a, b) => {
    const difference = (prefixes[a] as number) - (prefixes[b] as number)
    if (difference !== 0) return difference
    return bytes.compare(
      bytes,
      batch.starts[b] as number,
      batch.ends[b] as number,
      batch.starts[a] as number,
      batch.ends[a] as number,
    )
  })
}

/** The first six bytes as one number, shorter keys padded with zeros: equal prefixes still need a full comparison. */
function prefix48(bytes: Buffer, start: number, end: number): number {
  if (end - start >= 6) return bytes.readUIntBE(start, 6)
  let prefix = 0
  for (let i = start; i < start + 6; i++) prefix = prefix * 256 + (i < end ? (bytes[i] as number) : 0)
  return prefix
}
