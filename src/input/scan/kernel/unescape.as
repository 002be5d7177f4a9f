import { plain, text } from './memory'

/** Strings without their escapes. */

/**
 * Writes what the valid string `[start, end)` of the text stands for to `plain`, a byte for each unit. Returns how many; -1 when a
 * unit takes more than a byte. There must be room: 16 bytes more than the string has.
 */
export function unescapeNarrow(start: i32, end: i32): i32 {
  const last = text + <usize>end
  let at = text + <usize>start
  let to = plain
  while (at < last) {
    const bytes = v128.load(at)
    v128.store(to, bytes)
    const special = i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(0x5c)), bytes))
    if (special == 0) {
      at += 16
      to += 16
      continue
    }
    const before = <usize>ctz(special)
    at += before
    to += before
    if (at >= last) break
    if (load<u8>(at) != 0x5c) return -1
    const letter: u32 = load<u8>(at, 1)
    if (letter == 0x75) {
      const unit = unitAt(at)
      if (unit > 0xff) return -1
      store<u8>(to, <u8>unit)
      at += 6
    } else {
      store<u8>(to, <u8>shortEscape(letter))
      at += 2
    }
    to += 1
  }
  return <i32>(to - plain) - <i32>(at - last)
}

/** As `unescapeNarrow`, two bytes for each unit: UTF-16. Returns how many units. There must be room for 16 more. */
export function unescapeWide(start: i32, end: i32): i32 {
  const last = text + <usize>end
  let at = text + <usize>start
  let to = plain
  while (at < last) {
    const bytes = v128.load(at)
    v128.store(to, i16x8.extend_low_i8x16_u(bytes))
    v128.store(to, i16x8.extend_high_i8x16_u(bytes), 16)
    const special = i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(0x5c)), bytes))
    if (special == 0) {
      at += 16
      to += 32
      continue
    }
    const before = <usize>ctz(special)
    at += before
    to += before << 1
    if (at >= last) break
    const first: u32 = load<u8>(at)
    if (first == 0x5c) {
      const letter: u32 = load<u8>(at, 1)
      store<u16>(to, <u16>(letter == 0x75 ? unitAt(at) : shortEscape(letter)))
      at += letter == 0x75 ? 6 : 2
    } else if (first < 0xe0) {
      store<u16>(to, <u16>(((first & 0x1f) << 6) | (<u32>load<u8>(at, 1) & 0x3f)))
      at += 2
    } else {
      let point = ((<u32>load<u8>(at, 1) & 0x3f) << 6) | (<u32>load<u8>(at, 2) & 0x3f)
      if (first < 0xf0) {
        store<u16>(to, <u16>(((first & 0x0f) << 12) | point))
        at += 3
      } else {
        point = (((first & 0x07) << 18) | (point << 6) | (<u32>load<u8>(at, 3) & 0x3f)) - 0x10000
        store<u16>(to, <u16>(0xd800 | (point >> 10)))
        store<u16>(to, <u16>(0xdc00 | (point & 0x3ff)), 2)
        to += 2
        at += 4
      }
    }
    to += 2
  }
  return (<i32>(to - plain) >> 1) - <i32>(at - last)
}

/** The UTF-16 unit that `\u` and four digits at `at` stand for. */
// @ts-ignore: decorator
@inline
function unitAt(at: usize): u32 {
  return (
    (hexValue(load<u8>(at, 2)) << 12) |
    (hexValue(load<u8>(at, 3)) << 8) |
    (hexValue(load<u8>(at, 4)) << 4) |
    hexValue(load<u8>(at, 5))
  )
}

// @ts-ignore: decorator
@inline
function hexValue(byte: u32): u32 {
  return (byte & 0x0f) + (byte >> 6) * 9
}

/** What a backslash and this letter stand for. */
function shortEscape(letter: u32): u32 {
  if (letter == 0x6e) return 0x0a
  if (letter == 0x74) return 0x09
  if (letter == 0x72) return 0x0d
  if (letter == 0x62) return 0x08
  return letter == 0x66 ? 0x0c : letter
}
