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
  const hint = isLatinLetter(bytes, at, end)
    ? `; in Windows-1252 and Latin-1 it is "${String.fromCharCode(found)}": iconv -f WINDOWS-1252 -t UTF-8 converts such a file`
    : ''
  return new RecordRejection(`byte 0x${found.toString(16)} is not valid UTF-8 there${hint}`, at - start)
}

/** Is it what a letter with an accent is in Latin-1, beside letters as ASCII has them? The characters `×` and `÷` are none, and 0xfe and 0xff are rare letters and frequent damage. */
function isLatinLetter(bytes: Buffer, at: number, end: number): boolean {
  const [before, found, after] = [at - 1, at, at + 1].map((place) =>
    place < end ? (bytes[place] ?? 0) : 0x20,
  )
  if (found === undefined || found < 0xc0 || found > 0xfd || found === 0xd7 || found === 0xf7) return false
  const isLetter = (byte = 0): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
  return (after ?? 0) < 0x80 && (isLetter(before) || isLetter(after))
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
