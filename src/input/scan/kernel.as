/**
 * The scanner's kernel, in AssemblyScript (a typed subset of TypeScript that compiles to WebAssembly).
 *
 * `scanLines` goes over many lines of JSON, each once. It checks all that `JSON.parse` checks — the grammar, every string,
 * number and escape, and that the bytes are UTF-8 — and notes where the values lie that a map has asked for before. It decides
 * nothing it is not sure of: whatever it does not know it calls unsure, and the decoder in `decode/` decides.
 *
 * There is no heap and no runtime. Memory is cut into fixed parts:
 *
 *     nodes     8 bytes each   first edge, number of edges            objects on the way to wanted values; node 0 wants nothing
 *     edges    16 bytes each   name's address, its length, below      a wanted property; `below` is the node its object is, or 0
 *     names                    the properties' names, UTF-8
 *     levels   24 bytes each   see `scanRecord`                       the containers that are open
 *     tokens   32 bytes each   see below                              names met before, with what is around them
 *     spelt                    what tokens are spelt like
 *     rows     3 words, and 3 for each edge                           what was found: where the line begins and ends, whether it
 *                                                                     is sure; of each edge kind, start and end
 *     plain                    a string without its escapes
 *     shorts   16 bytes each   short strings that were wanted, with zeros after them: no string has a zero
 *     text                     the chunk at hand, and zeros after it
 *
 * The text is followed by zeros, which are valid nowhere in JSON. So reading on behind the line's end is harmless: at
 * its end the scan compares where it is with where it should be.
 *
 * Records of one source have the same names in nearly the same order. So each name is kept as a token, spelt from its first
 * quote to where its value begins (`"lang": `), with the token that came after it: what is equal to a token's bytes needs no
 * look at its characters any more, and is known to be a wanted name or not. Tokens form a tree as the objects do, since
 * what a name means depends on where it stands.
 *
 *     token    address and length of its spelling, edge, below, next token of the object, first token of the
 *              object that is its value, first token of objects that are elements of its value
 */

/** Addresses, read by the host. */
export const nodes: usize = 1024
export const edges: usize = 2048
export const names: usize = 4096
const levels: usize = 20480
const tokens: usize = 24576
const spelt: usize = 57344
export const rows: usize = 98304
export const rowsEnd: usize = 229376
export const plain: usize = 229376
export const shorts: usize = 294912
export const text: usize = 425984

/** Deeper lines are left to the slow decoder. */
const levelsMax: i32 = 128
const levelBytes: usize = 24
const foundBytes: usize = 12
/** Where a line begins and ends, and whether it is sure to be an object; then what was found of each edge. */
const rowBytes: usize = 12
const tokenBytes: usize = 32
const tokensEnd: usize = spelt
const levelsEnd: usize = levels + <usize>levelsMax * levelBytes
/** Room for one more spelling, and for looking at 16 bytes of it. */
const speltEnd: usize = rows - 128
/** A longer name with what is around it is no token. The zeros behind the text are as many. */
const speltBytesMax: usize = 64
/** How many tokens after the one that was expected are tried. */
const triesMax: i32 = 8
/** And how many from the first on: an object whose names are data has ever more of them. */
const listMax: i32 = 64

/** No more is scanned ahead than stays in a core's cache until the lines are decoded. */
const aheadBytes: usize = 131072

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

/** A string of ASCII of 1 to 15 bytes that stands among the short ones: instead of where it starts, which it is. */
const isShortString: i32 = 10
/** A whole number of at most nine digits: instead of where it starts, its value. */
const isShortInteger: i32 = 11

const noEdge: i32 = -1

/** How many short strings there is room for, and with how many it is full. A string is looked for in so many places. */
const shortsMax: u32 = 8192
const shortsFull: i32 = 6144
const shortTries: u32 = 4
const shortDigitsMax: usize = 9
let shortCount: i32 = 0
/** Changes when the short strings are others: what each of them is must then be forgotten. */
export let shortsVersion: i32 = 0

/** What the string at hand turned out to be. */
let stringKind: i32 = isPlainString
/** The edge the property at hand belongs to, and the node below it; what `follow` finds. */
let edge: i32 = noEdge
let below: i32 = 0
/** Where the next token and its spelling go. The first token is that of the records themselves. */
let tokenAt: usize = tokens + tokenBytes
let speltAt: usize = spelt

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0d
}

