/** Values as bytes: a tagged codec for plain data, described in docs/formats/values.md. */

import { TallymanError } from '../errors.ts'
import { bigIntFromBytes, bigIntToBytes } from './big-int.ts'
import { ByteWriter, type Cursor, readFloat64, readVarint } from './bytes.ts'
import { invalidValue, nestingMax, shapeOf, type TypedBytes, typedBytesClasses } from './plain-data.ts'
import { readSizedText, writeSizedText } from './text.ts'

const tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  positive: 4,
  negative: 5,
  float64: 6,
  positiveBig: 7,
  negativeBig: 8,
  string: 9,
  date: 10,
  array: 11,
  object: 12,
  bareObject: 13,
  map: 14,
  set: 15,
  bytes: 16,
  /** From here on the tag is the value: integers from 0 to 127. */
  small: 0x80,
} as const

/** Integers from 0 to here take one byte. */
const smallMax = 0x7f

/**
 * Appends the bytes of a value. Equal values have equal bytes; properties, entries and members keep their order.
 *
 * Plain data is undefined, null, booleans, numbers (with -0, NaN and the infinities), bigints, strings, dates, arrays,
 * maps, sets, `ArrayBuffer` and its views, and objects without a class. Holes in arrays become undefined.
 *
 * @throws {TallymanError} `value-invalid`, with the path inside the value, for a function, a symbol, an instance of
 *   any other class, a cycle, or more than 1,000 levels of nesting; `out` is then as it was
 */
export function writeValue(out: ByteWriter, value: unknown): void {
  if (typeof value === 'number') {
    writeNumber(out, value)
    return
  }
  const start = out.length
  if (!writeAny(out, value, [])) {
    out.length = start
    throw invalidValue(value)
  }
}

/** Appends any value. Returns false when it is not plain data; part of it may then have been written. */
function writeAny(out: ByteWriter, value: unknown, ancestors: object[]): boolean {
  switch (typeof value) {
    case 'number':
      writeNumber(out, value)
      return true
    case 'string':
      out.byte(tag.string)
      writeSizedText(out, value)
      return true
    case 'object':
      if (value !== null) return writeContainer(out, value, ancestors)
      out.byte(tag.null)
      return true
    case 'boolean':
      out.byte(value ? tag.true : tag.false)
      return true
    case 'undefined':
      out.byte(tag.undefined)
      return true
    case 'bigint':
      writeBigInt(out, value)
      return true
    default:
      return false
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.byte(tag.float64)
    out.float64(value)
  } else if (value < 0) {
    out.byte(tag.negative)
    out.varint(-1 - value)
  } else if (value <= smallMax) {
    out.byte(tag.small + value)
  } else {
    out.byte(tag.positive)
    out.varint(value)
  }
}

function writeBigInt(out: ByteWriter, value: bigint): void {
  out.byte(value < 0n ? tag.negativeBig : tag.positiveBig)
  const bytes = bigIntToBytes(value < 0n ? -value : value)
  out.varint(bytes.length)
  out.bytes(bytes, 0, bytes.length)
}

function writeContainer(out: ByteWriter, value: object, ancestors: object[]): boolean {
  if (ancestors.length === nestingMax || ancestors.includes(value)) return false
  ancestors.push(value)
  const isWritten = writeShape(out, value, ancestors)
  ancestors.pop()
  return isWritten
}

function writeShape(out: ByteWriter, value: object, ancestors: object[]): boolean {
  switch (shapeOf(value)) {
    case 'object':
      return writeObject(out, value as Record<string, unknown>, ancestors)
    case 'array':
      return writeArray(out, value as unknown[], ancestors)
    case 'date':
      out.byte(tag.date)
      out.float64((value as Date).getTime())
      return true
    case 'map':
      return writeMap(out, value as Map<unknown, unknown>, ancestors)
    case 'set':
      out.byte(tag.set)
      return writeAll(out, [...(value as Set<unknown>)], ancestors)
    case 'bytes':
      writeTypedBytes(out, value as TypedBytes)
      return true
    case 'instance':
      return false
  }
}

function writeObject(out: ByteWriter, value: Record<string, unknown>, ancestors: object[]): boolean {
  const keys = Object.keys(value)
  out.byte(Object.getPrototypeOf(value) === null ? tag.bareObject : tag.object)
  out.varint(keys.length)
  for (const key of keys) {
    writeSizedText(out, key)
    if (!writeAny(out, value[key], ancestors)) return false
  }
  return true
}

function writeArray(out: ByteWriter, value: readonly unknown[], ancestors: object[]): boolean {
  out.byte(tag.array)
  return writeAll(out, value, ancestors)
}

function writeAll(out: ByteWriter, values: readonly unknown[], ancestors: object[]): boolean {
  const count = values.length
  out.varint(count)
  for (let index = 0; index < count; index += 1) if (!writeAny(out, values[index], ancestors)) return false
  return true
}

function writeMap(out: ByteWriter, value: ReadonlyMap<unknown, unknown>, ancestors: object[]): boolean {
  out.byte(tag.map)
  out.varint(value.size)
  for (const [key, mapped] of value) {
    if (!writeAny(out, key, ancestors) || !writeAny(out, mapped, ancestors)) return false
  }
  return true
}

