import { showCount } from '../../quantities.ts'
import { countBytes } from './say.ts'
import type { ArchiveBytes } from './zip-bytes.ts'

const endSignature = Buffer.from('PK\x05\x06')
const endBytes = 22
const commentBytesMax = 0xffff
const zip64LocatorSignature = 0x07064b50
const zip64LocatorBytes = 20
const zip64EndSignature = 0x06064b50
const zip64EndBytes = 56
/** Values that say: look into the zip64 record. */
const in16Bits = 0xffff
const in32Bits = 0xffffffff

/** Holds about three million members; a larger one would take more memory than planning may. */
const directoryBytesMax = 256 * 1024 * 1024

/** Where the central directory lies, and how many entries it is said to have. */
export interface DirectoryBounds {
  readonly startByte: number
  /** Exclusive. */
  readonly endByte: number
  readonly entries: number
  /** The count is given modulo this: old archivers wrote only its last 16 bits. */
  readonly entriesModulo: number
}

/** What the end record says, with the 16 and 32 bits it has for it. */
interface End {
  readonly atByte: number
  readonly disk: number
  readonly directoryDisk: number
  readonly entriesOnDisk: number
  readonly entries: number
  readonly directoryBytes: number
  readonly directoryByte: number
}

/**
 * Finds the central directory by the end record, which must end where the file ends (APPNOTE 4.3.16), and by the zip64
 * end record (4.3.14) where the archive is too large for the former.
 *
 * @throws {ArchiveError} `input-damaged` when there is none or it contradicts itself; `input-unsupported` for a part of a
 *   split archive and for a directory larger than 256 MiB
 */
export async function findDirectory(archive: ArchiveBytes): Promise<DirectoryBounds> {
  const end = await findEnd(archive)
  // An archive can have the largest number of members or bytes that fits without being zip64.
  const isPlain = end.directoryByte + end.directoryBytes === end.atByte && end.directoryByte !== in32Bits
  const bounds = isPlain ? plainBounds(archive, end) : await readZip64Bounds(archive, end)
  if (bounds.endByte - bounds.startByte > directoryBytesMax) {
    throw archive.unsupported(
      bounds.startByte,
      `the archive's directory is ${countBytes(bounds.endByte - bounds.startByte)} long; tallyman reads up to ${countBytes(directoryBytesMax)}`,
      'Cut the archive into several with fewer members.',
    )
  }
  return bounds
}

async function findEnd(archive: ArchiveBytes): Promise<End> {
  const tailBytes = Math.min(archive.sizeBytes, endBytes + commentBytesMax)
  const tailByte = archive.sizeBytes - tailBytes
  const tail = await archive.get(tailByte, tailBytes)
  const fitting: number[] = []
  const last = tailBytes < endBytes ? -1 : tail.lastIndexOf(endSignature, tailBytes - endBytes)
  for (let at = last; at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(endSignature, at - 1)) {
    if (endOf(tail, at) === tailBytes) fitting.push(at)
  }
  const [at, other] = fitting
  if (at === undefined) throw sayWhyNoEnd(archive, tail, tailByte, last)
  if (other !== undefined) {
    throw archive.damaged(
      tailByte + other,
      'the archive has two end records, and each fits: what it holds cannot be told',
    )
  }
  return {
    atByte: tailByte + at,
    disk: tail.readUInt16LE(at + 4),
    directoryDisk: tail.readUInt16LE(at + 6),
    entriesOnDisk: tail.readUInt16LE(at + 8),
    entries: tail.readUInt16LE(at + 10),
    directoryBytes: tail.readUInt32LE(at + 12),
    directoryByte: tail.readUInt32LE(at + 16),
  }
}

/** Where an end record and its comment end. */
function endOf(tail: Buffer, at: number): number {
  return at + endBytes + tail.readUInt16LE(at + 20)
}

