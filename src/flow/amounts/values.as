/** What stands in records, for this kernel and that of merges: safe integers as `record/value.ts` writes them, lengths, keys. */

const tagPositive: u8 = 4
const tagNegative: u8 = 5
/** From here on the tag is the value: integers from 0 to 127. */
const tagSmall: u8 = 0x80

function varintBytes(value: u64): i32 {
  let bytes = 1
  for (let rest = value >> 7; rest !== 0; rest >>= 7) bytes += 1
  return bytes
}

export function writeVarint(at: usize, value: u64): usize {
  let rest = value
  for (; rest >= 0x80; rest >>= 7) store<u8>(at++, <u8>rest | 0x80)
  store<u8>(at, <u8>rest)
  return at + 1
}

/** How many bytes it takes. */
export function valueBytes(value: i64): i32 {
  if (value < 0) return 1 + varintBytes(<u64>(-1 - value))
  return value < 128 ? 1 : 1 + varintBytes(<u64>value)
}

export function writeInteger(at: usize, value: i64): usize {
  if (value < 0) {
    store<u8>(at, tagNegative)
    return writeVarint(at + 1, <u64>(-1 - value))
  }
  if (value < 128) {
    store<u8>(at, <u8>value | tagSmall)
    return at + 1
  }
  store<u8>(at, tagPositive)
  return writeVarint(at + 1, <u64>value)
}

let varint: u64 = 0

/** What `readVarint` has read. */
export function varintRead(): u64 {
  return varint
}

/** Reads a varint. Returns where it ends; `end + 1` where it does not. */
export function readVarint(at: usize, end: usize): usize {
  let value: u64 = 0
  for (let shift: u64 = 0; shift < 56; shift += 7) {
    if (at >= end) return end + 1
    const byte = load<u8>(at++)
    value |= <u64>(byte & 0x7f) << shift
    if (byte < 0x80) {
      varint = value
      return at
    }
  }
  return end + 1
}

/** The safe integer that `bytes` bytes are; NaN for every other value. */
export function readInteger(at: usize, bytes: u32): f64 {
  const tag = load<u8>(at)
  if (bytes === 1 && tag >= tagSmall) return tag & 0x7f
  if (bytes < 2 || (tag !== tagPositive && tag !== tagNegative)) return NaN
  if (readVarint(at + 1, at + bytes) !== at + bytes) return NaN
  return tag === tagPositive ? <f64>varint : -1 - <f64>varint
}

/** What lies behind the key there is written next. */
export function copyKey(to: usize, from: usize, length: u32): void {
  if (length > 64) memory.copy(to, from, length)
  else for (let at: usize = 0; at < <usize>length; at += 8) store<u64>(to + at, load<u64>(from + at))
}
