import { TallymanError } from '../errors.ts'
import { countOutsideHeap, type RecordFileReader } from '../record/index.ts'

/** A number that a kernel exports. */
interface Exported {
  readonly value: number
}

/** What `merge.as` exports. */
interface MergeExports {
  /** Its buffer is another one each time the memory has grown. */
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly out: Exported
  readonly filesMax: Exported
  readonly cursorAtHand: Exported
  readonly taken: Exported
  readonly groups: Exported
  readonly written: Exported
  readonly writtenBytes: Exported
  readonly recordKey: Exported
  readonly recordKeyBytes: Exported
  readonly recordValue: Exported
  readonly recordValueBytes: Exported
  begin(files: number): void
  roomFor(cursor: number, bytes: number): number
  enterBlock(cursor: number, bytes: number): number
  recordsOf(cursor: number): number
  endFile(cursor: number): void
  start(): void
  refilled(): void
  tableAtHand(): number
  beginOut(roomBytes: number): void
  mergeAmounts(table: number, kind: number, asText: number): number
  mergeRows(): number
}

/** What a call of the kernel ends with, as `merge.as` numbers it. */
const ends = {
  end: 0,
  needsBlock: 1,
  isFull: 2,
  isOther: 3,
  isDamaged: 4,
  hasNoMemory: 5,
  isForeign: 7,
} as const

/**
 * What a step of a merge ends with: nothing is left, `out` is full, the record at hand is for the host to write, or this merge cannot be done
 * here.
 */
export type StepEnd = 'end' | 'full' | 'other' | 'foreign'

/** A file to be merged; `MergeKernel` closes it. */
export interface FileToMerge {
  readonly reader: RecordFileReader
  close(): void
}

/** Where a record stands in the kernel's memory. */
export interface PlacedRecord {
  readonly bytes: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** Sorted record files, as an instance of `merge.as` merges them: gives it their blocks, and takes what it has written. */
export class MergeKernel {
  readonly exports: MergeExports
  readonly #files: FileToMerge[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #takenBytes = 0

  /**
   * Opens every file.
   *
   * @param exports of an instance of `merge.as` that nobody else uses
   * @param files opens each of at most `filesMax` of the kernel, in position order
   */
  constructor(exports: object, files: readonly (() => FileToMerge)[]) {
    this.exports = exports as MergeExports
    // Beyond that it would write over its own tree, and lose records without a word.
    if (files.length > this.exports.filesMax.value)
      throw new TallymanError('internal', `A merge of ${files.length} files was asked of a kernel.`)
    this.#look()
    this.exports.begin(files.length)
    try {
      files.forEach((open, index) => {
        this.#files.push(open())
        this.#refill(index)
      })
    } catch (error) {
      this.close()
      throw error
    }
    this.exports.start()
  }

  /** Calls the kernel until something has been written or is to be written. */
  run(step: () => number): StepEnd {
    let end = step()
    for (; end === ends.needsBlock; end = step()) {
      this.#refill(this.exports.cursorAtHand.value)
      this.exports.refilled()
    }
    this.#look()
    if (end === ends.isDamaged) throw this.#fileAtHand().reader.refuseRecord()
    if (end === ends.hasNoMemory) throw noMemory()
    if (end === ends.isForeign) return 'foreign'
    return end === ends.end ? 'end' : end === ends.isFull ? 'full' : 'other'
  }

  /** What has been written: whole records or lines, and how many. */
  get written(): {
    readonly bytes: Buffer
    readonly start: number
    readonly end: number
    readonly records: number
  } {
    const { out, written, writtenBytes } = this.exports
    const start = out.value
    return { bytes: this.#bytes, start, end: start + writtenBytes.value, records: written.value }
  }

  /** The record that is for the host to write. */
  get record(): PlacedRecord {
    const { recordKey, recordKeyBytes, recordValue, recordValueBytes } = this.exports
    const [keyStart, valueStart] = [recordKey.value, recordValue.value]
    return {
      bytes: this.#bytes,
      keyStart,
      keyEnd: keyStart + recordKeyBytes.value,
      valueStart,
      valueEnd: valueStart + recordValueBytes.value,
    }
  }

  /** Closes what is still open, and lets go of the memory. Safe more than once. */
  close(): void {
    for (const file of this.#files.splice(0)) file.close()
    countOutsideHeap(-this.#takenBytes)
    this.#takenBytes = 0
  }

  #refill(index: number): void {
    const { exports } = this
    const { reader } = this.#files[index]!
    const block = reader.nextPayload(exports.recordsOf(index))
    if (block === null) {
      exports.endFile(index)
      return
    }
    const at = exports.roomFor(index, block.length)
    if (at === 0) throw noMemory()
    this.#look()
    block.copy(this.#bytes, at)
    if (exports.enterBlock(index, block.length) === 0) throw reader.refuseRecord()
  }

  #fileAtHand(): FileToMerge {
    return this.#files[this.exports.cursorAtHand.value]!
  }

  /** Looks at the memory, which may have grown. */
  #look(): void {
    const { buffer } = this.exports.memory
    if (buffer.byteLength === this.#takenBytes) return
    countOutsideHeap(buffer.byteLength - this.#takenBytes)
    this.#takenBytes = buffer.byteLength
    this.#bytes = Buffer.from(buffer)
  }
}

function noMemory(): TallymanError {
  return new TallymanError('out-of-memory', 'The system gives a merge of files no more memory.', {
    wayOut: 'Give the run fewer workers (--workers) or less memory (--memory).',
  })
}
