/** What single characters are: spaces, digits, escapes, sequences of UTF-8. */

// @ts-ignore: decorator
@inline
export function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0d
}

/** Space within a line: a newline ends it. */
// @ts-ignore: decorator
@inline
export function skipSpace(from: usize): usize {
  let at = from
  while (load<u8>(at) <= 0x20 && isSpace(load<u8>(at))) at += 1
  return at
}

// @ts-ignore: decorator
@inline
export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

/** Bytes of the escape whose backslash is at `at`; 0 when it is none. */
// @ts-ignore: decorator
@inline
export function escapeWidth(at: usize): usize {
  const byte = load<u8>(at, 1)
  if (byte == 0x75) return areHex(load<u32>(at, 2)) ? 6 : 0
  // "\/bfnrt
  const isShort =
    byte == 0x22 || byte == 0x5c || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
  return isShort ? 2 : 0
}

// @ts-ignore: decorator
@inline
export function follows(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80
}

/** Bytes of the sequence at `at`, which does not begin with ASCII; 0 when it is not well-formed (Unicode 16, table 3-7). */
export function sequenceWidth(at: usize): usize {
  const first: u32 = load<u8>(at)
  const second: u32 = load<u8>(at, 1)
  if (first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return follows(at + 1) ? 2 : 0
  // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second byte.
  const least: u32 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80
  const most: u32 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most || !follows(at + 2)) return 0
  if (first < 0xf0) return 3
  return follows(at + 3) ? 4 : 0
}

/** One bit for each byte that may follow a backslash: `"\/bfnrtu`. Two look-ups by half a byte each, which must agree. */
// @ts-ignore: decorator
@inline
export function escapable(bytes: v128): i32 {
  const low = i8x16.swizzle(i8x16(0, 0, 13, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1), v128.and(bytes, i8x16.splat(0x0f)))
  const high = i8x16.swizzle(i8x16(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0), i8x16.shr_u(bytes, 4))
  return 0xffff ^ i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)))
}

/** Whether these four bytes are hexadecimal digits. A bit of each byte says so, and none is carried to the next. */
// @ts-ignore: decorator
@inline
export function areHex(four: u32): bool {
  const low = four & 0x7f7f7f7f
  const isDigit = (low + 0x50505050) & ~(low + 0x46464646)
  const letter = low | 0x20202020
  const isLetter = (letter + 0x1f1f1f1f) & ~(letter + 0x19191919)
  return ((isDigit | isLetter) & ~four & 0x80808080) == 0x80808080
}

/** Whether four hexadecimal digits follow each `u` whose bit is set. They may lie behind the 16 bytes at `at`. */
// @ts-ignore: decorator
@inline
export function haveDigits(at: usize, bits: i32): bool {
  let rest = bits
  while (rest != 0) {
    if (!areHex(load<u32>(at + <usize>ctz(rest), 1))) return false
    rest &= rest - 1
  }
  return true
}
