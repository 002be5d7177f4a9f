/**
 * The scanner's kernel, in AssemblyScript (a typed subset of TypeScript that compiles to WebAssembly).
 *
 * `scan` goes over one line of JSON once. It checks all that `JSON.parse` checks — the grammar, every string, number and
 * escape, and that the bytes are UTF-8 — and notes where the values lie that a map has asked for before. It decides
 * nothing it is not sure of: whatever it does not know it calls unsure, and the decoder in `decode/` decides.
 *
 * There is no heap and no runtime. Memory is cut into fixed parts:
 *
 *     nodes    8 bytes each   first edge, number of edges            objects on the way to wanted values; node 0 wants nothing
 *     edges   16 bytes each   name's address, its length, below      a wanted property; `below` is the node its object is, or 0
 *     names                   the properties' names, UTF-8
 *     found   12 bytes each   kind, start, end                       what the last scan found, by edge
 *     levels  12 bytes each   is it an object, its node, its edge    the containers that are open
 *     text                    the chunk at hand, and zeros after it
 *
 * The text is followed by zeros, which are valid nowhere in JSON. So reading on behind the line's end is harmless: at
 * its end the scan compares where it is with where it should be.
 */

/** Addresses, read by the host. */
export const nodes: usize = 1024
export const edges: usize = 2048
export const names: usize = 4096
export const found: usize = 20480
const levels: usize = 22528
export const text: usize = 65536

/** Deeper lines are left to the slow decoder. */
const levelsMax: i32 = 128
const levelBytes: usize = 12
const foundBytes: usize = 12

/** Kinds of values; the host has the same list. 0: the property is not there. */
const isNull: i32 = 1
const isTrue: i32 = 2
const isFalse: i32 = 3
const isNumber: i32 = 4
/** A string of ASCII without escapes; 6 holds other characters, 7 holds escapes. */
const isPlainString: i32 = 5
const isWideString: i32 = 6
const isEscapedString: i32 = 7
const isObject: i32 = 8
const isArray: i32 = 9

const noEdge: i32 = -1

/** What the string at hand turned out to be. */
let stringKind: i32 = isPlainString
/** The edge the property at hand belongs to, and the node below it. */
let edge: i32 = noEdge
let below: i32 = 0

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
}

// @ts-ignore: decorator
@inline
function skipSpace(from: usize): usize {
  let at = from
  while (load<u8>(at) <= 0x20 && isSpace(load<u8>(at))) at += 1
  return at
}

/** Whether what is left of the line is nothing but space. Behind the line there may be a line end, which is space too. */
function isRest(from: usize, end: usize): bool {
  let at = from
  while (at < end && isSpace(load<u8>(at))) at += 1
  return at == end
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

// @ts-ignore: decorator
@inline
function isHex(byte: u32): bool {
  return isDigit(byte) || (byte | 0x20) - 0x61 < 6
}

/** Bytes of the escape whose backslash is at `at`; 0 when it is none. */
// @ts-ignore: decorator
@inline
function escapeWidth(at: usize): usize {
  const byte = load<u8>(at, 1)
  if (byte == 0x75) {
    const isRight =
      isHex(load<u8>(at, 2)) && isHex(load<u8>(at, 3)) && isHex(load<u8>(at, 4)) && isHex(load<u8>(at, 5))
    return isRight ? 6 : 0
  }
  // "\/bfnrt
  const isShort =
    byte == 0x22 || byte == 0x5c || byte == 0x2f || byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74
  return isShort ? 2 : 0
}

// @ts-ignore: decorator
@inline
function follows(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80
}

/** Bytes of the sequence at `at`, which does not begin with ASCII; 0 when it is not well-formed (Unicode 16, table 3-7). */
function sequenceWidth(at: usize): usize {
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
function escapable(bytes: v128): i32 {
  const low = i8x16.swizzle(i8x16(0, 0, 13, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1), v128.and(bytes, i8x16.splat(0x0f)))
  const high = i8x16.swizzle(i8x16(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0), i8x16.shr_u(bytes, 4))
  return 0xffff ^ i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)))
}

/** Whether four hexadecimal digits follow each `u` whose bit is set. They may lie behind the 16 bytes at `at`. */
// @ts-ignore: decorator
@inline
function haveDigits(at: usize, bits: i32): bool {
  let rest = bits
  while (rest != 0) {
    const u = at + <usize>ctz(rest)
    if (!isHex(load<u8>(u, 1)) || !isHex(load<u8>(u, 2)) || !isHex(load<u8>(u, 3)) || !isHex(load<u8>(u, 4))) return false
    rest &= rest - 1
  }
  return true
}

/**
 * Goes from `from` over ASCII and escapes to the first byte that is neither, and over all such bytes that follow. Returns
 * where it is then; 0 when that was no valid part of a string. There is such a byte before the string's end.
 */
