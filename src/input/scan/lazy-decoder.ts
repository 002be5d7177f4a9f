import type { Decoder, noRecord } from '../../job/index.ts'
import type { Kernel } from './kernel.ts'
import { lazyRecord, type Source } from './lazy-record.ts'
import type { Projection } from './projection.ts'

const openingBrace = 0x7b
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
    this.#source.projection.enterChunk(chunk)
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
