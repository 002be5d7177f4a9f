/**
 * Keys: their total order, and bytes that compare as the keys do, so that sorting and merging never decode.
 * The encoding is described in docs/formats/keys.md.
 */

import { TallymanError } from '../errors.ts'
import { bigIntFromBytes, bigIntToBytes } from './big-int.ts'
import { ByteWriter, type Cursor } from './bytes.ts'
import { describe } from './plain-data.ts'
import { compareText, readTerminatedText, readUniqueText, writeTerminatedText, writeText } from './text.ts'

/** One part of a key. Any number but NaN. */
export type Scalar = string | number | bigint | boolean | null

/** What values are grouped by: a scalar, or a flat tuple of scalars. The empty tuple is a key too. */
export type Key = Scalar | readonly Scalar[]

// First byte of every scalar and of every tuple. Their order is the order of the kinds of keys. None is 0 or 255:
// in a tuple, 0 ends a string and 255 after it says that it does not.
const tagNull = 1
const tagFalse = 2
const tagTrue = 3
const tagNumber = 4
/** Stored in files, and known to the kernel of merges, `merge.as`, too. */
export const tagString = 5
/** As `tagString`; the elements of the tuple follow, each with a tag of its own. */
export const tagTuple = 6

// What follows the eight bytes of a number: a number ends here, a bigint goes on with what it has above that number.
const suffixNumber = 0
const suffixBelowDoubles = 1
const suffixShort = 2
const suffixLong = 255
const shortBytesMax = suffixLong - suffixShort - 1

/** Tag, eight bytes, suffix. */
const numberBytes = 10

const double = new DataView(new ArrayBuffer(8))

/** Is this something that can be an element of a key, or a key by itself? */
export function isScalar(value: unknown): value is Scalar {
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'boolean':
      return true
    case 'number':
      return !Number.isNaN(value)
    default:
      return value === null
  }
}

/** Is this a key? What `writeKey` takes, and nothing else. */
export function isKey(value: unknown): value is Key {
  if (!Array.isArray(value)) return isScalar(value)
  // `every` would pass over the holes of a list, which are no scalars.
  for (let index = 0; index < value.length; index += 1) if (!isScalar(value[index])) return false
  return true
}

