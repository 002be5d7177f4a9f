import { RecordFileReader, type RecordFileWriter } from '../record/index.ts'
import { type MergedFile, MergeKernel } from './merge-kernel.ts'
import { openSection, type Section, type Storage } from './storage.ts'

/** How counts are written: for a part file, or for a spill. */
export type CountForm = 'text' | 'value'

/**
 * Sorted files of nothing but counts as one stream of groups, added up and written by a WebAssembly kernel: what `Merge`, `count()` and
 * `canonicalJson` or `writeValue` come to, to the byte.
 */
export class CountMerge {
  readonly #kernel: MergeKernel

  /** Opens every file. Arguments are those of `MergeKernel`. */
  constructor(exports: object, storage: Storage, spills: readonly Section[]) {
    this.#kernel = new MergeKernel(
      exports,
      spills.map((spill) => () => openSpill(storage, spill)),
    )
  }

  /** Records taken out so far. */
  get records(): number {
    return this.#kernel.exports.taken.value
  }

  /** Groups written so far. */
  get groups(): number {
    return this.#kernel.exports.groups.value
  }

  /** The table of the next group; -1 at the end. */
  get table(): number {
    return this.#kernel.exports.tableAtHand()
  }

  /** Writes groups of the table at hand until a block is full: true, or the table has no more: false. */
  write(table: number, writer: RecordFileWriter, form: CountForm): boolean {
    const kernel = this.#kernel
    kernel.exports.beginOut(writer.roomBytes)
    const end = kernel.run(() => kernel.exports.mergeCounts(table, form === 'text' ? 1 : 0))
    const { bytes, start, end: endByte, records } = kernel.written
    writer.appendEncoded(bytes, start, endByte, records)
    if (end !== 'full') return false
    // What did not fit begins a block, or is one by itself.
    const { keyStart, keyEnd, valueStart, valueEnd } = kernel.record
    writer.append(bytes, keyStart, keyEnd, bytes, valueStart, valueEnd)
    return true
  }

  /** Closes what is still open, and lets go of the memory. Safe more than once. */
  close(): void {
    this.#kernel.close()
  }
}

function openSpill(storage: Storage, spill: Section): MergedFile {
  const file = openSection(storage, spill)
  try {
    return { reader: new RecordFileReader(file, 'spill'), close: () => file.close() }
  } catch (error) {
    file.close()
    throw error
  }
}
