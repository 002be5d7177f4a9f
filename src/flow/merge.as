/**
 * The kernel of merges, in AssemblyScript: many sorted record files of keys with amounts as one, a block of each at a time. What it does is what
 * `merge.ts` and the reducers of `job/reducers/amount.ts` do, many groups a call and without an object for any.
 *
 * There is no heap and no runtime. Memory is cut into parts:
 *
 *     cursors   64 bytes each   see below                           one for each file, in position order
 *     tree       4 bytes each   a tournament of cursors: 0 has the winner, each other place the loser there; behind as many cursors as there may be
 *     out                       records on their way out, as they stand in a block of a record file
 *     blocks                    what cursors stand in, and a long key; only grows
 *
 *     cursor    first 16 bytes of the key as two numbers, zeros behind its end (16), key, its length, value, its length,
 *               where the next record begins, where the block ends, where the block's room is, how large it is, whether the
 *               file has ended, records met in the block
 *
 * Loads may reach a few bytes behind a key, never behind the memory: `makeRoom` keeps a margin.
 */

import { isCount, isMax, isMin, safeMax } from './amounts/memory'
import { copyKey, readInteger, readVarint, varintRead, writeInteger, writeVarint } from './amounts/values'

const cursors: usize = 2048
const tree: usize = 57344
/** How many files a merge may have: so many cursors lie before the tree. */
export const filesMax: i32 = 864
export const out: usize = 65536
const outBytes: usize = 131072
const blocks: usize = 262144

const marginBytes: usize = 256
const pageBytes: usize = 65536

/** What a call ends with. */
const isEnd: i32 = 0
/** The block of `cursorAtHand` is read to its end: the host gives it another, or says that its file has ended. */
const needsBlock: i32 = 1
/** What is in `out` goes into the block at hand; `recordKey` and the rest then say which record begins the next. */
const isFull: i32 = 2
/** The group at hand is another table's. */
const isOther: i32 = 3
/** The block of `cursorAtHand` holds what no writer writes. */
const isDamaged: i32 = 4
const hasNoMemory: i32 = 5
/** A record is at hand. */
const isRecord: i32 = 6
/** The table at hand has what is no safe integer: this merge is to be begun again, the slow way. */
const isForeign: i32 = 7

let cursorCount: i32 = 0
let alive: i32 = 0
let top: usize = blocks
export let cursorAtHand: i32 = 0
/** Records taken so far. */
export let taken: f64 = 0
/** Has the winner's record been taken, so that it has to move on? */
let isTaken: bool = false

function cursorOf(index: i32): usize {
  return cursors + (<usize>index << 6)
}

function makeRoom(end: usize): bool {
  const missing = <i64>(end + marginBytes) - ((<i64>memory.size()) << 16)
  return missing <= 0 || memory.grow(<i32>((missing + <i64>pageBytes - 1) >> 16)) >= 0
}

/** Begins a merge of so many files, which may each be given a block now. */
export function begin(count: i32): void {
  memory.fill(cursors, 0, <usize>count << 6)
  cursorCount = count
  alive = count
  top = blocks
  longKey = 0
  longRoom = 0
  isTaken = false
  inGroup = false
  taken = 0
}

/** Room for a block of so many bytes; null where there is no memory. */
export function roomFor(index: i32, bytes: u32): usize {
  const cursor = cursorOf(index)
  if (load<u32>(cursor, 44) < bytes) {
    const room = max(bytes, load<u32>(cursor, 44) << 1)
    if (!makeRoom(top + room)) return 0
    store<u32>(cursor, <u32>top, 40)
    store<u32>(cursor, room, 44)
    top += room
  }
  return load<u32>(cursor, 40)
}

/** The room has a block of so many bytes now. False where its first record is damaged. */
export function enterBlock(index: i32, bytes: u32): bool {
  const cursor = cursorOf(index)
  store<u32>(cursor, load<u32>(cursor, 40), 32)
  store<u32>(cursor, load<u32>(cursor, 40) + bytes, 36)
  store<u32>(cursor, 0, 52)
  return readRecord(cursor)
}

/** Records met in the cursor's block. */
export function recordsOf(index: i32): i32 {
  return load<u32>(cursorOf(index), 52)
}

/** The cursor's file has ended. */
export function endFile(index: i32): void {
  store<u32>(cursorOf(index), 1, 48)
  alive -= 1
}

