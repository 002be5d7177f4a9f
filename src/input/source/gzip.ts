import { crc32 } from 'node:zlib'
import { AheadChunks, type ByteChunks, SourceFault } from './byte-chunks.ts'
import { FileFeed } from './file-feed.ts'
import { readGzipHeader } from './gzip-header.ts'
import type { InputFile } from './input-file.ts'
import { RawInflate } from './raw-inflate.ts'
import { countBytes, decimal, hex } from './say.ts'

const trailerBytes = 8

/**
 * The bytes of a gzip file (RFC 1952) of one or more members, one after the other. CRC-32 and length of every member
 * are checked. Zeros after the last member are taken for padding (tapes and block devices leave them; gzip(1) passes
 * over them too); anything else there is an error.
 */
export function gzipChunks(file: InputFile, chunkBytes: number): ByteChunks {
  return new AheadChunks(new GzipMembers(file, chunkBytes))
}

class GzipMembers implements ByteChunks {
  readonly #feed: FileFeed
  readonly #chunkBytes: number
  readonly #fileBytes: number
  #inflate: RawInflate | null = null
  #members = 0
  #memberBytes = 0
  #memberCrc32 = 0

  constructor(file: InputFile, chunkBytes: number) {
    this.#feed = new FileFeed(file, 0, file.sizeBytes, chunkBytes)
    this.#chunkBytes = chunkBytes
    this.#fileBytes = file.sizeBytes
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#inflate === null && !(await this.#openMember())) return null
      const chunk = await this.#inflate?.next()
      if (chunk === null || chunk === undefined) await this.#endMember()
      else {
        this.#memberBytes += chunk.length
        this.#memberCrc32 = crc32(chunk, this.#memberCrc32)
        return chunk
      }
    }
  }

  async close(): Promise<void> {
    this.#inflate?.close()
  }

  /** Returns false when no member follows and that is as it should be. */
  async #openMember(): Promise<boolean> {
    if (this.#members > 0 && (await this.#onlyPaddingFollows())) return false
    await readGzipHeader(this.#feed, this.#members)
    // Files of many small members (bgzip, WARC) would spend more on output buffers than on inflating.
    const outputBytes =
      this.#members > 0 ? Math.min(this.#chunkBytes, this.#memberBytes * 2) : this.#chunkBytes
    this.#inflate = new RawInflate(this.#feed, outputBytes)
    this.#members += 1
    this.#memberBytes = 0
    this.#memberCrc32 = 0
    return true
  }

  async #endMember(): Promise<void> {
    this.#inflate?.close()
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
