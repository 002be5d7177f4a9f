import { TallymanError } from '../errors.ts'
import type { Amount } from '../job/index.ts'
import { ByteWriter, countOutsideHeap, type RecordFileWriter, writeValue } from '../record/index.ts'

/** What `amounts.as` exports. */
interface AmountKernel {
  /** Its buffer is another one each time the memory has grown. */
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly tables: { readonly value: number }
  readonly staging: { readonly value: number }
  readonly stagingBytes: { readonly value: number }
  readonly out: { readonly value: number }
  readonly filled: { readonly value: number }
  reset(): void
  roomFor(length: number): number
  readonly isExceeded: { readonly value: number }
  setKind(table: number, kind: number): void
  entryBehind(entry: number): number
  foldOne(key: number, length: number, by: number): number
  foldStaged(length: number): number
  deal(tableCount: number, partitions: number): number
  sortBucket(bucket: number): number
  fill(room: number): number
  passOver(): number
}

/** Before a staged key: its length in one byte, or this and then four bytes. */
const longKey = 255
const longHeaderBytes = 5

/** Of an entry of the kernel: where its key's length, its amount and its key are. */
const lengthAt = 4
const amountAt = 8
const keyAt = 16

/** Bytes of a staged value, behind its key. */
const valueBytes = 8

/** Where a key lies among staged ones, `[start, end)`, and where the next one begins. A table that counts has no values. */
export interface StagedKey {
  readonly table: number
  readonly start: number
  readonly end: number
  readonly value: number | undefined
  readonly next: number
}

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

/** What amounts are, as the kernels number it. */
export const amountKinds: Readonly<Record<Amount, number>> = { count: 0, sum: 1, min: 2, max: 3 }

/** Is it a number that a kernel folds, and gives back as it is? */
export function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/**
 * Amounts of keys, for all large tables of a task whose states are such, in the memory of a WebAssembly kernel: looked up, folded, sorted and
 * written many at a time. What it comes to is what `KeyTable`, the reducers, `sortKeys` and `writeValue` come to, to the byte. Keys begin
 * with the number of their table, as in spills.
 */
export class KeyAmounts {
  readonly #kernel: AmountKernel
  #bytes: Buffer
  /** Of each table how many keys it has, and their bytes together. */
  #tables: Uint32Array

  readonly #amounts: Amount[] = []
  #takenBytes: number
  readonly #value = new ByteWriter()

  constructor(kernel: AmountKernel) {
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
    return this.#tables[2 * table]!
  }

  keyBytes(table: number): number {
    return this.#tables[2 * table + 1]!
  }

  /** Begins a table, which has no key here. */
  begin(table: number, amount: Amount): void {
    this.#kernel.setKind(table, amountKinds[amount])
    this.#amounts[table] = amount
  }

  /** Folds `by` into the amount of the key `bytes[start, end)`. False, with nothing done, where that would be no safe integer. */
  fold(bytes: Buffer, start: number, end: number, by: number): boolean {
    const kernel = this.#kernel
    const length = end - start
    const at = this.#granted(kernel.roomFor(length))
    bytes.copy(this.#bytes, at, start, end)
    this.#granted(kernel.foldOne(at, length, by))
    return kernel.isExceeded.value === 0
  }

  /** Folds what is staged in `staged[0, end)`, in turn. Returns where it stopped: before an amount that would be no safe integer, or at the end. */
  foldAll(staged: Buffer, end: number): number {
    const kernel = this.#kernel
    const most = kernel.stagingBytes.value
    for (let at = 0; at < end; ) {
      const length = Math.min(most, end - at)
      staged.copy(this.#bytes, kernel.staging.value, at, at + length)
      const folded = kernel.foldStaged(length)
      this.#granted(folded < 0 ? 0 : 1)
      at += folded
      if (kernel.isExceeded.value !== 0) return at
      if (folded > 0) continue
      // The staging of the kernel has no room for it.
      const long = this.staged(staged, at)
      if (!this.fold(staged, long.start, long.end, long.value ?? 1)) return at
      at = long.next
    }
    return end
  }

  /** What is staged at `at`: where its key lies, its value where its table has any, and where the next one begins. */
  staged(staged: Buffer, at: number): StagedKey {
    const first = staged.readUInt8(at)
    const isLong = first === longKey
    const start = at + (isLong ? longHeaderBytes : 1)
    const end = start + (isLong ? staged.readUInt32LE(at + 1) : first)
    const table = staged.readUInt8(start)
    if (this.#amounts[table] === 'count') return { table, start, end, value: undefined, next: end }
    return { table, start, end, value: staged.readDoubleLE(end), next: end + valueBytes }
  }

  /** Shows every key that is here, as `bytes[start, end)`, and its amount. REQUIRES: nothing is folded meanwhile. */
  visit(show: (bytes: Buffer, start: number, end: number, amount: number) => void): void {
    for (let entry = this.#kernel.entryBehind(0); entry !== 0; entry = this.#kernel.entryBehind(entry)) {
      const bytes = this.#bytes
      const start = entry + keyAt
      show(bytes, start, start + bytes.readUInt32LE(entry + lengthAt), bytes.readDoubleLE(entry + amountAt))
    }
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
    writeValue(value, bytes.readDoubleLE(entry + amountAt))
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

const spare: KeyAmounts[] = []

/**
 * One without any key, where there is one with the memory of a task before; null where there is no memory. Whoever takes it gives it back.
 *
 * @param makeKernel makes an instance of `amounts.as`
 */
export function takeKeyAmounts(makeKernel: () => object | null): KeyAmounts | null {
  const known = spare.pop()
  if (known !== undefined) return known
  const kernel = makeKernel()
  return kernel === null ? null : new KeyAmounts(kernel as AmountKernel)
}

/** Every worker keeps one. */
export function giveBackKeyAmounts(amounts: KeyAmounts): void {
  amounts.reset()
  if (spare.length === 0) spare.push(amounts)
  else amounts.letGo()
}

/** Lets go of the memory that is kept for tasks to come. */
export function releaseKeyAmounts(): void {
  for (const amounts of spare.splice(0)) amounts.letGo()
}
