import { isAscii, isUtf8 } from 'node:buffer'
import { RecordRejection } from '../../job/index.ts'

/**
 * The text of `bytes[start, end)`.
 *
 * @throws {RecordRejection} at the first byte that is not valid UTF-8 (RFC 3629)
 */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string {
  const view = bytes.subarray(start, end)
  if (isAscii(view)) return bytes.toString('latin1', start, end)
  if (isUtf8(view)) return bytes.toString('utf8', start, end)
  throw rejectUtf8(bytes, start, end)
}

/** Says where bytes that are not valid UTF-8 first go wrong. */
export function rejectUtf8(bytes: Buffer, start: number, end: number): RecordRejection {
  const at = findInvalidUtf8(bytes, start, end)
  const found = bytes[at] ?? 0
  const atByte = at - start
  const hint =
    atByte === 0 && (found === 0xff || found === 0xfe) ? '; a file that begins so is often UTF-16' : ''
  return new RecordRejection(`byte 0x${found.toString(16)} is not valid UTF-8 there${hint}`, atByte)
}

/**
 * Where the first ill-formed sequence begins, or -1 (Unicode 16, table 3-7).
 *
 * @returns an index into `bytes`
 */
export function findInvalidUtf8(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end) {
    const width = sequenceWidth(bytes, at, end)
    if (width === 0) return at
    at += width
  }
  return -1
}

/** Bytes of the well-formed sequence at `at`, 0 when there is none. */
function sequenceWidth(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const width = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + width > end) return 0
  const second = bytes[at + 1] ?? 0
  // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second byte.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let follower = at + 2; follower < at + width; follower++) {
    if (((bytes[follower] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return width
}