function sayWhyNoEnd(archive: ArchiveBytes, tail: Buffer, tailByte: number, last: number): Error {
  if (last < 0) {
    return archive.damaged(
      archive.sizeBytes,
      `the archive is cut off: there is no end record in its last ${countBytes(tail.length)}`,
    )
  }
  const beyond = tail.length - endOf(tail, last)
  if (beyond < 0) {
    return archive.damaged(archive.sizeBytes, `the archive is cut off ${countBytes(-beyond)} before its end`)
  }
  return archive.damaged(
    tailByte + endOf(tail, last),
    `there is more in the file after the end of the archive: ${countBytes(beyond)}`,
  )
}

function plainBounds(archive: ArchiveBytes, end: End): DirectoryBounds {
  checkOnePart(archive, end.atByte, end.disk, end.directoryDisk, end.entriesOnDisk === end.entries)
  return {
    startByte: end.directoryByte,
    endByte: end.atByte,
    entries: end.entries,
    entriesModulo: in16Bits + 1,
  }
}

async function readZip64Bounds(archive: ArchiveBytes, end: End): Promise<DirectoryBounds> {
  const locatorByte = end.atByte - zip64LocatorBytes
  const locator = locatorByte < 0 ? null : await archive.get(locatorByte, zip64LocatorBytes)
  if (locator === null || locator.readUInt32LE(0) !== zip64LocatorSignature) {
    throw archive.damaged(
      end.atByte,
      `the archive's directory should lie at byte ${showCount(end.directoryByte)} and be ${countBytes(end.directoryBytes)} long, which does not lead to the end record`,
    )
  }
  const recordByte = Number(locator.readBigUInt64LE(8))
  if (locator.readUInt32LE(16) > 1) throw sayParts(archive, locatorByte)
  if (recordByte + zip64EndBytes > locatorByte) {
    throw archive.damaged(locatorByte, 'the zip64 end record should lie where there is no room for it')
  }
  const record = await archive.get(recordByte, zip64EndBytes)
  if (
    record.readUInt32LE(0) !== zip64EndSignature ||
    recordByte + 12 + Number(record.readBigUInt64LE(4)) !== locatorByte
  ) {
    throw archive.damaged(recordByte, 'there is no zip64 end record where one should be')
  }
  return zip64Bounds(archive, end, record, recordByte)
}

function zip64Bounds(archive: ArchiveBytes, end: End, record: Buffer, recordByte: number): DirectoryBounds {
  const entriesOnDisk = Number(record.readBigUInt64LE(24))
  const entries = Number(record.readBigUInt64LE(32))
  const directoryBytes = Number(record.readBigUInt64LE(40))
  const directoryByte = Number(record.readBigUInt64LE(48))
  const isWhole = entriesOnDisk === entries
  checkOnePart(archive, recordByte, record.readUInt32LE(16), record.readUInt32LE(20), isWhole)
  if (directoryByte + directoryBytes !== recordByte) {
    throw archive.damaged(
      recordByte,
      `the archive's directory should lie at byte ${showCount(directoryByte)} and be ${countBytes(directoryBytes)} long, which does not lead to the zip64 end record`,
    )
  }
  const agrees =
    (end.entries === in16Bits || end.entries === entries) &&
    (end.directoryBytes === in32Bits || end.directoryBytes === directoryBytes) &&
    (end.directoryByte === in32Bits || end.directoryByte === directoryByte)
  if (!agrees) throw archive.damaged(end.atByte, 'the two end records of the archive contradict each other')
  return { startByte: directoryByte, endByte: recordByte, entries, entriesModulo: Number.POSITIVE_INFINITY }
}

function checkOnePart(
  archive: ArchiveBytes,
  atByte: number,
  disk: number,
  directoryDisk: number,
  isWhole: boolean,
): void {
  if (disk !== 0 || directoryDisk !== 0 || !isWhole) throw sayParts(archive, atByte)
}

function sayParts(archive: ArchiveBytes, atByte: number): Error {
  return archive.unsupported(
    atByte,
    'the archive is one part of several',
    'Join the parts first: zip -s 0 part.zip --out whole.zip',
  )
}