/** Moves a cursor to the record that begins where the one before ended. REQUIRES: the block has one. */
function readRecord(cursor: usize): bool {
  const end = <usize>load<u32>(cursor, 36)
  let at = readVarint(load<u32>(cursor, 32), end)
  if (at > end) return false
  const keyBytes = varintRead()
  at = readVarint(at, end)
  const valueBytes = varintRead()
  if (at > end || keyBytes > <u64>(end - at) || valueBytes > <u64>(end - at) - keyBytes) return false
  const value = at + <usize>keyBytes
  store<u32>(cursor, <u32>at, 16)
  store<u32>(cursor, <u32>keyBytes, 20)
  store<u32>(cursor, <u32>value, 24)
  store<u32>(cursor, <u32>valueBytes, 28)
  store<u32>(cursor, <u32>(value + <usize>valueBytes), 32)
  store<u32>(cursor, load<u32>(cursor, 52) + 1, 52)
  store<u64>(cursor, prefixOf(at, keyBytes))
  store<u64>(cursor, keyBytes > 8 ? prefixOf(at + 8, keyBytes - 8) : 0, 8)
  return true
}

function prefixOf(at: usize, bytes: u64): u64 {
  const prefix = bswap<u64>(load<u64>(at))
  if (bytes >= 8) return prefix
  return bytes === 0 ? 0 : prefix & (<u64>(-1) << (64 - (bytes << 3)))
}

/** Does `a` come before `b`? Of equal keys the one of the earlier file does; a file that has ended comes last. */
function precedes(a: i32, b: i32): bool {
  const x = cursorOf(a)
  const y = cursorOf(b)
  if ((load<u32>(x, 48) | load<u32>(y, 48)) !== 0) {
    if (load<u32>(x, 48) !== load<u32>(y, 48)) return load<u32>(y, 48) !== 0
    return a < b
  }
  const highX = load<u64>(x)
  const highY = load<u64>(y)
  if (highX !== highY) return highX < highY
  const lowX = load<u64>(x, 8)
  const lowY = load<u64>(y, 8)
  if (lowX !== lowY) return lowX < lowY
  const order = compareRest(x, y)
  return order === 0 ? a < b : order < 0
}

/** Compares two keys whose first 16 bytes are the same, as far as they have so many. */
function compareRest(x: usize, y: usize): i32 {
  const lengthX = load<u32>(x, 20)
  const lengthY = load<u32>(y, 20)
  const both = min(lengthX, lengthY)
  const a = <usize>load<u32>(x, 16)
  const b = <usize>load<u32>(y, 16)
  for (let at: u32 = 16; at < both; at += 8) {
    const difference = load<u64>(a + at) ^ load<u64>(b + at)
    if (difference === 0) continue
    const place = at + <u32>(ctz(difference) >> 3)
    if (place >= both) break
    return <i32>load<u8>(a + place) - <i32>load<u8>(b + place)
  }
  return lengthX === lengthY ? 0 : lengthX < lengthY ? -1 : 1
}

/** Builds the tournament, when every cursor stands at a record or has ended. */
export function start(): void {
  for (let place = 0; place < cursorCount; place++) store<i32>(tree + (<usize>place << 2), -1)
  for (let index = cursorCount - 1; index >= 0; index--) {
    let winner = index
    let place = (index + cursorCount) >> 1
    // The first to come to a place waits there for the other.
    for (; place > 0; place >>= 1) {
      const node = tree + (<usize>place << 2)
      const other = load<i32>(node)
      if (other < 0) {
        store<i32>(node, winner)
        winner = -1
        break
      }
      if (precedes(other, winner)) {
        store<i32>(node, winner)
        winner = other
      }
    }
    if (winner >= 0) store<i32>(tree, winner)
  }
}

/** Plays again from the leaf of the winner, which has moved. */
function replay(index: i32): void {
  let winner = index
  for (let place = (index + cursorCount) >> 1; place > 0; place >>= 1) {
    const node = tree + (<usize>place << 2)
    const other = load<i32>(node)
    if (!precedes(other, winner)) continue
    store<i32>(node, winner)
    winner = other
  }
  store<i32>(tree, winner)
}

/** The winner's block has been read to its end; another has come, or none. */
let isRefilled: bool = false

export function refilled(): void {
  isRefilled = true
}

/** Sees that the winner stands at a record that is not taken. */
function settle(): i32 {
  if (isTaken) {
    const index = load<i32>(tree)
    const cursor = cursorOf(index)
    if (!isRefilled) {
      cursorAtHand = index
      if (load<u32>(cursor, 32) === load<u32>(cursor, 36)) return needsBlock
      if (!readRecord(cursor)) return isDamaged
    }
    isRefilled = false
    isTaken = false
    replay(index)
  }
  return alive > 0 ? isRecord : isEnd
}

/** The table of the group at hand; -1 where there is none. REQUIRES: nothing is asked for. */
export function tableAtHand(): i32 {
  return alive > 0 ? load<u8>(load<u32>(cursorOf(load<i32>(tree)), 16)) : -1
}

