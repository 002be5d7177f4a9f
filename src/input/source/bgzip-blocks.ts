import type { FileFeed } from './file-feed.ts'
import { bgzipBlockBytes, bgzipHeaderBytes, trailerBytes } from './gzip-member.ts'
import { inflateExactly } from './inflate-exactly.ts'

/** Some members of a gzip file, whole and checked. */
interface Gathered {
  /** What they hold; an allocation of its own. */
  readonly data: Buffer
  readonly members: number
  /** What the last of them holds. */
  readonly lastBytes: number
}

/** A block holds at most so much, and so much is what most hold. */
const bgzipDataBytesMax = 65_536

/**
 * The members of a gzip file that bgzip writes: small, each of them saying how long it is. They are inflated in one call each and gathered
 * into chunks, since a decompressor of its own for each would cost as much as inflating does. One that is not as it should be
 * is left in the feed for the long way, which tells what is wrong with it. A `GzipBlock` (`../split.ts`) is another thing: a block of deflate
 * inside of a member.
 */
export class BgzipBlocks {
  readonly #feed: FileFeed
  readonly #chunkBytes: number

  constructor(feed: FileFeed, chunkBytes: number) {
    this.#feed = feed
    this.#chunkBytes = chunkBytes
  }

  /**
   * The next blocks, until a chunk is full; null where what comes next is no such block.
   *
   * @param endByte a place in the file that is not read beyond; null for none
   */
  async next(endByte: number | null): Promise<Gathered | null> {
    const pieces: Buffer[] = []
    let bytes = 0
    let piece = await this.#bgzipBlock(endByte)
    if (piece === null) return null
    let lastBytes = 0
    do {
      pieces.push(piece)
      bytes += piece.length
      lastBytes = piece.length
      if (bytes + bgzipDataBytesMax > this.#chunkBytes) break
      piece = await this.#bgzipBlock(endByte)
    } while (piece !== null)
    return {
      data: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces),
      members: pieces.length,
      lastBytes,
    }
  }

  async #bgzipBlock(endByte: number | null): Promise<Buffer | null> {
    if (this.#feed.atByte === endByte) return null
    const header = await this.#feed.need(bgzipHeaderBytes)
    if (header === null) return null
    const length = bgzipBlockBytes(header, 0)
    this.#feed.putBack(bgzipHeaderBytes)
    if (length === null) return null
    const block = await this.#feed.need(length)
    if (block === null) return null
    const data = inflateBgzipBlock(block)
    if (data === null) this.#feed.putBack(length)
    return data
  }
}

/** Null for a block that is not exactly what its trailer says. */
function inflateBgzipBlock(block: Buffer): Buffer | null {
  const trailer = block.length - trailerBytes
  const dataBytes = block.readUInt32LE(trailer + 4)
  if (dataBytes > bgzipDataBytesMax) return null
  return inflateExactly(block.subarray(bgzipHeaderBytes, trailer), dataBytes, block.readUInt32LE(trailer))
}
