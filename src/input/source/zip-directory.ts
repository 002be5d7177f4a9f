import { showCount } from '../../quantities.ts'
import type { ZipMember } from '../discover/discovery.ts'
import { comparePathBytes, fromFsBytes } from '../path-bytes.ts'
import { countBytes } from './say.ts'
import { ArchiveBytes, type ReadBytes } from './zip-bytes.ts'
import { type DirectoryBounds, findDirectory } from './zip-end.ts'

const entrySignature = 0x02014b50
const entryBytes = 46
const localHeaderBytes = 30
/** Bits of the general purpose flag (APPNOTE 4.4.4): encrypted, and its header hidden as well. */
const encryptedFlags = 0x2001
const zip64ExtraId = 0x0001
const in16Bits = 0xffff
const in32Bits = 0xffffffff
/** Read at a time; no entry is longer. */
const chunkBytes = 1024 * 1024
/** Upper byte of "version made by" for Unix, whose file modes are in the external attributes. */
const madeOnUnix = 3
const linkMode = 0xa

/** A part of an archive that holds no records. */
export interface SkippedMember {
  readonly name: string
  /** The rest of a sentence that begins with the name. */
  readonly reason: string
}

/** What a zip archive says that it holds. */
export interface ZipDirectory {
  /** Files, by bytes of their names; of equal names the one that lies first comes first. */
  readonly members: readonly ZipMember[]
  /** Symbolic links, and what macOS adds to archives. Folders are not listed. */
  readonly skipped: readonly SkippedMember[]
}

/**
 * Reads the central directory of a zip archive (PKWARE APPNOTE 6.3.10), zip64 included. Nothing is extracted or inflated: a
 * name is only a name, whatever path it spells. Names that are valid UTF-8 are read as such whether or not the archive says
 * so; bytes of others, of CP437 for example, are kept as lone surrogates, so that names keep their order and their identity.
 *
 * No count or length in the archive is believed before it is checked against the file's size. Members that overlap each
 * other or the directory are damage, since what they hold would be counted twice.
 *
 * Cost: reads the directory and up to 64 KiB before the end; memory grows with the directory, which may be 256 MiB.
 *
 * @param read reads from the archive
 * @param path for messages
 * @throws {ArchiveError} `input-damaged` or `input-unsupported`, with the byte; `input-changed` when the file shrinks
 */
export async function readZipDirectory(
  read: ReadBytes,
  sizeBytes: number,
  path: string,
): Promise<ZipDirectory> {
  const archive = new ArchiveBytes(read, sizeBytes, path)
  const bounds = await findDirectory(archive)
  const entries = await readEntries(archive, bounds)
  if (entries.length % bounds.entriesModulo !== bounds.entries % bounds.entriesModulo) {
    throw archive.damaged(
      bounds.startByte,
      `the archive's directory holds ${showCount(entries.length)} entries and should hold ${showCount(bounds.entries)}`,
    )
  }
  checkExtents(archive, bounds, entries)
  const files = entries.filter(({ member }) => !member.name.endsWith('/'))
  const members: ZipMember[] = []
  const skipped: SkippedMember[] = []
  for (const { member, isLink } of files) {
    const reason = reasonToSkip(member.name, isLink)
    if (reason === null) members.push(member)
    else skipped.push({ name: member.name, reason })
  }
  members.sort(
    (left, right) => comparePathBytes(left.name, right.name) || left.localHeaderByte - right.localHeaderByte,
  )
  return { members, skipped }
}

interface Entry {
  readonly member: ZipMember
  readonly isLink: boolean
  /** Where its data ends at the earliest: the local header may hold more than the directory tells. */
  readonly endByteMin: number
}

async function readEntries(archive: ArchiveBytes, { startByte, endByte }: DirectoryBounds): Promise<Entry[]> {
  const entries: Entry[] = []
  let chunk: Buffer = Buffer.alloc(0)
  let chunkByte = startByte
  let at = 0
  while (chunkByte + at < endByte) {
    const length = entryLength(chunk, at)
    if (at + length <= chunk.length) {
      entries.push(readEntry(archive, chunk.subarray(at, at + length), chunkByte + at))
      at += length
      continue
    }
    chunkByte += at
    const isLast = chunk.length - at === endByte - chunkByte
    if (isLast) throw archive.damaged(chunkByte, "an entry of the archive's directory is cut off")
    chunk = await archive.get(chunkByte, Math.min(chunkBytes, endByte - chunkByte))
    at = 0
  }
  return entries
}

/** Length of the entry at `at`, or of its fixed part while that is not read to its end. */
function entryLength(chunk: Buffer, at: number): number {
  if (at + entryBytes > chunk.length) return entryBytes
  return entryBytes + chunk.readUInt16LE(at + 28) + chunk.readUInt16LE(at + 30) + chunk.readUInt16LE(at + 32)
}

