import { createInflateRaw, type InflateRaw } from 'node:zlib'
import { SourceFault } from './byte-chunks.ts'
import type { FileFeed } from './file-feed.ts'
import { type RawInflate, sayInflateFault } from './raw-inflate.ts'

/**
 * By Node's streams, as they are documented: the slow twin of `SteppedInflate`, which serves where that is not known to work.
 */
export class StreamInflate implements RawInflate {
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

  async close(): Promise<void> {
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
    const code = 'code' in error ? String(error.code) : ''
    const fromByte = this.#startByte + this.#stream.bytesWritten
    return sayInflateFault(Object.assign(error, { code }), fromByte, this.#feed.atByte)
  }
}