/**
 * Compares two keys: negative when `a` comes first, positive when `b` does, zero when they are the same key.
 *
 * The order is total: null, false, true, numbers and bigints by value, strings by code point, tuples element by
 * element with a prefix first. A number comes before the bigint of the same value; -0 and 0 are the same key.
 */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (!isTuple(a) || !isTuple(b)) return compareScalars(a, b)
  const lengthBoth = Math.min(a.length, b.length)
  for (let index = 0; index < lengthBoth; index += 1) {
    const order = compareScalars(a[index]!, b[index]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareScalars(a: Key, b: Key): number {
  const order = tagOf(a) - tagOf(b)
  if (order !== 0) return order
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  // JavaScript compares a number with a bigint exactly; null, false and true are each the same as themselves.
  if (a! < b!) return -1
  if (a! > b!) return 1
  return (typeof a === 'bigint' ? 1 : 0) - (typeof b === 'bigint' ? 1 : 0)
}

function tagOf(key: Key): number {
  switch (typeof key) {
    case 'string':
      return tagString
    case 'number':
    case 'bigint':
      return tagNumber
    case 'boolean':
      return key ? tagTrue : tagFalse
    default:
      return key === null ? tagNull : tagTuple
  }
}

/** Tells tuples from scalars. `Array.isArray` alone takes no readonly tuple out of the type. */
export function isTuple(key: Key): key is readonly Scalar[] {
  return Array.isArray(key)
}

/**
 * Appends the bytes of a key. `Buffer.compare` orders the bytes of two keys as `compareKeys` orders the keys, and two
 * keys have the same bytes only when they are the same key.
 *
 * @throws {TallymanError} `key-invalid` for anything that is no key; `out` is then as it was
 */
export function writeKey(out: ByteWriter, key: Key): void {
  if (typeof key === 'string') {
    out.byte(tagString)
    writeText(out, key)
  } else if (isTuple(key)) {
    writeTuple(out, key)
  } else if (!writeScalar(out, key)) {
    throw invalidKey(key, null)
  }
}

function writeTuple(out: ByteWriter, tuple: readonly Scalar[]): void {
  const start = out.length
  out.byte(tagTuple)
  for (let index = 0; index < tuple.length; index += 1) {
    const element = tuple[index]!
    if (typeof element === 'string') {
      out.byte(tagString)
      writeTerminatedText(out, element)
    } else if (!writeScalar(out, element)) {
      out.length = start
      throw invalidKey(element, index)
    }
  }
}

/** Appends a scalar that is no string. Returns false, with nothing written, for what is no scalar. */
function writeScalar(out: ByteWriter, scalar: Scalar): boolean {
  if (typeof scalar === 'number') {
    if (Number.isNaN(scalar)) return false
    writeDouble(out, scalar)
    out.byte(suffixNumber)
  } else if (scalar === null) {
    out.byte(tagNull)
  } else if (typeof scalar === 'boolean') {
    out.byte(scalar ? tagTrue : tagFalse)
  } else if (typeof scalar === 'bigint') {
    writeBigInt(out, scalar)
  } else {
    return false
  }
  return true
}

/** Tag and eight bytes: the bits of the double, all flipped when it is negative, else only the sign. */
function writeDouble(out: ByteWriter, value: number): void {
  out.reserve(numberBytes)
  // Adding 0 makes 0 of -0.
  double.setFloat64(0, value + 0)
  const flip = double.getInt32(0) >> 31
  const high = double.getInt32(0) ^ (flip | 0x80000000)
  const low = double.getInt32(4) ^ flip
  const buffer = out.buffer
  const at = out.length
  buffer[at] = tagNumber
  buffer[at + 1] = high >>> 24
  buffer[at + 2] = high >>> 16
  buffer[at + 3] = high >>> 8
  buffer[at + 4] = high
  buffer[at + 5] = low >>> 24
  buffer[at + 6] = low >>> 16
  buffer[at + 7] = low >>> 8
  buffer[at + 8] = low
  out.length = at + 9
}

/** The largest double that is not above `value`, then what `value` has above it. */
function writeBigInt(out: ByteWriter, value: bigint): void {
  const floor = floorDouble(value)
  writeDouble(out, floor)
  if (floor === Number.NEGATIVE_INFINITY) {
    // Below every double: the longer and the larger the magnitude, the earlier it comes, so all bits are flipped.
    out.byte(suffixBelowDoubles)
    writeSizedBytes(out, bigIntToBytes(-value), 0xff)
    return
  }
  const rest = value - BigInt(floor)
  if (rest <= 0xffffffffn) {
    writeSmallRest(out, Number(rest))
    return
  }
  const bytes = bigIntToBytes(rest)
  if (bytes.length <= shortBytesMax) {
    out.byte(suffixShort + bytes.length)
    out.bytes(bytes, 0, bytes.length)
  } else {
    out.byte(suffixLong)
    writeSizedBytes(out, bytes, 0)
  }
}

/** The short form of 32 bits at most, which every 64-bit identifier comes down to, without making a buffer for it. */
function writeSmallRest(out: ByteWriter, rest: number): void {
  const length = 4 - (Math.clz32(rest) >> 3)
  out.byte(suffixShort + length)
  for (let shift = 8 * (length - 1); shift >= 0; shift -= 8) out.byte((rest >>> shift) & 0xff)
}

/** Length in four bytes, most significant first, then the bytes, all of it with its bits flipped by `mask`. */
function writeSizedBytes(out: ByteWriter, bytes: Buffer, mask: number): void {
  out.reserve(4 + bytes.length)
  const start = out.length
  out.buffer.writeUInt32BE(bytes.length, start)
  out.length += 4
  out.bytes(bytes, 0, bytes.length)
  if (mask !== 0) for (let at = start; at < out.length; at += 1) out.buffer[at]! ^= mask
}

function floorDouble(value: bigint): number {
  const nearest = Number(value)
  if (nearest === Number.POSITIVE_INFINITY) return Number.MAX_VALUE
  if (nearest === Number.NEGATIVE_INFINITY || BigInt(nearest) <= value) return nearest
  // Rounded up, and not 0: the double before it has the bits of the next integer down, or up when negative.
  double.setFloat64(0, nearest)
  double.setBigInt64(0, double.getBigInt64(0) + (nearest > 0 ? -1n : 1n))
  return double.getFloat64(0)
}

const scratch = new ByteWriter(1024)

/** The bytes of one key, as `writeKey` appends them. */
export function encodeKey(key: Key): Buffer {
  scratch.clear()
  writeKey(scratch, key)
  return scratch.copy()
}

const cursor: Cursor = { at: 0 }

/**
 * The key whose bytes are `bytes[start, end)`. -0 comes back as 0; everything else as it was.
 *
 * @throws {TallymanError} `file-damaged` for bytes that are not put together as those of a key are
 */
export function decodeKey(bytes: Buffer, start: number, end: number): Key {
  if (start >= end) throw damagedKey(start)
  // Whoever reads keys in order meets each once.
  if (bytes[start] === tagString) return readUniqueText(bytes, start + 1, end)
  if (bytes[start] === tagTuple) return readTuple(bytes, start + 1, end)
  cursor.at = start
  const scalar = readScalar(bytes, end)
  if (cursor.at !== end) throw damagedKey(cursor.at)
  return scalar
}

function readTuple(bytes: Buffer, start: number, end: number): Scalar[] {
  const tuple: Scalar[] = []
  cursor.at = start
  while (cursor.at < end) tuple.push(readScalar(bytes, end))
  return tuple
}

/** Reads an element of a tuple, or a key that is neither string nor tuple, and moves the cursor behind it, never beyond `end`. */
function readScalar(bytes: Buffer, end: number): Scalar {
  switch (bytes[cursor.at++]) {
    case tagString: {
      const text = readTerminatedText(bytes, cursor, end)
      if (text === null) throw damagedKey(cursor.at)
      return text
    }
    case tagNumber:
      return readNumber(bytes, end)
    case tagNull:
      return null
    case tagFalse:
      return false
    case tagTrue:
      return true
    default:
      throw damagedKey(cursor.at - 1)
  }
}

function readNumber(bytes: Buffer, end: number): number | bigint {
  const at = cursor.at
  if (end - at < 9) throw damagedKey(at)
  const high = bytes.readInt32BE(at)
  const flip = ~(high >> 31)
  double.setInt32(0, high ^ (flip | 0x80000000))
  double.setInt32(4, bytes.readInt32BE(at + 4) ^ flip)
  const value = double.getFloat64(0)
  const suffix = bytes[at + 8]!
  cursor.at = at + 9
  if (suffix === suffixNumber && !Number.isNaN(value)) return value
  if (suffix === suffixBelowDoubles && value === Number.NEGATIVE_INFINITY) {
    return -bigIntFromBytes(readSizedBytes(bytes, end, 0xff))
  }
  if (suffix < suffixShort || !Number.isInteger(value)) throw damagedKey(at)
  if (suffix === suffixLong) return BigInt(value) + bigIntFromBytes(readSizedBytes(bytes, end, 0))
  cursor.at += suffix - suffixShort
  if (cursor.at > end) throw damagedKey(at)
  return BigInt(value) + bigIntFromBytes(bytes.subarray(at + 9, cursor.at))
}

function readSizedBytes(bytes: Buffer, end: number, mask: number): Buffer {
  const at = cursor.at
  if (end - at < 4) throw damagedKey(at)
  const length = (bytes.readInt32BE(at) ^ -(mask & 1)) >>> 0
  if (length > end - at - 4) throw damagedKey(at)
  cursor.at = at + 4 + length
  const copy = Buffer.from(bytes.subarray(at + 4, cursor.at))
  if (mask !== 0) for (let index = 0; index < length; index += 1) copy[index]! ^= mask
  return copy
}

function damagedKey(at: number): TallymanError {
  return new TallymanError('file-damaged', `Encoded key is not one at byte ${at}.`)
}

function invalidKey(got: unknown, index: number | null): TallymanError {
  const subject = index === null ? 'Key' : `Key element [${index}]`
  return new TallymanError('key-invalid', `${subject} is ${describe(got)}, which is no key.`, {
    wayOut: wayOut(got),
  })
}

function wayOut(got: unknown): string {
  if (got === undefined) return 'Where a field may be missing, write for example `tweet.lang ?? null`.'
  if (typeof got === 'number')
    return 'NaN equals nothing, so it groups nothing: emit null for it, or do not emit.'
  if (got instanceof Date) return 'Emit its toISOString() or getTime().'
  // It is inside another one, which alone would be a key.
  if (Array.isArray(got)) return 'A tuple is flat: spread the inner array into the outer one.'
  return 'A key is a string, number, bigint, boolean or null, or a flat array of these.'
}
