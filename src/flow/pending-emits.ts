import { ByteWriter, hashBytes, type Key } from '../record/index.ts'
import type { CombineTable } from './combine.ts'

/** Room that one record with many emits has made is not kept for the next ones. */
const keptMax = 1024
const keptBytesMax = 2 ** 16

/** With fewer keys to be looked up, bringing them near first does not pay. */
const touchedMin = 4
/** What was looked at: a look that is not used is not taken. */
const looked = new Int32Array(1)

/**
 * What a record has emitted, in lists that are filled anew for each record: of each emit the table, its key's number and the value.
 * A key that has no number yet, as far as can be seen at once, is encoded as it is emitted and looked up with the others when
 * the record is done. So of a record whose map throws no key is left anywhere.
 */
export class PendingEmits {
  tables: number[] = []
  /** -1 until `resolve`. */
  numbers: number[] = []
  values: unknown[] = []
  count = 0
  readonly #combine: readonly CombineTable[]
  /** Keys to be looked up, end to end; of each the emit it belongs to, where it ends, its hash, and where it is likely to stand. */
  #keys = new ByteWriter()
  #emits: number[] = []
  #ends: number[] = []
  #hashes: number[] = []
  #places: number[] = []
  #keyCount = 0

  constructor(combine: readonly CombineTable[]) {
    this.#combine = combine
  }

  /** The key is not kept. Throws `key-invalid`, and then nothing is emitted. */
  push(table: number, key: Key, value: unknown): void {
    const { count } = this
    const combine = this.#combine[table]!
    const number = combine.find(key)
    if (number === -1) {
      combine.write(this.#keys, key)
      this.#emits[this.#keyCount] = count
      this.#ends[this.#keyCount] = this.#keys.length
      this.#keyCount += 1
    }
    this.tables[count] = table
    this.numbers[count] = number
    this.values[count] = value
    this.count = count + 1
  }

  /** Gives every emit its key's number. Each is to be folded now, in turn. */
  resolve(): void {
    const keyCount = this.#keyCount
    if (keyCount === 0) return
    const { buffer } = this.#keys
    let start = 0
    for (let index = 0; index < keyCount; index++) {
      const end = this.#ends[index]!
      this.#hashes[index] = hashBytes(buffer, start, end) | 0
      start = end
    }
    if (keyCount >= touchedMin) this.#touch()
    start = 0
    for (let index = 0; index < keyCount; index++) {
      const end = this.#ends[index]!
      const emit = this.#emits[index]!
      const table = this.#combine[this.tables[emit]!]!
      this.numbers[emit] = table.numberAt(buffer, start, end, this.#hashes[index]!)
      start = end
    }
  }

  /** Brings near where keys are likely to stand. */
  #touch(): void {
    for (let index = 0; index < this.#keyCount; index++) {
      const table = this.#combine[this.tables[this.#emits[index]!]!]!
      this.#places[index] = table.likelyPlace(this.#hashes[index]!)
    }
    let touched = 0
    for (let index = 0; index < this.#keyCount; index++) {
      const table = this.#combine[this.tables[this.#emits[index]!]!]!
      touched ^= table.touch(this.#places[index]!)
    }
    looked[0] = touched
  }

  /** Forgets all, and holds no value any more. */
  clear(): void {
    if (this.tables.length > keptMax) {
      this.tables = []
      this.numbers = []
      this.values = []
      this.#emits = []
      this.#ends = []
      this.#hashes = []
      this.#places = []
    } else {
      for (let index = 0; index < this.count; index++) this.values[index] = undefined
    }
    this.count = 0
    this.#keyCount = 0
    this.#keys.clear()
    if (this.#keys.buffer.length > keptBytesMax) this.#keys = new ByteWriter()
  }
}