/** Space within a line: a newline ends it. */
// @ts-ignore: decorator
@inline
function skipSpace(from: usize): usize {
  let at = from
  while (load<u8>(at) <= 0x20 && isSpace(load<u8>(at))) at += 1
  return at
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

/** Bytes of the escape whose backslash is at `at`; 0 when it is none. */
// @ts-ignore: decorator
@inline
function escapeWidth(at: usize): usize {
  const byte = load<u8>(at, 1)
  if (byte == 0x75) return areHex(load<u32>(at, 2)) ? 6 : 0
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

/** Whether these four bytes are hexadecimal digits. A bit of each byte says so, and none is carried to the next. */
// @ts-ignore: decorator
@inline
function areHex(four: u32): bool {
  const low = four & 0x7f7f7f7f
  const isDigit = (low + 0x50505050) & ~(low + 0x46464646)
  const letter = low | 0x20202020
  const isLetter = (letter + 0x1f1f1f1f) & ~(letter + 0x19191919)
  return ((isDigit | isLetter) & ~four & 0x80808080) == 0x80808080
}

/** Whether four hexadecimal digits follow each `u` whose bit is set. They may lie behind the 16 bytes at `at`. */
// @ts-ignore: decorator
@inline
function haveDigits(at: usize, bits: i32): bool {
  let rest = bits
  while (rest != 0) {
    if (!areHex(load<u32>(at + <usize>ctz(rest), 1))) return false
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

/** Sets `edge` and `below` to what belongs to the name `[start, end)` in an object of this node. */
function follow(node: i32, start: usize, end: usize): void {
  edge = noEdge
  below = 0
  const bytes = <u32>(end - start)
  const first = load<i32>(nodes + (<usize>node << 3))
  const last = first + load<i32>(nodes + (<usize>node << 3), 4)
  for (let index = first; index < last; index++) {
    const at = edges + (<usize>index << 4)
    if (load<u32>(at, 4) != bytes || !isSame(load<usize>(at), start, bytes)) continue
    edge = index
    below = load<i32>(at, 8)
    return
  }
}

/** Sixteen bytes, of which the first `count` are kept and the others are 0. */
// @ts-ignore: decorator
@inline
function firstBytes(bytes: v128, count: i32): v128 {
  return v128.and(
    bytes,
    i8x16.lt_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>count)),
  )
}

/** Which short string these first `count` bytes are; it is taken in where it is new. -1: there is no place for it. */
function shortString(bytes: v128, count: i32): i32 {
  const string = firstBytes(bytes, count)
  const mixed =
    (i64x2.extract_lane(string, 0) * 0x9e3779b97f4a7c15) ^ (i64x2.extract_lane(string, 1) * 0xc2b2ae3d27d4eb4f)
  let place = <u32>(<u64>mixed >> 51)
  for (let tries: u32 = 0; tries < shortTries; tries++) {
    const at = shorts + (<usize>place << 4)
    const there = v128.load(at)
    if (i8x16.all_true(i8x16.eq(there, string))) return <i32>place
    if (!v128.any_true(there)) {
      v128.store(at, string)
      shortCount += 1
      return <i32>place
    }
    place = (place + 1) & (shortsMax - 1)
  }
  return -1
}

/** Notes a wanted string of `count` bytes, at most 15, with which `bytes` begins. */
function noteShort(found: usize, wanted: i32, start: usize, bytes: v128, count: i32): void {
  const which = count == 0 ? -1 : shortString(bytes, count)
  if (which == -1) {
    note(found, wanted, isPlainString, start, start + <usize>count)
    return
  }
  const at = found + <usize>wanted * foundBytes
  store<i32>(at, isShortString)
  store<i32>(at, which, 4)
}

/** Notes a wanted number of few digits. */
function noteInteger(found: usize, wanted: i32, start: usize, end: usize): void {
  let value = 0
  for (let digit = start; digit < end; digit++) value = value * 10 + <i32>(load<u8>(digit) - 0x30)
  const at = found + <usize>wanted * foundBytes
  store<i32>(at, isShortInteger)
  store<i32>(at, value, 4)
}

/** Whether the token's bytes are those at `at`. */
// @ts-ignore: decorator
@inline
function matches(token: usize, at: usize): bool {
  const spelling = load<usize>(token)
  const bytes = load<u32>(token, 4)
  const equal = i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(spelling)))
  if (bytes <= 16) return (~equal & ((1 << bytes) - 1)) == 0
  if (equal != 0xffff) return false
  for (let index: u32 = 16; index < bytes; index += 16) {
    const from = min(index, bytes - 16)
    if (!i8x16.all_true(i8x16.eq(v128.load(at + from), v128.load(spelling + from)))) return false
  }
  return true
}