/** Has the cursor the key of this table that is `record[0, bytes)` behind its first `skip` bytes? */
function isKey(cursor: usize, table: i32, skip: u32, record: usize, bytes: u32): bool {
  if (load<u32>(cursor, 20) !== bytes + skip) return false
  const key = <usize>load<u32>(cursor, 16)
  if (<i32>load<u8>(key) !== table) return false
  const other = key + skip
  let at: u32 = 0
  for (; at + 8 <= bytes; at += 8) if (load<u64>(record + at) !== load<u64>(other + at)) return false
  return at === bytes || (load<u64>(record + at) ^ load<u64>(other + at)) << (64 - ((bytes - at) << 3)) === 0
}

// A record is put together where it goes: its key as soon as its group begins.

/** Where the next record goes. */
let outAt: usize = out
let outEnd: usize = out
let inGroup: bool = false
let amount: f64 = 0
/** Records that are whole in `out`, and their bytes. */
export let written: i32 = 0
export let writtenBytes: i32 = 0
/** The record that did not fit any more. */
export let recordKey: usize = 0
export let recordKeyBytes: i32 = 0
export let recordValue: usize = 0
export let recordValueBytes: i32 = 0
/** Groups written so far, also those that did not fit. */
export let groups: f64 = 0

/** What two lengths before a record take at most: see `record-file-writer.ts`, which cuts blocks by the same rule. */
const lengthsBytesMax: usize = 16
/** Room for an amount, in decimal digits or as a value, and for a copy that goes on to a multiple of 8. */
const amountBytesMax: usize = 64
/** A longer key is kept elsewhere, and its record never fits. */
const longKeyBytes: u32 = 65000
let longKey: usize = 0
let longRoom: u32 = 0

/** Begins to fill `out`, with records for a block that has room for so many bytes, or with lines. */
export function beginOut(room: i32): void {
  outAt = out
  outEnd = out + min(<usize>room, outBytes - <usize>longKeyBytes - amountBytesMax)
  written = 0
  writtenBytes = 0
}

/**
 * Folds groups of a table and writes them, until something has to be done by the host.
 *
 * @param kind what the table's amounts are
 * @param asText true writes records of a part file, without the table's number and with amounts as decimal digits; false those of a spill
 */
export function mergeAmounts(table: i32, kind: u32, asText: bool): i32 {
  const skip: u32 = asText ? 1 : 0
  let state = settle()
  while (state === isRecord || (state === isEnd && inGroup)) {
    const index = load<i32>(tree)
    const cursor = cursorOf(index)
    if (inGroup && (state === isEnd || !isKey(cursor, table, skip, recordKey, recordKeyBytes))) {
      inGroup = false
      if (!finishRecord(asText)) return isFull
    }
    if (state === isEnd) return isEnd
    if (!inGroup) {
      const key = <usize>load<u32>(cursor, 16)
      if (<i32>load<u8>(key) !== table) return isOther
      const bytes = load<u32>(cursor, 20) - skip
      recordKey = bytes > longKeyBytes ? roomForLong(bytes) : outAt + (bytes < 128 ? 2 : bytes < 16384 ? 3 : 4)
      if (recordKey === 0) return hasNoMemory
      inGroup = true
      amount = kind === isMin ? Infinity : kind === isMax ? -Infinity : 0
      recordKeyBytes = bytes
      copyKey(recordKey, key + skip, bytes)
    }
    const value = readInteger(load<u32>(cursor, 24), load<u32>(cursor, 28))
    // Whose it is, should it be refused.
    cursorAtHand = index
    if (value !== value) return kind === isCount ? isDamaged : isForeign
    if (kind === isMin) amount = min(amount, value)
    else if (kind === isMax) amount = max(amount, value)
    else amount += value
    if (abs(amount) > safeMax) return kind === isCount ? isDamaged : isForeign
    isTaken = true
    taken += 1
    state = settle()
  }
  return state
}

/** Where a long key has room, and an amount behind it; null where there is no memory. */
function roomForLong(bytes: u32): usize {
  const needed = bytes + <u32>amountBytesMax
  if (longRoom < needed) {
    if (!makeRoom(top + needed)) return 0
    longKey = top
    longRoom = needed
    top += needed
  }
  return longKey
}

