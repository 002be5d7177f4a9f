import type { Amount } from '../job/index.ts'
import { RecordFileReader, type RecordFileWriter } from '../record/index.ts'
import { amountKinds } from './key-amounts.ts'
import { type FileToMerge, MergeKernel } from './merge-kernel.ts'
import { openSection, type Section, type Storage } from './storage.ts'

/** How amounts are written: for a part file, or for a spill. */
export type AmountForm = 'text' | 'value'

/**
 * A merge whose states a kernel cannot fold: one of them, or what they come to, is no safe integer. What was written is to be thrown away, and
 * the merge done without a kernel.
 */
export class ForeignState extends Error {}

/**
 * Sorted files of nothing but amounts as one stream of groups, folded and written by a WebAssembly kernel: what `Merge`, the reducers and
 * `canonicalJson` or `writeValue` come to, to the byte.
 */
export class AmountMerge {
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

  /**
   * Writes groups of the table at hand until a block is full: true, or the table has no more: false.
   *
   * @param amount what the table's states are
   * @throws {ForeignState}
   */
  write(table: number, amount: Amount, writer: RecordFileWriter, form: AmountForm): boolean {
    const kernel = this.#kernel
    kernel.exports.beginOut(writer.roomBytes)
    const kind = amountKinds[amount]
    const end = kernel.run(() => kernel.exports.mergeAmounts(table, kind, form === 'text' ? 1 : 0))
    if (end === 'foreign') throw new ForeignState()
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

function openSpill(storage: Storage, spill: Section): FileToMerge {
  const file = openSection(storage, spill)
  try {
    return { reader: new RecordFileReader(file, 'spill'), close: () => file.close() }
  } catch (error) {
    file.close()
    throw error
  }
}
