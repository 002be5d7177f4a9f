/** What can be told of a gzip member (RFC 1952, 2.3) by bytes that are in memory. */

const fixedHeaderBytes = 10
/** What follows the compressed data of every member: a CRC-32, and the length modulo 2^32. */
export const trailerBytes = 8
/** What `bgzipBlockBytes` looks at. */
export const bgzipHeaderBytes = 18

const deflate = 8
const headerCrcFlag = 0x02
const extraFlag = 0x04
const nameFlag = 0x08
const commentFlag = 0x10
const reservedFlags = 0xe0
/** Operating systems that RFC 1952 names, and 255 for an unknown one. */
const systemMax = 13
const systemUnknown = 255
/** Extra flags: none, slowest and fastest compression. */
const levels: ReadonlySet<number> = new Set([0, 2, 4])

/**
 * Bytes of the whole member that begins at `at`, where it is a block as bgzip writes them: its first extra field says how long it is
 * (SAM specification, 4.1). Null for every other member.
 */
export function bgzipBlockBytes(bytes: Buffer, at: number): number | null {
  if (bytes.length - at < bgzipHeaderBytes) return null
  const isGzip = bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === deflate
  // Nothing but the extra field, six bytes of it: `BC`, its length, and the block's, less one.
  if (!isGzip || bytes[at + 3] !== extraFlag || bytes.readUInt16LE(at + 10) !== 6) return null
  if (bytes[at + 12] !== 0x42 || bytes[at + 13] !== 0x43 || bytes.readUInt16LE(at + 14) !== 2) return null
  const length = bytes.readUInt16LE(at + 16) + 1
  return length > bgzipHeaderBytes + trailerBytes ? length : null
}

/**
 * Where the compressed data begins of a member whose header may begin at `at`: -1 where it is no header that any program writes, or goes on
 * beyond these bytes. Bytes in the middle of a member look like a header once in some 10^11.
 */
export function dataStart(bytes: Buffer, at: number): number {
  if (bytes.length - at < fixedHeaderBytes) return -1
  if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b || bytes[at + 2] !== deflate) return -1
  const flags = bytes.readUInt8(at + 3)
  const system = bytes.readUInt8(at + 9)
  if ((flags & reservedFlags) !== 0 || !levels.has(bytes.readUInt8(at + 8))) return -1
  if (system > systemMax && system !== systemUnknown) return -1
  let next = at + fixedHeaderBytes
  if ((flags & extraFlag) !== 0) {
    if (next + 2 > bytes.length) return -1
    next += 2 + bytes.readUInt16LE(next)
  }
  for (const flag of [nameFlag, commentFlag]) {
    if ((flags & flag) === 0) continue
    const zeroAt = bytes.indexOf(0, next)
    if (zeroAt === -1) return -1
    next = zeroAt + 1
  }
  if ((flags & headerCrcFlag) !== 0) next += 2
  return next < bytes.length ? next : -1
}