/** Puts lengths before the key and the amount behind it. False where the block has no room for that. */
function finishRecord(asText: bool): bool {
  groups += 1
  recordValue = recordKey + recordKeyBytes
  recordValueBytes = <i32>((asText ? writeDigits(recordValue, <i64>amount) : writeInteger(recordValue, <i64>amount)) - recordValue)
  if (recordKey === longKey || outAt + lengthsBytesMax + <usize>(recordKeyBytes + recordValueBytes) > outEnd) return false
  writeVarint(writeVarint(outAt, recordKeyBytes), recordValueBytes)
  outAt = recordValue + recordValueBytes
  written += 1
  writtenBytes = <i32>(outAt - out)
  return true
}

/** A safe integer in decimal digits. */
function writeDigits(at: usize, value: i64): usize {
  if (value < 0) store<u8>(at++, 0x2d)
  const size = <u64>(value < 0 ? -value : value)
  let digits = 1
  for (let rest = size; rest >= 10; rest /= 10) digits += 1
  let place = at + digits
  let rest = size
  do {
    store<u8>(--place, <u8>(48 + (rest % 10)))
    rest /= 10
  } while (rest !== 0)
  return at + digits
}

// Rows of part files, as lines of a result.

/** What a line has around its key and its value, and what a copy goes on to write behind its end. */
const aroundBytes: usize = 64

/**
 * Writes rows as lines of JSON, until something has to be done by the host: take what is in `out`, where that is full; or write the row
 * that `recordKey` and the rest tell of, since its key has something to be escaped, is no text, or the line is long.
 */
export function mergeRows(): i32 {
  let state = settle()
  while (state === isRecord) {
    const cursor = cursorOf(load<i32>(tree))
    const key = <usize>load<u32>(cursor, 16)
    const keyBytes = load<u32>(cursor, 20)
    const valueBytes = load<u32>(cursor, 28)
    const mostBytes = (<u64>keyBytes << 1) + <u64>valueBytes + aroundBytes
    const isShort = mostBytes <= outBytes
    if (isShort && outAt + <usize>mostBytes > out + outBytes) {
      writtenBytes = <i32>(outAt - out)
      return isFull
    }
    isTaken = true
    taken += 1
    const value = <usize>load<u32>(cursor, 24)
    if (!isShort || !writeLine(key, keyBytes, value, valueBytes)) {
      writtenBytes = <i32>(outAt - out)
      recordKey = key
      recordKeyBytes = keyBytes
      recordValue = value
      recordValueBytes = valueBytes
      return isOther
    }
    written += 1
    state = settle()
  }
  writtenBytes = <i32>(outAt - out)
  return state
}

const tagString: u8 = 5
const tagTuple: u8 = 6

/** False where the key is none of text that stands in JSON as it is; then nothing is written. */
function writeLine(key: usize, keyBytes: u32, value: usize, valueBytes: u32): bool {
  // {"key":
  store<u64>(outAt, 0x3a2279656b227b)
  let at = outAt + 7
  const end = key + keyBytes
  const tag = load<u8>(key)
  if (tag === tagString) {
    at = writeText(at, key + 1, end)
    if (at === 0) return false
  } else if (tag === tagTuple) {
    store<u8>(at++, 0x5b)
    for (let from = key + 1; from < end; ) {
      if (load<u8>(from) !== tagString) return false
      let to = from + 1
      while (to < end && load<u8>(to) !== 0) to++
      if (to >= end || load<u8>(to, 1) === 0xff) return false
      if (from > key + 1) store<u8>(at++, 0x2c)
      at = writeText(at, from + 1, to)
      if (at === 0) return false
      from = to + 1
    }
    store<u8>(at++, 0x5d)
  } else return false
  // ,"value":
  store<u64>(at, 0x2265756c6176222c)
  store<u8>(at + 8, 0x3a)
  at += 9
  if (valueBytes <= 16) v128.store(at, v128.load(value))
  else memory.copy(at, value, valueBytes)
  // }, line feed
  store<u16>(at + valueBytes, 0x0a7d)
  outAt = at + valueBytes + 2
  return true
}

/**
 * Writes text in quotes. Returns where it ends; 0 where it has something that JSON escapes, or may have: ED is the first byte of lone
 * surrogates and of some other characters.
 */
function writeText(at: usize, from: usize, to: usize): usize {
  store<u8>(at++, 0x22)
  for (; from < to; from += 16) {
    const bytes = v128.load(from)
    const escaped = v128.or(
      v128.or(i8x16.lt_u(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x22))),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x5c)), i8x16.eq(bytes, i8x16.splat(<i8>0xed))),
    )
    const rest = to - from
    const mask = rest >= 16 ? 0xffff : (1 << <i32>rest) - 1
    if ((i8x16.bitmask(escaped) & mask) !== 0) return 0
    v128.store(at, bytes)
    at += rest >= 16 ? 16 : rest
  }
  store<u8>(at, 0x22)
  return at + 1
}
