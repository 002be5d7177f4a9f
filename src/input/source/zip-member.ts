import { crc32 } from 'node:zlib'
import { showCount } from '../../quantities.ts'
import type { ZipMemberSplit } from '../split.ts'
import { AheadChunks, type ByteChunks, SourceFault } from './byte-chunks.ts'
import { FileFeed } from './file-feed.ts'
import { FileSpan } from './file-span.ts'
import { inflateExactly } from './inflate-exactly.ts'
import { openInflate } from './open-inflate.ts'
import type { OpenedFile } from './opened-file.ts'
import type { RawInflate } from './raw-inflate.ts'
import { countBytes, hex } from './say.ts'

const localHeaderBytes = 30
const localHeaderSignature = 0x04034b50
const stored = 0
const deflated = 8
/** Bits of the general purpose flag (APPNOTE 4.4.4). */
const encryptedFlag = 0x0001
const sizesFollowFlag = 0x0008
/** A size in the local header that says: look into the zip64 extra field. */
const inZip64 = 0xffffffff

/** Compression methods by number (APPNOTE 4.4.5), for messages. */
const methodNames: Readonly<Record<number, string>> = {
  1: 'Shrink',
  2: 'Reduce',
  3: 'Reduce',
  4: 'Reduce',
  5: 'Reduce',
  6: 'Implode',
  9: 'Deflate64',
  10: 'PKWARE DCL Implode',
  12: 'bzip2',
  14: 'LZMA',
  16: 'IBM z/OS CMPSC',
  18: 'IBM TERSE',
  19: 'IBM LZ77',
  20: 'Zstandard',
  93: 'Zstandard',
  94: 'MP3',
  95: 'XZ',
  96: 'JPEG',
  97: 'WavPack',
  98: 'PPMd',
  99: 'AES encryption',
}

/**
 * The bytes of one member of a zip archive (PKWARE APPNOTE 6.3). What the central directory says, which the split
 * carries, is what holds; CRC-32 and length are checked against it, and nothing beyond the declared length is inflated.
 *
 * @throws {SourceFault} `input-unsupported` for an encrypted member or a method other than stored and deflated,
 *   `input-damaged` when the local header contradicts the directory
 */
export async function openZipMember(
  file: OpenedFile,
  split: ZipMemberSplit,
  chunkBytes: number,
): Promise<ByteChunks> {
  if (split.method !== stored && split.method !== deflated) {
    const name = methodNames[split.method]
    throw new SourceFault(
      'input-unsupported',
      `the member is compressed with method ${split.method}${name === undefined ? '' : ` (${name})`}; tallyman reads stored (0) and deflated (8)`,
    )
  }
  const startByte = await findData(file, split)
  const endByte = startByte + split.compressedBytes
  if (endByte > file.sizeBytes) {
    throw new SourceFault(
      'input-damaged',
      `the archive is cut off: the member's data goes to byte ${showCount(endByte)}, and the file ends at byte ${showCount(file.sizeBytes)}`,
    )
  }
  if (split.method === stored) {
    if (split.compressedBytes !== split.uncompressedBytes) {
      throw new SourceFault(
        'input-damaged',
        `the archive gives a stored member two lengths: ${countBytes(split.compressedBytes)} and ${countBytes(split.uncompressedBytes)}`,
      )
    }
    return new CheckedMember(
      new FileSpan(file, { startByte, wantedEndByte: endByte, endByte }, chunkBytes),
      split,
    )
  }
  const streamed = (): ByteChunks =>
    new AheadChunks(new CheckedMember(new DeflatedMember(file, startByte, endByte, chunkBytes), split))
  return split.uncompressedBytes <= chunkBytes && split.compressedBytes <= chunkBytes
    ? new ShortMember(file, split, startByte, streamed)
    : streamed()
}

/**
 * A member that fits into one chunk, inflated in one call: a decompressor of its own with its buffers would cost several
 * times what inflating does. Where anything is not as the archive says, the long way is gone, which tells what and where.
 */
class ShortMember implements ByteChunks {
  readonly #file: OpenedFile
  readonly #split: ZipMemberSplit
  readonly #startByte: number
  readonly #streamed: () => ByteChunks
  #isTold = false
  #fallback: ByteChunks | null = null

  constructor(file: OpenedFile, split: ZipMemberSplit, startByte: number, streamed: () => ByteChunks) {
    this.#file = file
    this.#split = split
    this.#startByte = startByte
    this.#streamed = streamed
  }

