import { crc32 } from 'node:zlib'
import { showCount } from '../../quantities.ts'
import type { GzipCut, GzipPart } from '../split.ts'
import { BgzipBlocks } from './bgzip-blocks.ts'
import { AheadChunks, type ByteChunks, SourceFault } from './byte-chunks.ts'
import { inflaterAt } from './deflate-restart.ts'
import { FileFeed } from './file-feed.ts'
import { readGzipHeader } from './gzip-header.ts'
import { readWindow } from './gzip-index.ts'
import { GzipIndexer, type IndexOrder } from './gzip-indexer.ts'
import { trailerBytes } from './gzip-member.ts'
import { canInflateInSteps } from './inflater.ts'
import { openInflate } from './open-inflate.ts'
import type { OpenedFile } from './opened-file.ts'
import type { RawInflate } from './raw-inflate.ts'
import { countBytes, hex } from './say.ts'
import { SteppedInflate } from './stepped-inflate.ts'

/** What a chunk of a member holds at least, however small the member before it was. */
const outputBytesMin = 16_384

/** How a gzip file is read. */
export interface GzipOptions {
  /** Longest chunk. */
  readonly chunkBytes: number
  /** The file of the index that the part has its cuts from; where it has them from none, it is not looked at. */
  readonly indexFile?: string
  /** Has an index written; of a whole file only. */
  readonly index?: IndexOrder | null
}

/**
 * The bytes of a gzip file (RFC 1952) of one or more members, one after the other. CRC-32 and length of every member
 * are checked. Zeros after the last member are taken for padding (tapes and block devices leave them; gzip(1) passes
 * over them too); anything else there is an error.
 *
 * Of a part of a file, the bytes go on beyond its end, for its last line; `finish` checks what is before it. It is an error when the
 * part's end is not where the plan has it in the data, or what is before it has not the CRC-32 that it should have there.
 *
 * @throws {SourceFault} `input-damaged` where a part cannot be begun at its start
 */
export async function gzipChunks(
  file: OpenedFile,
  part: GzipPart,
  options: GzipOptions,
): Promise<ByteChunks> {
  const members = new GzipMembers(file, part, options)
  try {
    await members.begin(options.indexFile ?? '')
    return new AheadChunks(members)
  } catch (error) {
    await members.close()
    throw error
  }
}

class GzipMembers implements ByteChunks {
  readonly #feed: FileFeed
  readonly #part: GzipPart
  readonly #chunkBytes: number
  readonly #fileBytes: number
  readonly #bgzipBlocks: BgzipBlocks
  readonly #indexer: GzipIndexer | null
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

  constructor(file: OpenedFile, part: GzipPart, { chunkBytes, index = null }: GzipOptions) {
    const { start } = part
    this.#feed = new FileFeed(file, startByteOf(start), file.sizeBytes, chunkBytes)
    this.#part = part
    this.#chunkBytes = chunkBytes
    this.#fileBytes = file.sizeBytes
    this.#bgzipBlocks = new BgzipBlocks(this.#feed, chunkBytes)
    this.#members = start?.members ?? 0
    this.#dataByte = start?.dataByte ?? 0
    this.#memberBytes = chunkBytes
    this.#indexer = index !== null && canInflateInSteps() ? new GzipIndexer(file, index) : null
  }

