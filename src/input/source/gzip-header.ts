import { crc32 } from 'node:zlib'
import { showCount } from '../../quantities.ts'
import { SourceFault } from './byte-chunks.ts'
import type { FileFeed } from './file-feed.ts'

/** Bits of the header's FLG byte (RFC 1952, 2.3.1). */
const headerCrcFlag = 0x02
const extraFlag = 0x04
const nameFlag = 0x08
const commentFlag = 0x10
const reservedFlags = 0xe0
const deflate = 8

/**
 * Reads one gzip header and leaves the feed at the compressed data.
 *
 * @param membersBefore how many members came before, for messages
 * @throws {SourceFault} `input-damaged` for anything that is not a whole, valid header; `input-unsupported` for a
 *   method or flag that RFC 1952 does not define
 */
export async function readGzipHeader(feed: FileFeed, membersBefore: number): Promise<void> {
  await new HeaderReader(feed, membersBefore).read()
}

class HeaderReader {
  readonly #feed: FileFeed
  readonly #startByte: number
  readonly #which: string
  #crc32 = 0

  constructor(feed: FileFeed, membersBefore: number) {
    this.#feed = feed
    this.#startByte = feed.atByte
    this.#which = `gzip member ${showCount(membersBefore + 1)}`
  }

  async read(): Promise<void> {
    const fixed = await this.#take(10)
    if (fixed[0] !== 0x1f || fixed[1] !== 0x8b) {
      const found = fixed.toString('hex', 0, 2)
      throw this.#damaged(`begins with 0x${found}, not with 0x1f8b: this is no gzip data`)
    }
    const method = fixed.readUInt8(2)
    const flags = fixed.readUInt8(3)
    if (method !== deflate)
      throw this.#unsupported(`is compressed with method ${method}; gzip defines only 8 (deflate)`)
    if ((flags & reservedFlags) !== 0)
      throw this.#unsupported(`has reserved flags set (0x${flags.toString(16)})`)
    if ((flags & extraFlag) !== 0) {
      const extraBytes = (await this.#take(2)).readUInt16LE(0)
      await this.#take(extraBytes)
    }
    if ((flags & nameFlag) !== 0) await this.#skipString()
    if ((flags & commentFlag) !== 0) await this.#skipString()
    if ((flags & headerCrcFlag) !== 0) {
      const computed = this.#crc32 & 0xffff
      const declared = (await this.#take(2)).readUInt16LE(0)
      if (declared !== computed)
        throw this.#damaged(`has a header whose checksum is ${computed}; the file says ${declared}`)
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    const taken = await this.#feed.need(bytes)
    if (taken === null) throw this.#cutOff()
    this.#crc32 = crc32(taken, this.#crc32)
    return taken
  }

  /** Names and comments end with a zero; they are not held, since a damaged file may have none for gigabytes. */
  async #skipString(): Promise<void> {
    for (;;) {
      const piece = await this.#feed.take()
      if (piece === null) throw this.#cutOff()
      const zeroAt = piece.indexOf(0)
      const used = zeroAt === -1 ? piece : piece.subarray(0, zeroAt + 1)
      this.#crc32 = crc32(used, this.#crc32)
      if (zeroAt === -1) continue
      this.#feed.putBack(piece.length - used.length)
      return
    }
  }

  #cutOff(): SourceFault {
    return new SourceFault(
      'input-damaged',
      `the file is cut off inside the header of ${this.#which}, which begins at byte ${showCount(this.#startByte)} of the file`,
    )
  }

  #damaged(what: string): SourceFault {
    return new SourceFault(
      'input-damaged',
      `${this.#which}, at byte ${showCount(this.#startByte)} of the file, ${what}`,
    )
  }

  #unsupported(what: string): SourceFault {
    return new SourceFault(
      'input-unsupported',
      `${this.#which}, at byte ${showCount(this.#startByte)} of the file, ${what}`,
    )
  }
}
