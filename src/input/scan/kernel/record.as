import { skipSpace } from './characters'
import { note, noteInteger, noteShort, shortDigitsMax } from './found'
import {
  foundBytes,
  isArray,
  isEscapedString,
  isFalse,
  isNull,
  isNumber,
  isObject,
  isTrue,
  levelBytes,
  levels,
  levelsEnd,
  noEdge,
  text,
  tokens,
} from './memory'
import { addToken, below, edge, findToken, follow, matches } from './names'
import { numberEnd, stringEnd, stringKind } from './scalars'

/**
 * Scans the record that begins at `start`, and notes at `found` what it finds of wanted properties. Returns where the
 * record ends; 0 when it is not sure to be one valid JSON object, and somebody else must look.
 *
 * A level is a container that is open: whether it is an object, its node, the edge it is the value of, where the list of its
 * tokens begins (0: it has none) and the token that is expected next.
 */
export function scanRecord(start: usize, found: usize): usize {
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
      // A name with escapes may be a wanted one, spelt otherwise.
      if (node != 0 && isEscaped) return 0
      follow(node, at + 1, closing)
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