function readEntry(archive: ArchiveBytes, entry: Buffer, entryByte: number): Entry {
  if (entry.readUInt32LE(0) !== entrySignature) {
    throw archive.damaged(entryByte, "there is no entry where the archive's directory should have one")
  }
  const nameBytes = entry.readUInt16LE(28)
  const nameEnd = entryBytes + nameBytes
  const name = fromFsBytes(entry.subarray(entryBytes, nameEnd))
  if (name === '') throw archive.damaged(entryByte, 'a member of the archive has no name')
  const extra = entry.subarray(nameEnd, nameEnd + entry.readUInt16LE(30))
  const where = readWhere(archive, entry, extra, entryByte)
  if (name.endsWith('/') && where.uncompressedBytes > 0) {
    throw archive.damaged(entryByte, `the folder ${JSON.stringify(name)} is said to hold data itself`)
  }
  return {
    member: {
      name,
      method: entry.readUInt16LE(10),
      crc32: entry.readUInt32LE(16),
      encrypted: (entry.readUInt16LE(8) & encryptedFlags) !== 0,
      ...where,
    },
    isLink: entry[5] === madeOnUnix && entry.readUInt16LE(40) >>> 12 === linkMode,
    endByteMin: where.localHeaderByte + localHeaderBytes + nameBytes + where.compressedBytes,
  }
}

type Where = Pick<ZipMember, 'compressedBytes' | 'uncompressedBytes' | 'localHeaderByte'>

/** Lengths and place, from the zip64 extra field where they do not fit into 32 bits (APPNOTE 4.5.3). */
function readWhere(archive: ArchiveBytes, entry: Buffer, extra: Buffer, entryByte: number): Where {
  const zip64 = findExtra(extra, zip64ExtraId)
  let at = 0
  const wide = (bytes: 4 | 8): number => {
    if (zip64 === null || at + bytes > zip64.length) {
      throw archive.damaged(entryByte, 'an entry of the archive lacks the zip64 field it refers to')
    }
    const value = bytes === 8 ? Number(zip64.readBigUInt64LE(at)) : zip64.readUInt32LE(at)
    at += bytes
    return value
  }
  const long = (value: number): number => (value === in32Bits ? wide(8) : value)
  // The field holds what does not fit, in this order.
  const uncompressedBytes = long(entry.readUInt32LE(24))
  const compressedBytes = long(entry.readUInt32LE(20))
  const localHeaderByte = long(entry.readUInt32LE(42))
  const disk = entry.readUInt16LE(34)
  if ((disk === in16Bits ? wide(4) : disk) !== 0) {
    throw archive.unsupported(
      entryByte,
      'the archive is one part of several',
      'Join the parts first: zip -s 0 part.zip --out whole.zip',
    )
  }
  if (uncompressedBytes > Number.MAX_SAFE_INTEGER) {
    throw archive.damaged(entryByte, 'a member of the archive is said to be longer than any file')
  }
  return { localHeaderByte, compressedBytes, uncompressedBytes }
}

/** The data of the first extra field with this id; null where there is none. */
function findExtra(extra: Buffer, id: number): Buffer | null {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) return null
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end)
    at = end
  }
  return null
}

/** Every member lies before the directory, and none reaches into the next. */
function checkExtents(archive: ArchiveBytes, bounds: DirectoryBounds, entries: readonly Entry[]): void {
  const inOrder = [...entries].sort(
    (left, right) => left.member.localHeaderByte - right.member.localHeaderByte,
  )
  for (const [index, { member, endByteMin }] of inOrder.entries()) {
    const { name, localHeaderByte } = member
    if (endByteMin > bounds.startByte) {
      throw archive.damaged(
        localHeaderByte,
        `the member ${JSON.stringify(name)} should be at bytes ${showCount(localHeaderByte)} to ${showCount(endByteMin)}, beyond the ${countBytes(bounds.startByte)} there are for members`,
      )
    }
    const next = inOrder[index + 1]
    if (next !== undefined && endByteMin > next.member.localHeaderByte) {
      throw archive.damaged(
        next.member.localHeaderByte,
        `the members ${JSON.stringify(name)} and ${JSON.stringify(next.member.name)} overlap`,
      )
    }
  }
}

function reasonToSkip(name: string, isLink: boolean): string | null {
  if (isLink) return 'is a symbolic link in the archive'
  const isAppleDouble = name.startsWith('__MACOSX/') || /(^|\/)(\._[^/]*|\.DS_Store)$/.test(name)
  return isAppleDouble ? 'is what macOS adds to archives, and no data' : null
}