/** The token at `at` in the list that begins at `head`, from the expected one on, and then all of them; 0: none. */
function findToken(head: usize, expected: usize, at: usize): usize {
  let token = expected
  for (let tries = 0; tries < triesMax && token != 0; tries++) {
    if (matches(token, at)) return token
    token = load<usize>(token, 16)
  }
  token = load<usize>(head)
  for (let tries = 0; tries < listMax && token != 0; tries++) {
    if (matches(token, at)) return token
    token = load<usize>(token, 16)
  }
  return 0
}

/** Makes a token of `[start, end)`, with `edge` and `below`, behind `before` or at the head of the list; 0: no room. */
function addToken(head: usize, before: usize, start: usize, end: usize): usize {
  const bytes = end - start
  if (bytes > speltBytesMax || tokenAt == tokensEnd || speltAt > speltEnd) return 0
  const token = tokenAt
  tokenAt += tokenBytes
  const link = before == 0 ? head : before + 16
  store<usize>(token, speltAt)
  store<u32>(token, <u32>bytes, 4)
  store<i32>(token, edge, 8)
  store<i32>(token, below, 12)
  store<usize>(token, load<usize>(link), 16)
  store<u64>(token, 0, 20)
  store<usize>(link, token)
  memory.copy(speltAt, start, bytes)
  speltAt += bytes
  return token
}

/** Forgets all tokens. To be called when nodes and edges have changed: tokens have learnt from them. */
export function forgetTokens(): void {
  tokenAt = tokens + tokenBytes
  speltAt = spelt
  memory.fill(tokens, 0, tokenBytes)
}

// @ts-ignore: decorator
@inline
function note(found: usize, wanted: i32, kind: i32, start: usize, end: usize): void {
  if (wanted == noEdge) return
  const at = found + <usize>wanted * foundBytes
  store<i32>(at, kind)
  store<i32>(at, <i32>(start - text), 4)
  store<i32>(at, <i32>(end - text), 8)
}

/**
 * Scans the record that begins at `start`, and notes at `found` what it finds of wanted properties. Returns where the
 * record ends; 0 when it is not sure to be one valid JSON object, and somebody else must look.
 *
 * A level is a container that is open: whether it is an object, its node, the edge it is the value of, where the list of its
 * tokens begins (0: it has none) and the token that is expected next.
 */
