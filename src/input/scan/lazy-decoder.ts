import { getHeapStatistics } from 'node:v8'
import type { Decoder, noRecord } from '../../job/index.ts'
import { outsideHeapBytes } from '../../record/index.ts'
import { type Kernel, wordsPerRow, wordsPerValue } from './kernel.ts'
import {
  type DecoderParts,
  lazyRecord,
  type RecordChunk,
  ScannedRecord,
  type ViewMaker,
} from './lazy-record.ts'
import type { Projection } from './projection.ts'

const openingBrace = 0x7b
const newline = 0x0a
const carriageReturn = 0x0d
const noChunk = Buffer.alloc(0)
/**
 * A record that the map keeps without having used it as a whole keeps its chunk. When so much is held beside the heap as
 * only kept chunks can explain, records are plain from then on. The collector frees chunks nobody holds long before. (Weak
 * references to chunks would tell more, and keep each one until a full collection: five times the memory.)
 */
const heldBytesMax = 96 * 1024 * 1024

/** Lines that are scanned ahead: few while names are learnt, since what is learnt makes them be scanned again. */
const linesFirst = 4
const linesMost = 512

/**
 * Scans lines with the kernel, many at a time, and gives lazy records. Its slow twin, a decoder of whole records, gets every line
 * that crosses chunks, is no object, or that the kernel is not sure of: so it alone says what is rejected, and why.
 */
export class LazyDecoder<T> implements Decoder<T> {
  readonly #parts: DecoderParts
  readonly #whole: Decoder<T>
  readonly #View: ViewMaker | null
  readonly #mayReadLater: boolean
  #chunk: Buffer = noChunk
  #recordChunk: RecordChunk = { bytes: noChunk }
  /** Which rows of the kernel are those of lines to come: its words `[row, rowsEnd)`, as long as it has filled them for nothing else. */
  #row = 0
  #rowsEnd = 0
  #stride = 0
  #filling = -1
  #version = -1
  #lines = linesFirst

  /**
   * @param views makes records for a map that only reads them by name; null where it may do anything with them
   * @param mayReadLater whether it may read them when it has returned
   */
  constructor(
    whole: Decoder<T>,
    kernel: Kernel,
    projection: Projection,
    views: ViewMaker | null = null,
    mayReadLater = true,
  ) {
    this.#whole = whole
    this.#parts = { kernel, whole, projection, isChunkHeld: false }
    this.#View = views
    this.#mayReadLater = mayReadLater
  }

  enterChunk(chunk: Buffer): void {
    this.#chunk = chunk
    this.#recordChunk = { bytes: chunk }
    this.#parts.isChunkHeld = false
    this.#filling = -1
    const heldBytes = getHeapStatistics().external_memory - outsideHeapBytes()
    this.#parts.projection.nextChunk(heldBytes > heldBytesMax)
  }

  leaveChunk(): boolean {
    if (this.#mayReadLater || this.#parts.isChunkHeld) return false
    // By all that can be told, no view is read from now on; where one is after all, it must be seen.
    this.#recordChunk.bytes = null
    this.#parts.kernel.forget()
    return true
  }

  /** Whoever cuts the chunk asks this first: so lines are scanned here, many at once, and `decode` finds them scanned. */
  lineEnd(start: number): number {
    const { kernel, projection } = this.#parts
    projection.settle()
    if (projection.isGivenUp) return this.#chunk.indexOf(newline, start)
    const row = this.#rowOf(start)
    return row === -1 ? -1 : (kernel.rows[row + 1] ?? 0)
  }

  decode(bytes: Buffer, start: number, end: number): T | typeof noRecord {
    const { kernel, projection } = this.#parts
    if (bytes !== this.#chunk || projection.isGivenUp) return this.#whole.decode(bytes, start, end)
    projection.nextRecord()
    const row = this.#rowOf(start)
    if (row !== -1 && this.#isLineEnd(kernel.rows[row + 1] ?? 0, end)) {
      this.#row = row + this.#stride
      if (kernel.rows[row + 2] === 0) return this.#whole.decode(bytes, start, end)
      return this.#record(row, start, end)
    }
    this.#filling = -1
    if (bytes[start] !== openingBrace) return this.#whole.decode(bytes, start, end)
    if (!kernel.scanLine(bytes, start, end, projection)) return this.#whole.decode(bytes, start, end)
    return this.#record(0, start, end)
  }

  #record(row: number, start: number, end: number): T {
    const View = this.#View
    const chunk = this.#recordChunk
    if (View === null) return lazyRecord(this.#parts, row, chunk, start, end) as T
    return new View(new ScannedRecord(this.#parts, row, chunk, start, end, null), null) as T
  }

  /** The row of the line that begins at `start`; -1 where no newline follows. */
  #rowOf(start: number): number {
    const { kernel, projection } = this.#parts
    if (this.#filling === kernel.filling && this.#version === projection.version) {
      const { rows } = kernel
      // Of a line that was not decoded, as one that is too long, the row is passed over.
      while (this.#row < this.#rowsEnd && (rows[this.#row] ?? start) < start) this.#row += this.#stride
      if (this.#row < this.#rowsEnd && rows[this.#row] === start) return this.#row
    }
    if (this.#version !== projection.version) this.#lines = linesFirst
    const lines = kernel.scanLines(this.#chunk, start, projection, this.#lines)
    this.#lines = Math.min(this.#lines * 2, linesMost)
    this.#row = 0
    this.#stride = wordsPerRow + projection.edges.length * wordsPerValue
    this.#rowsEnd = lines * this.#stride
    this.#filling = kernel.filling
    this.#version = projection.version
    return lines === 0 ? -1 : 0
  }

  /** Whether a line whose newline is there ends at `end`, with a carriage return before its newline or without. */
  #isLineEnd(newlineAt: number, end: number): boolean {
    return newlineAt === end || (newlineAt === end + 1 && this.#chunk[end] === carriageReturn)
  }
}