  /** Goes to where the part begins, where that is in the middle of a member. REQUIRES: nothing was read. */
  async begin(indexFile: string): Promise<void> {
    const { start } = this.#part
    const block = start?.block
    if (start === null || block === undefined) return
    if (!canInflateInSteps())
      throw new SourceFault(
        'input-damaged',
        'this version of Node cannot begin in the middle of a gzip member',
      )
    const window = readWindow(indexFile, block)
    const byteBefore = (await this.#feed.need(1))?.[0] ?? 0
    this.#inflate = new SteppedInflate(
      this.#feed,
      this.#chunkBytes,
      inflaterAt(window, block.bits, byteBefore),
      { ownBytes: this.#ownBytes() },
    )
    this.#members = start.members + 1
    this.#memberBytes = block.memberBytes
    this.#memberCrc32 = block.memberCrc32
    this.#dataByte = start.dataByte - block.memberBytes
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#inflate === null) {
        const blocks = await this.#nextBgzipBlocks()
        if (blocks !== null) return blocks
        if (!(await this.#openMember())) return this.#endFile()
      }
      const chunk = await this.#inflate?.next()
      if (chunk === null || chunk === undefined) await this.#endMember()
      else return await this.#pass(chunk)
    }
  }

  giveBack(chunk: Buffer): void {
    this.#inflate?.giveBack?.(chunk)
  }

  async finish(): Promise<void> {
    while (!this.#isPast && (await this.next()) !== null);
  }

  async close(): Promise<void> {
    this.#indexer?.close()
    await this.#inflate?.close()
    await this.#feed.close()
  }

  /** Takes note of a chunk of the member at hand. */
  async #pass(chunk: Buffer): Promise<Buffer> {
    const crc32Before = this.#memberCrc32
    this.#memberBytes += chunk.length
    this.#memberCrc32 = crc32(chunk, crc32Before)
    this.#checkBlockEnd(chunk, crc32Before)
    await this.#indexer?.pass(chunk, {
      dataByte: this.#dataByte + this.#memberBytes,
      members: this.#members - 1,
      memberBytes: this.#memberBytes,
      memberCrc32: this.#memberCrc32,
      boundaryByte: this.#inflate instanceof SteppedInflate ? this.#inflate.boundaryByte : null,
    })
    return chunk
  }

  /** Where the part ends in the middle of a member: what the index says of that place must be true. */
  #checkBlockEnd(chunk: Buffer, crc32Before: number): void {
    const { end } = this.#part
    if (end?.block === undefined || this.#isPast) return
    const beyond = this.#dataByte + this.#memberBytes - end.dataByte
    if (beyond < 0) return
    const own = chunk.subarray(0, Math.max(0, chunk.length - beyond))
    const isTrue =
      this.#members === end.members + 1 &&
      end.dataByte - this.#dataByte === end.block.memberBytes &&
      crc32(own, crc32Before) === end.block.memberCrc32
    if (!isTrue) throw this.#otherThanIndexed(end)
    this.#isPast = true
  }

  #otherThanIndexed({ dataByte }: GzipCut): SourceFault {
    return new SourceFault(
      'input-damaged',
      `the data before its byte ${showCount(dataByte)} is not what the index of the file says`,
    )
  }

  #endFile(): null {
    const { end } = this.#part
    if (end !== null && !this.#isPast) throw this.#otherThanIndexed(end)
    this.#indexer?.finish(this.#dataByte)
    return null
  }

  /** The blocks of bgzip that come next, as many as a chunk holds; null where there is none that is as it should be. */
  async #nextBgzipBlocks(): Promise<Buffer | null> {
    this.#checkEnd()
    if (this.#members > 0) this.#indexer?.beginMember(this.#place())
    const end = this.#part.end?.byte ?? null
    const blocks = await this.#bgzipBlocks.next(this.#isPast ? null : end)
    if (blocks === null) return null
    this.#members += blocks.members
    this.#dataByte += blocks.data.length
    this.#memberBytes = blocks.lastBytes
    return blocks.data.length === 0 ? await this.#nextBgzipBlocks() : blocks.data
  }

  /** Data of the part that is still to come. REQUIRES: no member is at hand. */
  #ownBytes(): number {
    return (this.#part.end?.dataByte ?? Number.POSITIVE_INFINITY) - this.#dataByte
  }

  #place(): GzipCut {
    return { byte: this.#feed.atByte, dataByte: this.#dataByte, members: this.#members }
  }

  /** The plan was made without inflating: here is where it must turn out true. */
  #checkEnd(): void {
    const { end } = this.#part
    if (end === null || this.#isPast || this.#feed.atByte < end.byte) return
    if (end.block !== undefined) throw this.#otherThanIndexed(end)
    const { atByte } = this.#feed
    if (atByte !== end.byte || this.#members !== end.members || this.#dataByte !== end.dataByte) {
      throw new SourceFault(
        'input-damaged',
        `gzip member ${showCount(end.members + 1)} should begin at byte ${showCount(end.byte)} of the file, after ${countBytes(end.dataByte)} of data; ` +
          `member ${showCount(this.#members + 1)} begins at byte ${showCount(atByte)}, after ${countBytes(this.#dataByte)}`,
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
    this.#inflate = openInflate(this.#feed, Math.min(this.#chunkBytes, outputBytes), {
      ownBytes: this.#ownBytes(),
      spacing: this.#indexer,
    })
    this.#members += 1
    this.#memberBytes = 0
    this.#memberCrc32 = 0
    return true
  }

  async #endMember(): Promise<void> {
    await this.#indexer?.endMember()
    await this.#inflate?.close()
    this.#inflate = null
    const trailer = await this.#feed.need(trailerBytes)
    const which = `gzip member ${showCount(this.#members)}`
    if (trailer === null) {
      throw new SourceFault(
        'input-damaged',
        `the file is cut off: it ends at its byte ${showCount(this.#fileBytes)}, inside the checksum of ${which}`,
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
        `${which} holds ${countBytes(this.#memberBytes)}; the file says ${showCount(length)} (modulo 2^32)`,
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
          `after gzip member ${showCount(this.#members)}, from byte ${showCount(afterByte)} of the file, come ${countBytes(this.#fileBytes - afterByte)} that are neither another member nor padding with zeros`,
        )
      }
      piece = await this.#feed.take()
    }
    return true
  }
}

/** Of a cut at a block, the byte before may have bits that are the block's. */
function startByteOf(start: GzipCut | null): number {
  if (start === null) return 0
  return start.block === undefined ? start.byte : start.byte - 1
}
