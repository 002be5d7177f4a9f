import { crc32 } from 'node:zlib'
import type { GzipPart } from '../split.ts'
import { AheadChunks, type ByteChunks, SourceFault } from './byte-chunks.ts'
import { FileFeed } from './file-feed.ts'
import { GzipBlocks } from './gzip-blocks.ts'
import { readGzipHeader } from './gzip-header.ts'
import { trailerBytes } from './gzip-member.ts'
import type { InputFile } from './input-file.ts'
import { openInflate } from './open-inflate.ts'
import type { RawInflate } from './raw-inflate.ts'
import { countBytes, decimal, hex } from './say.ts'

/** What a chunk of a member holds at least, however small the member before it was. */
const outputBytesMin = 16_384

/**
 * The bytes of a gzip file (RFC 1952) of one or more members, one after the other. CRC-32 and length of every member
 * are checked. Zeros after the last member are taken for padding (tapes and block devices leave them; gzip(1) passes
 * over them too); anything else there is an error.
 *
 * Of a part of a file, the bytes go on beyond its end, for its last line; `finish` checks what is before it. It is an error when the
 * part's end is not between two members, or not where the plan has it in the data.
 */
export function gzipChunks(file: InputFile, part: GzipPart, chunkBytes: number): ByteChunks {
  return new AheadChunks(new GzipMembers(file, part, chunkBytes))
}

class GzipMembers implements ByteChunks {
  readonly #feed: FileFeed
  readonly #part: GzipPart
  readonly #chunkBytes: number
  readonly #fileBytes: number
  readonly #blocks: GzipBlocks
  #inflate: RawInflate | null = null
  /** Members so far, with those before the part. */
  #members: number
  /** What the members before the one at hand hold. */
  #dataByte: number
  /** What the member at hand holds, as far as it was read, or the last one. */
  #memberBytes: number
  #memberCrc32 = 0
  /** Everything before the part's end was read and checked. */
  #isPast = false

  constructor(file: InputFile, part: GzipPart, chunkBytes: number) {
    this.#feed = new FileFeed(file, part.start?.byte ?? 0, file.sizeBytes, chunkBytes)
    this.#part = part
    this.#chunkBytes = chunkBytes
    this.#fileBytes = file.sizeBytes
    this.#blocks = new GzipBlocks(this.#feed, chunkBytes)
    this.#members = part.start?.members ?? 0
    this.#dataByte = part.start?.dataByte ?? 0
    this.#memberBytes = chunkBytes
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#inflate === null) {
        const blocks = await this.#nextBlocks()
        if (blocks !== null) return blocks
        if (!(await this.#openMember())) return null
      }
      const chunk = await this.#inflate?.next()
      if (chunk === null || chunk === undefined) await this.#endMember()
      else {
        this.#memberBytes += chunk.length
        this.#memberCrc32 = crc32(chunk, this.#memberCrc32)
        return chunk
      }
    }
  }

  async finish(): Promise<void> {
    while (!this.#isPast && (await this.next()) !== null);
  }

  async close(): Promise<void> {
    await this.#inflate?.close()
    await this.#feed.close()
  }

  /** The blocks of bgzip that come next, as many as a chunk holds; null where there is none that is as it should be. */
  async #nextBlocks(): Promise<Buffer | null> {
    this.#checkEnd()
    const end = this.#part.end?.byte ?? null
    const blocks = await this.#blocks.next(this.#isPast ? null : end)
    if (blocks === null) return null
    this.#members += blocks.members
    this.#dataByte += blocks.data.length
    this.#memberBytes = blocks.lastBytes
    return blocks.data.length === 0 ? await this.#nextBlocks() : blocks.data
  }

  /** The plan was made without inflating: here is where it must turn out true. */
  #checkEnd(): void {
    const { end } = this.#part
    if (end === null || this.#isPast || this.#feed.atByte < end.byte) return
    const { atByte } = this.#feed
    if (atByte !== end.byte || this.#members !== end.members || this.#dataByte !== end.dataByte) {
      throw new SourceFault(
        'input-damaged',
        `gzip member ${decimal(end.members + 1)} should begin at byte ${decimal(end.byte)} of the file, after ${countBytes(end.dataByte)} of data; ` +
          `member ${decimal(this.#members + 1)} begins at byte ${decimal(atByte)}, after ${countBytes(this.#dataByte)}`,
      )
    }
    this.#isPast = true
  }

  /** Returns false when no member follows and that is as it should be. */
  async #openMember(): Promise<boolean> {
    if (this.#members > 0 && (await this.#onlyPaddingFollows())) return false
    await readGzipHeader(this.#feed, this.#members)
    // Files of many small members (bgzip, WARC) would spend more on output buffers than on inflating.
    const outputBytes = Math.max(outputBytesMin, this.#memberBytes * 2)
    this.#inflate = openInflate(this.#feed, Math.min(this.#chunkBytes, outputBytes))
    this.#members += 1
    this.#memberBytes = 0
    this.#memberCrc32 = 0
    return true
  }

  async #endMember(): Promise<void> {
    await this.#inflate?.close()
    this.#inflate = null
    const trailer = await this.#feed.need(trailerBytes)
    const which = `gzip member ${decimal(this.#members)}`
    if (trailer === null) {
      throw new SourceFault(
        'input-damaged',
        `the file is cut off: it ends at its byte ${decimal(this.#fileBytes)}, inside the checksum of ${which}`,
      )
    }
    const crc = trailer.readUInt32LE(0)
    const length = trailer.readUInt32LE(4)
    if (crc !== this.#memberCrc32) {
      throw new SourceFault(
        'input-damaged',
        `${which} has CRC-32 ${hex(this.#memberCrc32)}; the file says ${hex(crc)}`,
      )
    }
    if (length !== this.#memberBytes % 2 ** 32) {
      throw new SourceFault(
        'input-damaged',
        `${which} holds ${countBytes(this.#memberBytes)}; the file says ${decimal(length)} (modulo 2^32)`,
      )
    }
    this.#dataByte += this.#memberBytes
  }

  /** Looks at what follows a member: nothing or zeros end the file, the first byte of a header begins another one. */
  async #onlyPaddingFollows(): Promise<boolean> {
    const afterByte = this.#feed.atByte
    let piece = await this.#feed.take()
    if (piece === null) return true
    if (piece[0] === 0x1f) {
      this.#feed.putBack(piece.length)
      return false
    }
    while (piece !== null) {
      if (piece.some((byte) => byte !== 0)) {
        throw new SourceFault(
          'input-damaged',
          `after gzip member ${decimal(this.#members)}, from byte ${decimal(afterByte)} of the file, come ${countBytes(this.#fileBytes - afterByte)} that are neither another member nor padding with zeros`,
        )
      }
      piece = await this.#feed.take()
    }
    return true
  }
}