function wideEnd(from: usize): usize {
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

/**
 * Where the closing quote is of the string that begins at `from`, after its quote; 0 when it is no valid string. Takes 16
 * bytes at a time, with a bit for each byte of a kind.
 */
function stringEnd(from: usize): usize {
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

// @ts-ignore: decorator
@inline
function digitsEnd(from: usize): usize {
  let at = from
  while (isDigit(load<u8>(at))) at += 1
  return at
}

/** Where the number ends that begins at `from`; 0 when it is none. */
// @ts-ignore: decorator
@inline
function numberEnd(from: usize): usize {
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
function isSame(a: usize, b: usize, bytes: u32): bool {
  for (let index: u32 = 0; index < bytes; index++) {
    if (load<u8>(a + index) != load<u8>(b + index)) return false
  }
  return true
}

/** Sets `edge` and `below` to what belongs to the name `[start, end)` in an object of this node. False: unsure. */
function follow(node: i32, start: usize, end: usize): bool {
  edge = noEdge
  below = 0
  // A name with escapes may be a wanted one, spelt otherwise.
  if (stringKind == isEscapedString) return false
  const bytes = <u32>(end - start)
  const first = load<i32>(nodes + (<usize>node << 3))
  const last = first + load<i32>(nodes + (<usize>node << 3), 4)
  for (let index = first; index < last; index++) {
    const at = edges + (<usize>index << 4)
    if (load<u32>(at, 4) != bytes || !isSame(load<usize>(at), start, bytes)) continue
    // A name that comes twice: the last one counts, and the first may have had things below it.
    if (load<i32>(found + <usize>index * foundBytes) != 0) return false
    edge = index
    below = load<i32>(at, 8)
    return true
  }
  return true
}

// @ts-ignore: decorator
@inline
function note(kind: i32, start: usize, end: usize): void {
  if (edge == noEdge) return
  const at = found + <usize>edge * foundBytes
  store<i32>(at, kind)
  store<i32>(at, <i32>(start - text), 4)
  store<i32>(at, <i32>(end - text), 8)
}

/**
 * Scans the line that lies at `[start, end)` of the text, for the `edgeCount` wanted properties. Returns true when the
 * line is sure to be one valid JSON object, and `found` is filled; false when somebody else must look.
 */
export function scan(start: i32, end: i32, edgeCount: i32): bool {
  memory.fill(found, 0, <usize>edgeCount * foundBytes)
  let at = text + <usize>start
  let level: i32 = 0
  let inObject = false
  let node: i32 = 0
  edge = noEdge
  below = 1
  if (load<u8>(at) != 0x7b) return false
  while (true) {
    // A value begins at `at`. `edge` and `below` say whose it is.
    const byte = load<u8>(at)
    let isEntered = false
    if (byte == 0x22) {
      const closing = stringEnd(at + 1)
      if (closing == 0) return false
      note(stringKind, at + 1, closing)
      at = closing + 1
    } else if (byte == 0x7b || byte == 0x5b) {
      if (level == levelsMax) return false
      const open = levels + <usize>level * levelBytes
      inObject = byte == 0x7b
      node = inObject ? below : 0
      store<i32>(open, inObject)
      store<i32>(open, node, 4)
      store<i32>(open, edge, 8)
      note(inObject ? isObject : isArray, at, at)
      level += 1
      at = skipSpace(at + 1)
      isEntered = true
    } else if (isDigit(byte) || byte == 0x2d) {
      const behind = numberEnd(at)
      if (behind == 0) return false
      note(isNumber, at, behind)
      at = behind
    } else {
      const word = load<u32>(at)
      let kind = isNull
      let width: usize = 4
      if (word == 0x65757274) kind = isTrue
      else if (word == 0x736c6166 && load<u8>(at, 4) == 0x65) {
        kind = isFalse
        width = 5
      } else if (word != 0x6c6c756e) return false
      note(kind, at, at + width)
      at += width
    }
    // After a value, or in front of a container's first: close what closes here, and go to the next value.
    while (true) {
      if (!isEntered) at = skipSpace(at)
      const next = load<u8>(at)
      if (next == (inObject ? 0x7d : 0x5d)) {
        at += 1
        level -= 1
        const closed = levels + <usize>level * levelBytes
        const closedEdge = load<i32>(closed, 8)
        if (closedEdge != noEdge) store<i32>(found + <usize>closedEdge * foundBytes, <i32>(at - text), 8)
        if (level == 0) return isRest(at, text + <usize>end)
        inObject = load<i32>(closed - levelBytes) != 0
        node = load<i32>(closed - levelBytes, 4)
        isEntered = false
        continue
      }
      if (!isEntered) {
        if (next != 0x2c) return false
        at = skipSpace(at + 1)
      }
      break
    }
    if (inObject) {
      if (load<u8>(at) != 0x22) return false
      const closing = stringEnd(at + 1)
      if (closing == 0) return false
      edge = noEdge
      below = 0
      if (node != 0 && !follow(node, at + 1, closing)) return false
      at = skipSpace(closing + 1)
      if (load<u8>(at) != 0x3a) return false
      at = skipSpace(at + 1)
    } else {
      edge = noEdge
      below = 0
    }
  }
}