  async next(): Promise<Buffer | null> {
    if (this.#fallback !== null) return await this.#fallback.next()
    if (this.#isTold) return null
    this.#isTold = true
    const data = Buffer.allocUnsafe(this.#split.compressedBytes)
    await this.#file.read(data, 0, data.length, this.#startByte)
    const bytes = inflateExactly(data, this.#split.uncompressedBytes, this.#split.crc32)
    if (bytes === null) {
      this.#fallback = this.#streamed()
      return await this.#fallback.next()
    }
    return bytes.length === 0 ? null : bytes
  }

  giveBack(chunk: Buffer): void {
    this.#fallback?.giveBack?.(chunk)
  }

  async close(): Promise<void> {
    await this.#fallback?.close()
  }
}

/** Reads the local header; returns where the member's data begins. */
async function findData(file: OpenedFile, split: ZipMemberSplit): Promise<number> {
  const { localHeaderByte } = split
  if (localHeaderByte + localHeaderBytes > file.sizeBytes) {
    throw new SourceFault(
      'input-damaged',
      `the archive is cut off: the member should begin at byte ${showCount(localHeaderByte)}, and the file ends at byte ${showCount(file.sizeBytes)}`,
    )
  }
  const header = Buffer.alloc(localHeaderBytes)
  await file.read(header, 0, localHeaderBytes, localHeaderByte)
  const signature = header.readUInt32LE(0)
  if (signature !== localHeaderSignature) {
    throw new SourceFault(
      'input-damaged',
      `at byte ${showCount(localHeaderByte)} of the file, where the member should begin, is 0x${signature.toString(16).padStart(8, '0')} and not a local header (0x04034b50)`,
    )
  }
  const flags = header.readUInt16LE(6)
  if ((flags & encryptedFlag) !== 0) throw new SourceFault('input-unsupported', 'the member is encrypted')
  compareHeader('the compression method', header.readUInt16LE(8), split.method)
  // Some archivers leave checksum and sizes zero without saying so by the flag; the directory has them.
  const hasSizes = header.subarray(14, 26).some((byte) => byte !== 0)
  if ((flags & sizesFollowFlag) === 0 && hasSizes) {
    compareHeader('CRC-32', header.readUInt32LE(14), split.crc32)
    compareSize('the compressed length', header.readUInt32LE(18), split.compressedBytes)
    compareSize('the length', header.readUInt32LE(22), split.uncompressedBytes)
  }
  return localHeaderByte + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28)
}

function compareSize(what: string, local: number, directory: number): void {
  if (local !== inZip64) compareHeader(what, local, directory)
}

function compareHeader(what: string, local: number, directory: number): void {
  if (local === directory) return
  throw new SourceFault(
    'input-damaged',
    `the archive contradicts itself about ${what}: ${local} in the member's header, ${directory} in the central directory`,
  )
}

/** Inflates a member whose compressed data must end exactly where the directory says. */
class DeflatedMember implements ByteChunks {
  readonly #feed: FileFeed
  readonly #inflate: RawInflate
  readonly #endByte: number

  constructor(file: OpenedFile, startByte: number, endByte: number, chunkBytes: number) {
    this.#endByte = endByte
    this.#feed = new FileFeed(file, startByte, endByte, chunkBytes)
    this.#inflate = openInflate(this.#feed, chunkBytes)
  }

  async next(): Promise<Buffer | null> {
    const chunk = await this.#inflate.next()
    if (chunk === null && this.#feed.atByte !== this.#endByte) {
      throw new SourceFault(
        'input-damaged',
        `the compressed data ends at byte ${showCount(this.#feed.atByte)} of the file, ${countBytes(this.#endByte - this.#feed.atByte)} before the archive says`,
      )
    }
    return chunk
  }

  giveBack(chunk: Buffer): void {
    this.#inflate.giveBack?.(chunk)
  }

  async close(): Promise<void> {
    await this.#inflate.close()
    await this.#feed.close()
  }
}

/** Passes a member's bytes on, and checks that they are as many as declared and have the declared CRC-32. */
class CheckedMember implements ByteChunks {
  readonly #source: ByteChunks
  readonly #split: ZipMemberSplit
  #bytes = 0
  #crc32 = 0

  constructor(source: ByteChunks, split: ZipMemberSplit) {
    this.#source = source
    this.#split = split
  }

  async next(): Promise<Buffer | null> {
    const chunk = await this.#source.next()
    const { uncompressedBytes } = this.#split
    if (chunk !== null) {
      this.#bytes += chunk.length
      if (this.#bytes > uncompressedBytes) {
        throw new SourceFault(
          'input-damaged',
          `the member holds more than the ${countBytes(uncompressedBytes)} the archive says`,
        )
      }
      this.#crc32 = crc32(chunk, this.#crc32)
      return chunk
    }
    if (this.#bytes !== uncompressedBytes) {
      throw new SourceFault(
        'input-damaged',
        `the member holds ${countBytes(this.#bytes)}; the archive says ${showCount(uncompressedBytes)}`,
      )
    }
    if (this.#crc32 !== this.#split.crc32) {
      throw new SourceFault(
        'input-damaged',
        `the member's bytes have CRC-32 ${hex(this.#crc32)}; the archive says ${hex(this.#split.crc32)}`,
      )
    }
    return null
  }

  giveBack(chunk: Buffer): void {
    this.#source.giveBack?.(chunk)
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}
