import { TallymanError } from '../errors.ts'
import { ByteWriter, countOutsideHeap, type RecordFileWriter, writeValue } from '../record/index.ts'

/** What `counts.as` exports for keys and their counts. */
interface CountKernel {
  /** Its buffer is another one each time the memory has grown. */
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly tables: { readonly value: number }
  readonly staging: { readonly value: number }
  readonly stagingBytes: { readonly value: number }
  readonly out: { readonly value: number }
  readonly filled: { readonly value: number }
  reset(): void
  roomFor(length: number): number
  addOne(key: number, length: number, by: number): number
  countStaged(length: number): number
  deal(tableCount: number, partitions: number): number
  sortBucket(bucket: number): number
  fill(room: number): number
  passOver(): number
}

/** Before a staged key: its length in one byte, or this and then four bytes. */
const longKey = 255
const longHeaderBytes = 5

/** Of an entry of the kernel: where its key's length, its count and its key are. */
const lengthAt = 4
const countAt = 8
const keyAt = 16

/** Stages a key: what `write` appends to `out`, after its length. Where it throws nothing is appended. */
export function stageKey<K>(out: ByteWriter, key: K, write: (out: ByteWriter, key: K) => void): void {
  const start = out.length
  out.byte(0)
  try {
    write(out, key)
  } catch (error) {
    out.length = start
    throw error
  }
  const length = out.length - start - 1
  if (length < longKey) {
    out.buffer[start] = length
    return
  }
  out.reserve(longHeaderBytes - 1)
  out.buffer.copyWithin(start + longHeaderBytes, start + 1, out.length)
  out.buffer[start] = longKey
  out.buffer.writeUInt32LE(length, start + 1)
  out.length += longHeaderBytes - 1
}

/**
 * Counts of keys, for all large tables of a task that count, in the memory of a WebAssembly kernel: looked up, sorted and written
 * many at a time. What it comes to is what `KeyTable`, `sortKeys` and `writeValue` come to, to the byte. Keys begin with the number of
 * their table, as in spills.
 */
export class KeyCounts {
  readonly #kernel: CountKernel
  #bytes: Buffer
  /** Of each table how many keys it has, and their bytes together. */
  #tables: Uint32Array

  #takenBytes: number
  readonly #value = new ByteWriter()

  constructor(kernel: CountKernel) {
    this.#kernel = kernel
    kernel.reset()
    const { buffer } = kernel.memory
    this.#takenBytes = buffer.byteLength
    countOutsideHeap(this.#takenBytes)
    this.#bytes = Buffer.from(buffer)
    this.#tables = new Uint32Array(buffer, kernel.tables.value)
  }

  /** Keys of a table. */
  size(table: number): number {
    return this.#tables[2 * table] ?? 0
  }

  /** Bytes of a table's keys together. */
  keyBytes(table: number): number {
    return this.#tables[2 * table + 1] ?? 0
  }

  /** Adds to the count of the key `bytes[start, end)`. */
  add(bytes: Buffer, start: number, end: number, by: number): void {
    const kernel = this.#kernel
    const length = end - start
    const at = this.#granted(kernel.roomFor(length))
    bytes.copy(this.#bytes, at, start, end)
    this.#granted(kernel.addOne(at, length, by))
  }

  /** Counts each of the keys in `staged[0, end)` once, in turn. */
  countAll(staged: Buffer, end: number): void {
    const kernel = this.#kernel
    const most = kernel.stagingBytes.value
    for (let at = 0; at < end; ) {
      const length = Math.min(most, end - at)
      staged.copy(this.#bytes, kernel.staging.value, at, at + length)
      const counted = kernel.countStaged(length)
      this.#granted(counted < 0 ? 0 : 1)
      at += counted > 0 ? counted : this.#countLong(staged, at)
    }
  }

  /** Counts the staged key at `at`, which the staging of the kernel has no room for. Returns its bytes, with the length before it. */
  #countLong(staged: Buffer, at: number): number {
    const length = staged.readUInt32LE(at + 1)
    const start = at + longHeaderBytes
    this.add(staged, start, start + length, 1)
    return longHeaderBytes + length
  }

  /** Deals keys to partitions. After this only `writeBucket` may be called, once for each, and `reset`. */
  deal(tableCount: number, partitions: number): void {
    this.#granted(this.#kernel.deal(tableCount, partitions))
  }

  /**
   * Appends what a table has in a partition, in order.
   *
   * @param bucket `table * partitions + partition`
   */
  writeBucket(bucket: number, file: RecordFileWriter): void {
    const kernel = this.#kernel
    const size = kernel.sortBucket(bucket)
    this.#granted(size < 0 ? 0 : 1)
    if (size === 0) return
    const out = kernel.out.value
    for (;;) {
      const bytes = kernel.fill(file.roomBytes)
      const filled = kernel.filled.value
      if (filled > 0) file.appendEncoded(this.#bytes, out, out + bytes, filled)
      // What does not fit begins a block, or is one by itself.
      else if (!this.#writeNext(file)) return
    }
  }

  /** False where there is no record any more. */
  #writeNext(file: RecordFileWriter): boolean {
    const entry = this.#kernel.passOver()
    if (entry === 0) return false
    const bytes = this.#bytes
    const start = entry + keyAt
    const value = this.#value
    value.clear()
    writeValue(value, bytes.readDoubleLE(entry + countAt))
    file.append(bytes, start, start + bytes.readUInt32LE(entry + lengthAt), value.buffer, 0, value.length)
    return true
  }

  /** Forgets every key, and keeps the memory for the next ones. */
  reset(): void {
    this.#kernel.reset()
  }

  /** Says that its memory is nobody's any more. Nothing else may be called then. */
  letGo(): void {
    countOutsideHeap(-this.#takenBytes)
  }

  /** Looks at the memory, which may have grown. Throws where the kernel was given none: it answers 0 then. */
  #granted(answer: number): number {
    const { memory, tables } = this.#kernel
    const { buffer } = memory
    if (buffer !== this.#bytes.buffer) {
      countOutsideHeap(buffer.byteLength - this.#takenBytes)
      this.#takenBytes = buffer.byteLength
      this.#bytes = Buffer.from(buffer)
      this.#tables = new Uint32Array(buffer, tables.value)
    }
    if (answer !== 0) return answer
    throw new TallymanError(
      'out-of-memory',
      `The keys of a map task take more than ${buffer.byteLength} bytes, and the system gives no more.`,
      { wayOut: 'Give the run fewer workers (--workers) or less memory (--memory).' },
    )
  }
}

const spare: KeyCounts[] = []

/**
 * One without any key, where there is one with the memory of a task before; null where there is no memory. Whoever takes it gives it back.
 *
 * @param makeKernel makes an instance of `counts.as`
 */
export function takeKeyCounts(makeKernel: () => object | null): KeyCounts | null {
  const known = spare.pop()
  if (known !== undefined) return known
  const kernel = makeKernel()
  return kernel === null ? null : new KeyCounts(kernel as CountKernel)
}

/** Every worker keeps one. */
export function giveBackKeyCounts(counts: KeyCounts): void {
  counts.reset()
  if (spare.length === 0) spare.push(counts)
  else counts.letGo()
}

/** Lets go of the memory that is kept for tasks to come. */
export function releaseKeyCounts(): void {
  for (const counts of spare.splice(0)) counts.letGo()
}
