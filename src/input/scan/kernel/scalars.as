import { escapable, escapeWidth, haveDigits, isDigit, sequenceWidth } from './characters'
import { isEscapedString, isPlainString, isWideString } from './memory'

/** Where strings and numbers end, and whether they are any. */

/** What the string at hand turned out to be. */
export let stringKind: i32 = isPlainString

/**
 * Where the closing quote is of the string that begins at `from`, after its quote; 0 when it is no valid string. Takes 16
 * bytes at a time, with a bit for each byte of a kind.
 */
export function stringEnd(from: usize): usize {
  let at = from
  let kind = isPlainString
  /** 1 where the first byte at `at` follows a backslash, which counts. */
  let carried: i32 = 0
  while (true) {
    const bytes = v128.load(at)
    let quotes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x22)))
    let slashes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x5c)))
    // Compared as signed, what is not ASCII is less than a space, as control characters are: one look finds all.
    const others = i8x16.bitmask(i8x16.lt_s(bytes, i8x16.splat(0x20)))
    // What comes before the first quote; all, where there is none.
    if ((((slashes | others) & ((quotes & -quotes) - 1)) | carried) == 0) {
      if (quotes == 0) {
        at += 16
        continue
      }
      stringKind = kind
      return at + <usize>ctz(quotes)
    }
    // Bytes behind a backslash that counts: one that is not itself behind such a one.
    slashes &= ~carried
    let escaped = (slashes << 1) | carried
    if ((slashes & escaped) != 0) {
      escaped = carried
      for (let rest = slashes; rest != 0; rest &= rest - 1) {
        const bit = rest & -rest
        if ((escaped & bit) == 0) escaped |= bit << 1
      }
    }
    quotes &= ~escaped
    const before = ((quotes & -quotes) - 1) & 0xffff
    if ((others & before) != 0) {
      if (carried != 0 || (slashes & ((others & -others) - 1)) != 0) kind = isEscapedString
      else if (kind == isPlainString) kind = isWideString
      at = wideEnd(at - <usize>carried)
      if (at == 0) return 0
      carried = 0
      continue
    }
    const inside = escaped & before
    if (inside != 0) {
      kind = isEscapedString
      if ((inside & ~escapable(bytes)) != 0) return 0
      const units = inside & i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x75)))
      if (units != 0 && !haveDigits(at, units)) return 0
    }
    if (quotes != 0) {
      stringKind = kind
      return at + <usize>ctz(quotes)
    }
    carried = escaped >> 16
    at += 16
  }
}

/**
 * Goes from `from` over ASCII and escapes to the first byte that is neither, and over all such bytes that follow. Returns
 * where it is then; 0 when that was no valid part of a string. There is such a byte before the string's end.
 */
export function wideEnd(from: usize): usize {
  let at = from
  while (load<u8>(at) < 0x80) {
    const byte: u32 = load<u8>(at)
    if (byte < 0x20) return 0
    const width: usize = byte == 0x5c ? escapeWidth(at) : 1
    if (width == 0) return 0
    at += width
  }
  while (load<u8>(at) >= 0x80) {
    const width = sequenceWidth(at)
    if (width == 0) return 0
    at += width
  }
  return at
}

/** Where the number ends that begins at `from`; 0 when it is none. */
// @ts-ignore: decorator
@inline
export function numberEnd(from: usize): usize {
  let at = from
  if (load<u8>(at) == 0x2d) at += 1
  if (load<u8>(at) == 0x30) {
    at += 1
  } else {
    const start = at
    at = digitsEnd(at)
    if (at == start) return 0
  }
  if (load<u8>(at) == 0x2e) {
    const start = at + 1
    at = digitsEnd(start)
    if (at == start) return 0
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    at += 1
    const sign = load<u8>(at)
    if (sign == 0x2b || sign == 0x2d) at += 1
    const start = at
    at = digitsEnd(start)
    if (at == start) return 0
  }
  return at
}

// @ts-ignore: decorator
@inline
export function digitsEnd(from: usize): usize {
  let at = from
  while (isDigit(load<u8>(at))) at += 1
  return at
}