function scanRecord(start: usize, found: usize): usize {
  let at = start
  let level: usize = levels
  let inObject = false
  let node: i32 = 0
  let wanted: i32 = noEdge
  let within: i32 = 1
  /** The token at hand, and the list that tokens of the container at hand are in. */
  let token: usize = tokens
  let head: usize = 0
  let before: usize = 0
  if (load<u8>(at) != 0x7b) return 0
  while (true) {
    // A value begins at `at`. `wanted`, `within` and `token` say whose it is.
    const byte: u32 = load<u8>(at)
    let isEntered = false
    if (byte == 0x22) {
      const bytes = v128.load(at, 1)
      const quotes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x22)))
      const others = i8x16.bitmask(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x5c)), i8x16.lt_s(bytes, i8x16.splat(0x20))),
      )
      if (quotes != 0 && (others & ((quotes & -quotes) - 1)) == 0) {
        const count = ctz(quotes)
        if (wanted != noEdge) noteShort(found, wanted, at + 1, bytes, count)
        at += <usize>count + 2
      } else {
        const closing = stringEnd(at + 1)
        if (closing == 0) return 0
        note(found, wanted, stringKind, at + 1, closing)
        at = closing + 1
      }
    } else if (byte - 0x31 < 9 || byte == 0x30 || byte == 0x2d) {
      const bytes = v128.load(at)
      const others = ~i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)))
      const digits = <usize>ctz(others)
      let behind = at + digits
      const next = load<u8>(behind)
      // A whole number of few digits; the others have a sign, a zero in front, a fraction or an exponent.
      if (byte == 0x2d || (byte == 0x30 && digits > 1) || digits == 16 || next == 0x2e || (next | 0x20) == 0x65) {
        behind = numberEnd(at)
        if (behind == 0) return 0
        note(found, wanted, isNumber, at, behind)
      } else if (wanted != noEdge) {
        if (digits <= shortDigitsMax) noteInteger(found, wanted, at, behind)
        else note(found, wanted, isNumber, at, behind)
      }
      at = behind
    } else if (byte == 0x7b || byte == 0x5b) {
      if (level == levelsEnd) return 0
      // Elements of an array share the array's list; what is below a name without a token has none.
      if (token != 0) head = token + (byte == 0x7b ? 20 : 24)
      else if (inObject) head = 0
      inObject = byte == 0x7b
      node = inObject ? within : 0
      store<i32>(level, inObject)
      store<i32>(level, node, 4)
      store<i32>(level, wanted, 8)
      store<usize>(level, head, 12)
      note(found, wanted, inObject ? isObject : isArray, at, at)
      level += levelBytes
      before = 0
      at = skipSpace(at + 1)
      isEntered = true
    } else {
      const word = load<u32>(at)
      let kind = isNull
      let width: usize = 4
      if (word == 0x65757274) kind = isTrue
      else if (word == 0x736c6166 && load<u8>(at, 4) == 0x65) {
        kind = isFalse
        width = 5
      } else if (word != 0x6c6c756e) return 0
      note(found, wanted, kind, at, at + width)
      at += width
    }
    // After a value, or in front of a container's first: close what closes here, and go to the next value.
    while (true) {
      if (!isEntered) at = skipSpace(at)
      const next = load<u8>(at)
      if (next == (inObject ? 0x7d : 0x5d)) {
        at += 1
        level -= levelBytes
        const closed = load<i32>(level, 8)
        if (closed != noEdge) store<i32>(found + <usize>closed * foundBytes, <i32>(at - text), 8)
        if (level == levels) return at
        inObject = load<i32>(level - levelBytes) != 0
        node = load<i32>(level - levelBytes, 4)
        head = load<usize>(level - levelBytes, 12)
        before = load<usize>(level - levelBytes, 16)
        isEntered = false
        continue
      }
      if (!isEntered) {
        if (next != 0x2c) return 0
        at = skipSpace(at + 1)
      }
      break
    }
    if (!inObject) {
      wanted = noEdge
      within = 0
      token = 0
      continue
    }
    // A name begins at `at`.
    token = 0
    if (head != 0) {
      const expected = load<usize>(before == 0 ? head : before + 16)
      token = expected != 0 && matches(expected, at) ? expected : findToken(head, expected, at)
    }
    if (token != 0) {
      wanted = load<i32>(token, 8)
      within = load<i32>(token, 12)
      at += <usize>load<u32>(token, 4)
    } else {
      if (load<u8>(at) != 0x22) return 0
      const name = at
      const closing = stringEnd(at + 1)
      if (closing == 0) return 0
      const isEscaped = stringKind == isEscapedString
      edge = noEdge
      below = 0
      if (node != 0) {
        // A name with escapes may be a wanted one, spelt otherwise.
        if (isEscaped) return 0
        follow(node, at + 1, closing)
      }
      at = skipSpace(closing + 1)
      if (load<u8>(at) != 0x3a) return 0
      at = skipSpace(at + 1)
      wanted = edge
      within = below
      if (head != 0) token = addToken(head, before, name, at)
    }
    // A name that comes twice: the last one counts, and the first may have had things below it.
    if (wanted != noEdge && load<i32>(found + <usize>wanted * foundBytes) != 0) return 0
    if (token != 0) before = token
    store<usize>(level - levelBytes, before, 16)
  }
}

/** Where the first newline is in `[from, end)`; `end` where there is none. */
function newlineFrom(from: usize, end: usize): usize {
  for (let at = from; at < end; at += 16) {
    const newlines = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)))
    if (newlines != 0) return min(at + <usize>ctz(newlines), end)
  }
  return end
}

