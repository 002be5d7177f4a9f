import { TallymanError } from '../errors.ts'
import { countOutsideHeap, RecordFileReader, type RecordFileWriter } from '../record/index.ts'
import type { InputBytes, Storage } from './storage.ts'

/** What `merge.as` exports. */
interface MergeKernel {
  /** Its buffer is another one each time the memory has grown. */
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly out: { readonly value: number }
  readonly cursorAtHand: { readonly value: number }
  readonly taken: { readonly value: number }
  readonly groups: { readonly value: number }
  readonly written: { readonly value: number }
  readonly writtenBytes: { readonly value: number }
  readonly recordKey: { readonly value: number }
  readonly recordKeyBytes: { readonly value: number }
  readonly recordValue: { readonly value: number }
  readonly recordValueBytes: { readonly value: number }
  begin(files: number): void
  roomFor(cursor: number, bytes: number): number
  enterBlock(cursor: number, bytes: number): number
  recordsOf(cursor: number): number
  endFile(cursor: number): void
  start(): void
  refilled(): void
  tableAtHand(): number
  beginOut(roomBytes: number): void
  mergeCounts(table: number, asText: number): number
}

/** What a call of the kernel ends with, as `merge.as` numbers it. */
const ends = { end: 0, needsBlock: 1, isFull: 2, isOther: 3, isDamaged: 4, hasNoMemory: 5 } as const

/** How counts are written: for a part file, or for a spill. */
export type CountForm = 'text' | 'value'

/**
 * Sorted files of nothing but counts as one stream of groups, added up and written by a WebAssembly kernel: what `Merge`, `count()` and
 * `canonicalJson` or `writeValue` come to, to the byte.
 */
export class CountMerge {
  readonly #kernel: MergeKernel
  readonly #files: { readonly reader: RecordFileReader; readonly file: InputBytes }[] = []
  #bytes: Buffer
  #takenBytes = 0

  /**
   * Opens every file.
   *
   * @param kernel an instance of `merge.as`, which nobody else uses
   * @param names at most `mergeFilesMax`, in position order
   */
  constructor(kernel: object, storage: Storage, names: readonly string[]) {
    this.#kernel = kernel as MergeKernel
    this.#bytes = Buffer.from(this.#kernel.memory.buffer)
    this.#look()
    this.#kernel.begin(names.length)
    try {
      for (const name of names) {
        const file = storage.open(name)
        this.#files.push({ file, reader: new RecordFileReader(file, 'spill') })
        this.#refill(this.#files.length - 1)
      }
    } catch (error) {
      this.close()
      throw error
    }
    this.#kernel.start()
  }

  /** Records taken out so far. */
  get records(): number {
    return this.#kernel.taken.value
  }

  /** Groups written so far. */
  get groups(): number {
    return this.#kernel.groups.value
  }

  /** The table of the next group; -1 at the end. */
  get table(): number {
    return this.#kernel.tableAtHand()
  }

  /** Writes groups of the table at hand until a block is full: true, or the table has no more: false. */
  write(table: number, writer: RecordFileWriter, form: CountForm): boolean {
    const kernel = this.#kernel
    kernel.beginOut(writer.roomBytes)
    let end = kernel.mergeCounts(table, form === 'text' ? 1 : 0)
    for (; end === ends.needsBlock; end = kernel.mergeCounts(table, form === 'text' ? 1 : 0)) {
      this.#refill(kernel.cursorAtHand.value)
      kernel.refilled()
    }
    this.#look()
    if (end === ends.isDamaged) throw this.#damaged()
    if (end === ends.hasNoMemory) throw this.#noMemory()
    const out = kernel.out.value
    writer.appendEncoded(this.#bytes, out, out + kernel.writtenBytes.value, kernel.written.value)
    if (end !== ends.isFull) return false
    const key = kernel.recordKey.value
    const value = kernel.recordValue.value
    const bytes = this.#bytes
    writer.append(
      bytes,
      key,
      key + kernel.recordKeyBytes.value,
      bytes,
      value,
      value + kernel.recordValueBytes.value,
    )
    return true
  }

  /** Closes what is still open, and lets go of the memory. Safe more than once. */
  close(): void {
    for (const { file } of this.#files.splice(0)) file.close()
    countOutsideHeap(-this.#takenBytes)
    this.#takenBytes = 0
  }

  #refill(index: number): void {
    const kernel = this.#kernel
    const file = this.#files[index]
    if (file === undefined) throw new TallymanError('internal', `A merge has no file ${index}.`)
    const block = file.reader.nextPayload(kernel.recordsOf(index))
    if (block === null) {
      kernel.endFile(index)
      return
    }
    const at = kernel.roomFor(index, block.length)
    if (at === 0) throw this.#noMemory()
    this.#look()
    block.copy(this.#bytes, at)
    if (kernel.enterBlock(index, block.length) === 0) throw file.reader.refuseRecord()
  }

  #damaged(): TallymanError {
    const file = this.#files[this.#kernel.cursorAtHand.value]
    return file?.reader.refuseRecord() ?? new TallymanError('internal', 'A merge has no file.')
  }

  #noMemory(): TallymanError {
    return new TallymanError('out-of-memory', 'The system gives a merge of spills no more memory.', {
      wayOut: 'Give the run fewer workers (--workers) or less memory (--memory).',
    })
  }

  /** Looks at the memory, which may have grown. */
  #look(): void {
    const { buffer } = this.#kernel.memory
    if (buffer.byteLength === this.#takenBytes) return
    countOutsideHeap(buffer.byteLength - this.#takenBytes)
    this.#takenBytes = buffer.byteLength
    this.#bytes = Buffer.from(buffer)
  }
}
