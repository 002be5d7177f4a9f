/** Growing byte buffers and the variable-length integer both codecs and the record files are made of. */

import { TallymanError } from '../errors.ts'

/** Largest number of bytes a varint of this project takes: 8 × 7 bits hold every integer up to 2^53. */
export const varintBytesMax = 8

const float = new DataView(new ArrayBuffer(8))

/** The bits of the one NaN that is written: whatever bits a NaN had, the bytes are the same. */
const nanHighBits = 0x7ff80000

/**
 * A buffer that grows as it is written. One is kept and cleared between calls, so that the hot path allocates
 * nothing. Bytes before `length` are what was written; a larger `buffer` replaces the old one when it is full.
 */
export class ByteWriter {
  buffer: Buffer
  length = 0

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes)
  }

  /** Makes room for `bytes` more, so that the caller may write into `buffer` from `length` on. */
  reserve(bytes: number): void {
    if (this.length + bytes > this.buffer.length) this.grow(this.length + bytes)
  }

  private grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.buffer.length * 2))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }

  byte(value: number): void {
    if (this.length === this.buffer.length) this.grow(this.length + 1)
    this.buffer[this.length++] = value
  }

  /** An integer from 0 to 2^53 in LEB128: seven bits a byte, least significant first, the high bit says "more". */
  varint(value: number): void {
    this.reserve(varintBytesMax)
    this.length = writeVarintAt(this.buffer, this.length, value)
  }

  /** Eight bytes of an IEEE 754 double, least significant first. */
  float64(value: number): void {
    this.reserve(8)
    float.setFloat64(0, value)
    const high = Number.isNaN(value) ? nanHighBits : float.getInt32(0)
    const low = Number.isNaN(value) ? 0 : float.getInt32(4)
    this.length = writeInt32At(this.buffer, writeInt32At(this.buffer, this.length, low), high)
  }

  /** Copies `source[start, end)`. */
  bytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    this.length = copyBytes(source, start, end, this.buffer, this.length)
  }

  /** A copy of what was written. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.length)
    copyBytes(this.buffer, 0, this.length, copy, 0)
    return copy
  }

  /** Forgets what was written and keeps the room for it. */
  clear(): void {
    this.length = 0
  }
}

function writeInt32At(buffer: Buffer, at: number, value: number): number {
  buffer[at] = value
  buffer[at + 1] = value >>> 8
  buffer[at + 2] = value >>> 16
  buffer[at + 3] = value >>> 24
  return at + 4
}

/** Writes a varint where there is room for it. Returns the offset after its last byte. */
export function writeVarintAt(buffer: Buffer, at: number, value: number): number {
  let rest = value
  let next = at
  // Bit operators see 32 bits, so the part above them is taken off by division.
  while (rest >= 0x80000000) {
    buffer[next++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  while (rest >= 0x80) {
    buffer[next++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[next++] = rest
  return next
}

/** Up to this many bytes a loop is faster than the call into native code. */
const loopBytesMax = 32

/** Copies `source[start, end)` where there is room for it. Returns the offset after the last byte. */
export function copyBytes(source: Buffer, start: number, end: number, into: Buffer, at: number): number {
  if (end - start > loopBytesMax) {
    source.copy(into, at, start, end)
  } else {
    for (let index = start; index < end; index += 1) into[at + index - start] = source[index]!
  }
  return at + end - start
}

/** Compares `a[aStart, aEnd)` with `b[bStart, bEnd)`, as `Buffer.compare` does. Keys are short: a loop beats a call. */
export function compareBytes(
  a: Buffer,
  aStart: number,
  aEnd: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart)
  for (let index = 0; index < length; index++) {
    const difference = a[aStart + index]! - b[bStart + index]!
    if (difference !== 0) return difference
  }
  return aEnd - aStart - (bEnd - bStart)
}

/** Where a reader stands in its bytes. Kept and moved on, so that reading allocates nothing. */
export interface Cursor {
  at: number
}

/**
 * Reads one varint at the cursor and moves the cursor behind it.
 *
 * @throws {TallymanError} `file-damaged` when the bytes end inside it, or it is longer than any that is written
 */
export function readVarint(bytes: Buffer, cursor: Cursor): number {
  let byte = bytes[cursor.at] ?? 0x80
  if (byte < 0x80) {
    cursor.at += 1
    return byte
  }
  let at = cursor.at
  let value = 0
  for (let scale = 1; ; scale *= 0x80) {
    if (at >= bytes.length || at - cursor.at === varintBytesMax) throw damagedVarint(cursor.at)
    byte = bytes[at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  if (value > 2 ** 53) throw damagedVarint(cursor.at)
  cursor.at = at
  return value
}

/** Reads the eight bytes `ByteWriter.float64` wrote. */
export function readFloat64(bytes: Buffer, at: number): number {
  for (let index = 0; index < 8; index += 1) float.setUint8(7 - index, bytes[at + index]!)
  return float.getFloat64(0)
}

function damagedVarint(at: number): TallymanError {
  return new TallymanError('file-damaged', `Length at byte ${at} is cut off or too long.`)
}
