import type { Decoder } from '../../job/index.ts'
import { decodeUtf8 } from '../decode/utf8.ts'
import { type Kernel, lineKinds, wordsPerRow } from './kernel.ts'

/** Lines that are looked at together. */
const linesMost = 1024

const noChunk = Buffer.alloc(0)

/**
 * Lines of text, as `decodeUtf8` decodes them. The kernel finds where many of them end, and which are ASCII or other UTF-8, so that
 * each costs one call; what crosses chunks, and what the kernel is not sure of, is left to `decodeUtf8`.
 */
export class TextLines implements Decoder<string> {
  readonly #kernel: Kernel
  #chunk: Buffer = noChunk
  /** Which rows of the kernel are those of lines to come, as long as it has filled them for nothing else. */
  #row = 0
  #rowsEnd = 0
  #filling = -1

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  enterChunk(chunk: Buffer): void {
    this.#chunk = chunk
    this.#filling = -1
  }

  leaveChunk(): boolean {
    return true
  }

  lineEnd(start: number): number {
    const kernel = this.#kernel
    if (!this.#isAtHand(start)) {
      this.#rowsEnd = wordsPerRow * kernel.textLines(this.#chunk, start, linesMost)
      this.#row = 0
      this.#filling = kernel.filling
    }
    return this.#row < this.#rowsEnd ? (kernel.rows[this.#row + 1] ?? 0) : -1
  }

  decode(bytes: Buffer, start: number, end: number): string {
    const kind = this.#kindOf(bytes, start, end)
    if (kind === lineKinds.ascii) return this.#kernel.latin1(start, end)
    if (kind === lineKinds.wide) return this.#kernel.utf8(start, end)
    return decodeUtf8(bytes, start, end)
  }

  /** What is known of the line whose end was asked for last; the row is then that of the next. */
  #kindOf(bytes: Buffer, start: number, end: number): number {
    if (bytes !== this.#chunk || !this.#isAtHand(start)) return lineKinds.unsure
    const { rows } = this.#kernel
    const row = this.#row
    this.#row += wordsPerRow
    return end <= (rows[row + 1] ?? 0) ? (rows[row + 2] ?? lineKinds.unsure) : lineKinds.unsure
  }

  /** Whether the row at hand is that of the line that begins at `start`. Of lines that were not decoded, rows are passed over. */
  #isAtHand(start: number): boolean {
    const { filling, rows } = this.#kernel
    if (this.#filling !== filling) return false
    while (this.#row < this.#rowsEnd && (rows[this.#row] ?? start) < start) this.#row += wordsPerRow
    return this.#row < this.#rowsEnd && rows[this.#row] === start
  }
}
