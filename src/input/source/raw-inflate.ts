import { createInflateRaw, type InflateRaw } from 'node:zlib'
import { SourceFault } from './byte-chunks.ts'
import type { FileFeed } from './file-feed.ts'
import { decimal } from './say.ts'

/**
 * Inflates one deflate stream (RFC 1951) from a feed, pulled chunk by chunk, and leaves the feed standing at the first
 * byte after it.
 */
export class RawInflate {
  readonly #feed: FileFeed
  readonly #stream: InflateRaw
  readonly #startByte: number
  #hungry = true
  #fedBytes = 0
  #ended = false
  #failure: Error | null = null
  #wake: (() => void) | null = null

  /** @param outputBytes size of an output chunk */
  constructor(feed: FileFeed, outputBytes: number) {
    this.#feed = feed
    this.#startByte = feed.atByte
    this.#stream = createInflateRaw({ chunkSize: Math.max(64, outputBytes) })
    this.#stream.on('readable', () => this.#wake?.())
    this.#stream.on('end', () => {
      this.#ended = true
      this.#wake?.()
    })
    this.#stream.on('close', () => this.#wake?.())
    this.#stream.on('error', (error) => {
      this.#failure = error
      this.#wake?.()
    })
  }

  /** The next chunk, an allocation of its own; null where the stream says it ends. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const chunk: unknown = this.#stream.read()
      if (chunk instanceof Buffer) return chunk
      if (this.#failure !== null) throw this.#explain(this.#failure)
      if (this.#ended) {
        this.#feed.putBack(this.#fedBytes - this.#stream.bytesWritten)
        return null
      }
      if (this.#stream.destroyed)
        throw new SourceFault('internal', 'the decompressor was closed while it was read from')
      if (this.#hungry) await this.#feedOnce()
      else await this.#somethingHappens()
    }
  }

  /** Releases the decompressor; one that is working finishes its piece first. */
  close(): void {
    this.#stream.destroy()
  }

  async #feedOnce(): Promise<void> {
    this.#hungry = false
    const piece = await this.#feed.take()
    if (piece === null) {
      this.#stream.end()
      return
    }
    this.#fedBytes += piece.length
    this.#stream.write(piece, () => {
      // Bytes it left are behind the stream's end, which is about to be told; more of them would be lost.
      this.#hungry = this.#stream.bytesWritten === this.#fedBytes
      this.#wake?.()
    })
  }

  #somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null
        resolve()
      }
    })
  }

  #explain(error: Error): SourceFault {
    if ('code' in error && error.code === 'Z_BUF_ERROR') {
      return new SourceFault(
        'input-damaged',
        `the compressed data is cut off: it should go on at byte ${decimal(this.#feed.atByte)} of the file`,
        error,
      )
    }
    return new SourceFault(
      'input-damaged',
      `the compressed data is damaged (${error.message}), between bytes ${decimal(this.#startByte + this.#stream.bytesWritten)} and ${decimal(this.#feed.atByte)} of the file`,
      error,
    )
  }
}