function writeTypedBytes(out: ByteWriter, value: TypedBytes): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  out.byte(tag.bytes)
  out.byte(typedBytesClasses.findIndex((typedBytesClass) => typedBytesClass.prototype === prototype))
  out.varint(value.byteLength)
  const bytes =
    value instanceof ArrayBuffer
      ? Buffer.from(value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  out.bytes(bytes, 0, bytes.length)
}

/** The bytes of one value, as `writeValue` appends them. */
export function encodeValue(value: unknown): Buffer {
  // Not kept between calls: a getter inside the value may encode another one.
  const out = new ByteWriter(64)
  writeValue(out, value)
  return out.copy()
}

const cursor: Cursor = { at: 0 }

/**
 * The value whose bytes are `bytes[start, end)`. It shares no memory with `bytes`.
 *
 * @throws {TallymanError} `file-damaged` for bytes that are not put together as those of a value are
 */
export function decodeValue(bytes: Buffer, start: number, end: number): unknown {
  cursor.at = start
  const value = readAny(bytes, end, 0)
  if (cursor.at !== end) throw damagedValue(cursor.at)
  return value
}

function readAny(bytes: Buffer, end: number, depth: number): unknown {
  if (cursor.at >= end) throw damagedValue(cursor.at)
  const first = bytes[cursor.at++]!
  if (first >= tag.small) return first - tag.small
  switch (first) {
    case tag.undefined:
      return undefined
    case tag.null:
      return null
    case tag.false:
      return false
    case tag.true:
      return true
    case tag.positive:
      return readVarint(bytes, cursor)
    case tag.negative:
      return -1 - readVarint(bytes, cursor)
    case tag.float64:
      return readFloat64(bytes, skip(8, end))
    case tag.positiveBig:
      return readBigInt(bytes, end)
    case tag.negativeBig:
      return -readBigInt(bytes, end)
    case tag.string:
      return readString(bytes, end)
    case tag.date:
      return new Date(readFloat64(bytes, skip(8, end)))
    default:
      return readContainer(bytes, end, first, depth)
  }
}

function readContainer(bytes: Buffer, end: number, first: number, depth: number): unknown {
  if (depth === nestingMax) throw damagedValue(cursor.at - 1)
  switch (first) {
    case tag.object:
      return readProperties(bytes, end, {}, depth + 1)
    case tag.array:
      return readAll(bytes, end, depth + 1)
    case tag.bareObject:
      return readProperties(bytes, end, Object.create(null), depth + 1)
    case tag.map:
      return readMap(bytes, end, depth + 1)
    case tag.set:
      return new Set(readAll(bytes, end, depth + 1))
    case tag.bytes:
      return readTypedBytes(bytes, end)
    default:
      throw damagedValue(cursor.at - 1)
  }
}

/** Moves the cursor over `count` bytes and returns where they begin. */
function skip(count: number, end: number): number {
  const at = cursor.at
  if (count > end - at) throw damagedValue(at)
  cursor.at = at + count
  return at
}

function readBigInt(bytes: Buffer, end: number): bigint {
  const at = skip(readVarint(bytes, cursor), end)
  return bigIntFromBytes(bytes.subarray(at, cursor.at))
}

function readString(bytes: Buffer, end: number): string {
  const text = readSizedText(bytes, cursor, end)
  if (text === null) throw damagedValue(cursor.at)
  return text
}

function readProperties(
  bytes: Buffer,
  end: number,
  into: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const count = readVarint(bytes, cursor)
  for (let index = 0; index < count; index += 1) {
    const key = readString(bytes, end)
    const value = readAny(bytes, end, depth)
    // Assigning to __proto__ would change the prototype instead of adding a property.
    if (key === '__proto__') {
      Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true })
    } else {
      into[key] = value
    }
  }
  return into
}

function readAll(bytes: Buffer, end: number, depth: number): unknown[] {
  const count = readVarint(bytes, cursor)
  const values: unknown[] = []
  for (let index = 0; index < count; index += 1) values.push(readAny(bytes, end, depth))
  return values
}

function readMap(bytes: Buffer, end: number, depth: number): Map<unknown, unknown> {
  const count = readVarint(bytes, cursor)
  const map = new Map<unknown, unknown>()
  for (let index = 0; index < count; index += 1) {
    const key = readAny(bytes, end, depth)
    map.set(key, readAny(bytes, end, depth))
  }
  return map
}

function readTypedBytes(bytes: Buffer, end: number): TypedBytes {
  const typedBytesClass = typedBytesClasses[bytes[skip(1, end)]!]
  const at = skip(readVarint(bytes, cursor), end)
  const length = cursor.at - at
  if (typedBytesClass === undefined || length % typedBytesClass.elementBytes !== 0) throw damagedValue(at)
  // A buffer of its own, so that elements of more than one byte are aligned.
  const copy = new ArrayBuffer(length)
  bytes.copy(new Uint8Array(copy), 0, at, cursor.at)
  return typedBytesClass.over(copy)
}

function damagedValue(at: number): TallymanError {
  return new TallymanError('file-damaged', `Encoded value is not one at byte ${at}.`)
}
