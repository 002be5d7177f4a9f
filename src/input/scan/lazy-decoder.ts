import { getHeapStatistics } from 'node:v8'
import type { Decoder, noRecord } from '../../job/index.ts'
import { outsideHeapBytes } from '../../record/index.ts'
import type { Kernel } from './kernel.ts'
import { lazyRecord, type Source } from './lazy-record.ts'
import type { Projection } from './projection.ts'

const openingBrace = 0x7b
/**
 * A record that the map keeps without having used it as a whole keeps its chunk. When so much is held beside the heap as
 * only kept chunks can explain, records are plain from then on. The collector frees chunks nobody holds long before. (Weak
 * references to chunks would tell more, and keep each one until a full collection: five times the memory.)
 */
const heldBytesMax = 96 * 1024 * 1024

/**
 * Scans lines with the kernel and gives lazy records. Its slow twin, a decoder of whole records, gets every line that
 * crosses chunks, is no object, or that the kernel is not sure of: so it alone says what is rejected, and why.
 */
export class LazyDecoder<T> implements Decoder<T> {
  readonly #source: Source
  readonly #whole: Decoder<T>
  #chunk: Buffer | null = null

  constructor(whole: Decoder<T>, kernel: Kernel, projection: Projection) {
    this.#whole = whole
    this.#source = { kernel, whole, projection }
  }

  enterChunk(chunk: Buffer): void {
    this.#chunk = chunk
    const heldBytes = getHeapStatistics().external_memory - outsideHeapBytes()
    this.#source.projection.nextChunk(heldBytes > heldBytesMax)
  }

  decode(bytes: Buffer, start: number, end: number): T | typeof noRecord {
    const { kernel, projection } = this.#source
    if (bytes !== this.#chunk || bytes[start] !== openingBrace || projection.isGivenUp)
      return this.#whole.decode(bytes, start, end)
    projection.nextRecord()
    if (!kernel.scan(bytes, start, end, projection)) return this.#whole.decode(bytes, start, end)
    return lazyRecord(this.#source, bytes, start, end) as T
  }
}