/** Words of a row: where its line begins and ends, and what is known of it. */
// @ts-ignore: decorator
@inline
function storeRow(row: usize, start: usize, end: usize, known: i32): void {
  store<i32>(row, <i32>(start - text))
  store<i32>(row, <i32>(end - text), 4)
  store<i32>(row, known, 8)
}

/**
 * Scans the lines that lie in `[from, end)` of the text, with their newlines, for the `edgeCount` wanted properties. Fills a row
 * for each; its third word is 1 where the line is sure to be one valid JSON object. Returns how many lines there were, at most
 * `linesMax`: a line without a newline is not among them.
 */
export function scanLines(from: i32, end: i32, edgeCount: i32, linesMax: i32): i32 {
  const stride = rowBytes + <usize>edgeCount * foundBytes
  const textEnd = text + <usize>end
  let at = text + <usize>from
  let row = rows
  let count = 0
  const enough = min(at + aheadBytes, textEnd)
  if (shortCount > shortsFull) {
    memory.fill(shorts, 0, <usize>shortsMax << 4)
    shortCount = 0
    shortsVersion += 1
  }
  while (count < linesMax && at < enough && row + stride <= rowsEnd) {
    memory.fill(row, 0, stride)
    let newline = scanRecord(at, row + rowBytes)
    if (newline != 0) newline = skipSpace(newline)
    const isSure = newline != 0 && load<u8>(newline) == 0x0a
    if (!isSure) newline = newlineFrom(at, textEnd)
    if (newline >= textEnd) break
    storeRow(row, at, newline, isSure)
    at = newline + 1
    row += stride
    count += 1
  }
  return count
}

/** Scans one line that lies at `[start, end)` of the text, whatever follows it, into the first row. True: it is sure. */
export function scanLine(start: i32, end: i32, edgeCount: i32): bool {
  memory.fill(rows, 0, rowBytes + <usize>edgeCount * foundBytes)
  storeRow(rows, text + <usize>start, text + <usize>end, 1)
  let at = scanRecord(text + <usize>start, rows + rowBytes)
  if (at == 0) return false
  while (at < text + <usize>end && isSpace(load<u8>(at))) at += 1
  return at == text + <usize>end
}

/** Kinds of lines of text. */
const isAsciiLine: i32 = 0
const isWideLine: i32 = 1
const isUnsureLine: i32 = 2

/** As `scanLines`, for lines of any text. Their kind is whether they are ASCII, other UTF-8, or somebody else must look. */
export function textLines(from: i32, end: i32, linesMax: i32): i32 {
  const textEnd = text + <usize>end
  let start = text + <usize>from
  let at = start
  let row = rows
  let count = 0
  /** Whether the line has had a byte that is not ASCII. */
  let isWide = false
  while (count < linesMax && row + rowBytes <= rowsEnd && at < textEnd) {
    const bytes = v128.load(at)
    const newlines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x0a)))
    const wide = i8x16.bitmask(bytes)
    if (newlines == 0) {
      if (wide != 0) isWide = true
      at += 16
      continue
    }
    if ((wide & ((newlines & -newlines) - 1)) != 0) isWide = true
    const newline = at + <usize>ctz(newlines)
    if (newline >= textEnd) break
    storeRow(row, start, newline, isWide ? (isUtf8(start, newline) ? isWideLine : isUnsureLine) : isAsciiLine)
    start = newline + 1
    at = start
    isWide = false
    row += rowBytes
    count += 1
  }
  return count
}

function isUtf8(start: usize, end: usize): bool {
  let at = start
  while (at < end) {
    if (i8x16.bitmask(v128.load(at)) == 0) {
      at += 16
      continue
    }
    while (at < end && load<u8>(at) < 0x80) at += 1
    while (at < end && load<u8>(at) >= 0x80) {
      const width = sequenceWidth(at)
      if (width == 0) return false
      at += width
    }
  }
  // A sequence that the line's end cuts short goes on with no newline, so it was none.
  return true
}

// @ts-ignore: decorator
@inline
function hexValue(byte: u32): u32 {
  return (byte & 0x0f) + (byte >> 6) * 9
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

/** What a backslash and this letter stand for. */
function shortEscape(letter: u32): u32 {
  if (letter == 0x6e) return 0x0a
  if (letter == 0x74) return 0x09
  if (letter == 0x72) return 0x0d
  if (letter == 0x62) return 0x08
  return letter == 0x66 ? 0x0c : letter
}

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
