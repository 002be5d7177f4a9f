import { foundBytes, isPlainString, isShortInteger, isShortString, noEdge, shorts, text } from './memory'

/** Notes what was found of wanted properties. */

/** How many short strings there is room for, and with how many it is full. A string is looked for in so many places. */
const shortsMax: u32 = 8192
const shortsFull: i32 = 6144
const shortTries: u32 = 4
export const shortDigitsMax: usize = 9
let shortCount: i32 = 0
/** Changes when the short strings are others: what each of them is must then be forgotten. */
export let shortsVersion: i32 = 0

/** Forgets the short strings where there is hardly room for more. Rows that are at hand may not name them any more. */
export function clearFullShorts(): void {
  if (shortCount <= shortsFull) return
  memory.fill(shorts, 0, <usize>shortsMax << 4)
  shortCount = 0
  shortsVersion += 1
}

// @ts-ignore: decorator
@inline
export function note(found: usize, wanted: i32, kind: i32, start: usize, end: usize): void {
  if (wanted == noEdge) return
  const at = found + <usize>wanted * foundBytes
  store<i32>(at, kind)
  store<i32>(at, <i32>(start - text), 4)
  store<i32>(at, <i32>(end - text), 8)
}

/** Notes a wanted string of `count` bytes, at most 15, with which `bytes` begins. */
export function noteShort(found: usize, wanted: i32, start: usize, bytes: v128, count: i32): void {
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
export function noteInteger(found: usize, wanted: i32, start: usize, end: usize): void {
  let value = 0
  for (let digit = start; digit < end; digit++) value = value * 10 + <i32>(load<u8>(digit) - 0x30)
  const at = found + <usize>wanted * foundBytes
  store<i32>(at, isShortInteger)
  store<i32>(at, value, 4)
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

/** Sixteen bytes, of which the first `count` are kept and the others are 0. */
// @ts-ignore: decorator
@inline
function firstBytes(bytes: v128, count: i32): v128 {
  return v128.and(
    bytes,
    i8x16.lt_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>count)),
  )
}
