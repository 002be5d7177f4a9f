import { ByteWriter, hashBytes, type Key } from '../record/index.ts'
import { type CombineTable, numberedKeyBytes } from './combine-table.ts'
import { isAmount, stageKey } from './key-amounts.ts'

/** Room that one record with many emits has made is not kept for the next ones. */
const keptMax = 1024
const keptBytesMax = 2 ** 16

/** So many bytes of keys are folded together. */
const stagedBytesMax = 2 ** 16

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
  tableNumbers: number[] = []
  /** -1 until `resolve`. */
  keyNumbers: number[] = []
  values: unknown[] = []
  count = 0
  readonly #combines: readonly CombineTable[]
  /** Keys to be looked up, end to end; of each the emit it belongs to, where it ends, its hash, and where it is likely to stand. */
  #keys = new ByteWriter()
  #emits: number[] = []
  #ends: number[] = []
  #hashes: number[] = []
  #places: number[] = []
  #keyCount = 0
  /** Keys for a kernel, staged, of records that are done and then of the one at hand. */
  readonly #staged = new ByteWriter(2 * stagedBytesMax)
  #stagedKeys = 0
  /** Has the record at hand emitted to a table of a kernel what is no safe integer? */
  leaves = false
  /** Those of records that are done. */
  #doneBytes = 0
  #doneKeys = 0
  readonly #write: ((out: ByteWriter, key: Key) => void)[]

  constructor(combines: readonly CombineTable[]) {
    this.#combines = combines
    this.#write = combines.map((combine) => (out, key) => combine.write(out, key))
  }

  /** Emits of the record at hand. */
  get emitted(): number {
    return this.count + this.#stagedKeys - this.#doneKeys
  }

  /** What keys that are staged come to hold at most. */
  get stagedBytesMost(): number {
    return this.#staged.length + this.#stagedKeys * numberedKeyBytes
  }

  /** Are so many keys staged that they should be folded? */
  get isFull(): boolean {
    return this.#staged.length > stagedBytesMax
  }

  /** The record at hand is done, and what it emitted folded but for what is staged. */
  keep(): void {
    this.keepStaged()
    this.#forget()
  }

  /** What the record at hand has staged counts from here on. */
  keepStaged(): void {
    this.#doneBytes = this.#staged.length
    this.#doneKeys = this.#stagedKeys
  }

  /**
   * Folds what records that are done have staged.
   *
   * @param leave has all tables leave the kernel: it is called where a state would be no safe integer, and the rest is folded by the tables
   */
  foldStaged(leave: () => void): void {
    if (this.#doneKeys === 0) return
    // One holds those of all tables, and no table leaves it while something is staged for it.
    const amounts = this.#combines.find((combine) => combine.amounts !== null)!.amounts!
    const { buffer } = this.#staged
    const end = this.#doneBytes
    let at = amounts.foldAll(buffer, end)
    if (at < end) leave()
    while (at < end) {
      const staged = amounts.staged(buffer, at)
      const combine = this.#combines[staged.table]!
      const hash = hashBytes(buffer, staged.start, staged.end) | 0
      combine.fold(combine.numberAt(buffer, staged.start, staged.end, hash), staged.value)
      at = staged.next
    }
    this.#staged.clear()
    this.#stagedKeys = 0
    this.#doneBytes = 0
    this.#doneKeys = 0
  }

  /** The key is not kept. Throws `key-invalid`, and then nothing is emitted. */
  push(table: number, key: Key, value: unknown): void {
    const combine = this.#combines[table]!
    if (combine.amounts !== null) {
      const isCount = combine.amount === 'count'
      if (isCount || isAmount(value)) {
        stageKey(this.#staged, key, this.#write[table]!)
        // -0 is 0.
        if (!isCount) this.#staged.float64((value as number) + 0)
        this.#stagedKeys += 1
        return
      }
      this.leaves = true
    }
    const { count } = this
    const number = combine.find(key)
    if (number === -1) {
      combine.write(this.#keys, key)
      this.#emits[this.#keyCount] = count
      this.#ends[this.#keyCount] = this.#keys.length
      this.#keyCount += 1
    }
    this.tableNumbers[count] = table
    this.keyNumbers[count] = number
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
      const combine = this.#combines[this.tableNumbers[emit]!]!
      this.keyNumbers[emit] = combine.numberAt(buffer, start, end, this.#hashes[index]!)
      start = end
    }
  }

  /** Brings near where keys are likely to stand. */
  #touch(): void {
    for (let index = 0; index < this.#keyCount; index++) {
      const combine = this.#combines[this.tableNumbers[this.#emits[index]!]!]!
      this.#places[index] = combine.likelyPlace(this.#hashes[index]!)
    }
    let touched = 0
    for (let index = 0; index < this.#keyCount; index++) {
      const combine = this.#combines[this.tableNumbers[this.#emits[index]!]!]!
      touched ^= combine.touch(this.#places[index]!)
    }
    looked[0] = touched
  }

  /** Forgets what the record at hand has emitted. */
  drop(): void {
    this.#staged.length = this.#doneBytes
    this.#stagedKeys = this.#doneKeys
    this.#forget()
  }

  /** Forgets what is not staged, and holds no value any more. */
  #forget(): void {
    if (this.tableNumbers.length > keptMax) {
      this.tableNumbers = []
      this.keyNumbers = []
      this.values = []
      this.#emits = []
      this.#ends = []
      this.#hashes = []
      this.#places = []
    } else {
      for (let index = 0; index < this.count; index++) this.values[index] = undefined
    }
    this.count = 0
    this.leaves = false
    this.#keyCount = 0
    this.#keys.clear()
    if (this.#keys.buffer.length > keptBytesMax) this.#keys = new ByteWriter()
  }
}
