/**
 * Strings as bytes: UTF-8, and for lone surrogates WTF-8 (Simon Sapin, "The WTF-8 encoding",
 * https://simonsapin.github.io/wtf-8/), so that every JavaScript string survives the way out and back.
 * The bytes of two strings compare as their code points do.
 */

// For the type of isWellFormed: ES2024, and in Node since 20.
/// <reference lib="es2024.string" />

import { type ByteWriter, type Cursor, readVarint } from './bytes.ts'

/** Up to this many UTF-16 units a loop is faster than the call into native code. */
const shortUnitsMax = 40

/** Up to this many bytes a decoded string is looked up among those decoded before. */
const internedBytesMax = 24

/** Most UTF-8 bytes one UTF-16 unit can take. */
const bytesPerUnitMax = 3

/** Ends a string inside a tuple. */
const terminator = 0x00

/** Follows a NUL that belongs to the string; no tag of a key has this value. */
const nulEscape = 0xff

/** Appends a string that ends where its container ends. */
export function writeText(out: ByteWriter, text: string): void {
  if (text.length <= shortUnitsMax) {
    out.reserve(text.length * bytesPerUnitMax)
    out.length = writeUnits(out.buffer, out.length, text, false)
  } else {
    out.reserve(Buffer.byteLength(text))
    writeLongText(out, text)
  }
}

/** Appends a string that ends at a NUL of its own, with NULs inside it escaped. Keeps the order of strings. */
export function writeTerminatedText(out: ByteWriter, text: string): void {
  out.reserve(text.length * bytesPerUnitMax + 1)
  if (text.length <= shortUnitsMax || text.includes('\0')) {
    out.length = writeUnits(out.buffer, out.length, text, true)
  } else {
    writeLongText(out, text)
  }
  out.byte(terminator)
}

/** Appends a string after its length in bytes as a varint. */
export function writeSizedText(out: ByteWriter, text: string): void {
  if (text.length > shortUnitsMax) {
    // A lone surrogate counts three bytes here, as U+FFFD does, and takes three in WTF-8.
    const bytes = Buffer.byteLength(text)
    out.varint(bytes)
    out.reserve(bytes)
    writeLongText(out, text)
    return
  }
  // At most 120 bytes follow, so the length always takes one byte and can be filled in afterwards.
  out.reserve(1 + text.length * bytesPerUnitMax)
  const lengthAt = out.length
  out.length = writeUnits(out.buffer, lengthAt + 1, text, false)
  out.buffer[lengthAt] = out.length - lengthAt - 1
}

/** REQUIRES: there is room for its UTF-8. */
function writeLongText(out: ByteWriter, text: string): void {
  out.length = text.isWellFormed()
    ? out.length + out.buffer.write(text, out.length)
    : writeUnits(out.buffer, out.length, text, false)
}

/** Encodes unit by unit where there is room for it. Returns the offset after the last byte. */
function writeUnits(buffer: Buffer, start: number, text: string, escapeNul: boolean): number {
  let at = start
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) {
      buffer[at++] = unit
      if (unit === 0 && escapeNul) buffer[at++] = nulEscape
    } else if (unit < 0x800) {
      buffer[at++] = 0xc0 | (unit >> 6)
      buffer[at++] = 0x80 | (unit & 0x3f)
    } else {
      const point = text.codePointAt(index)!
      if (point > 0xffff) {
        index += 1
        buffer[at++] = 0xf0 | (point >> 18)
        buffer[at++] = 0x80 | ((point >> 12) & 0x3f)
      } else {
        buffer[at++] = 0xe0 | (point >> 12)
      }
      buffer[at++] = 0x80 | ((point >> 6) & 0x3f)
      buffer[at++] = 0x80 | (point & 0x3f)
    }
  }
  return at
}

/**
 * Strings decoded before, by a hash of their bytes. Keys and property names repeat by the million, and looking one
 * up is several times faster than making it. What is in the table changes no result, only the time it takes.
 */
const interned: string[] = new Array<string>(4096).fill('')

/** Decodes `bytes[start, end)`, a text that is not expected to come again soon: it is not looked up. */
export function readUniqueText(bytes: Buffer, start: number, end: number): string {
  if (end - start > internedBytesMax) return readLongText(bytes, start, end)
  for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return readLongText(bytes, start, end)
  return bytes.toString('latin1', start, end)
}

/** Decodes `bytes[start, end)`. */
function readText(bytes: Buffer, start: number, end: number): string {
  if (end - start > internedBytesMax) return readLongText(bytes, start, end)
  let hash = end - start
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!
    if (byte >= 0x80) return readLongText(bytes, start, end)
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  const slot = (hash ^ (hash >>> 12)) & 4095
  const known = interned[slot]!
  if (isAscii(known, bytes, start, end)) return known
  const text = bytes.toString('latin1', start, end)
  interned[slot] = text
  return text
}

function isAscii(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}

function readLongText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  // A lone surrogate is no UTF-8 and came out as U+FFFD; but U+FFFD may also be what was written.
  return text.includes('\ufffd') ? readWtf8(bytes, start, end) : text
}

function readWtf8(bytes: Buffer, start: number, end: number): string {
  let text = ''
  let from = start
  for (let at = start; at < end - 2; at += 1) {
    const second = bytes[at + 1]!
    if (bytes[at] !== 0xed || second < 0xa0) continue
    const surrogate = 0xd000 | ((second & 0x3f) << 6) | (bytes[at + 2]! & 0x3f)
    text += bytes.toString('utf8', from, at) + String.fromCharCode(surrogate)
    at += 2
    from = at + 1
  }
  return text + bytes.toString('utf8', from, end)
}

/**
 * Decodes what `writeTerminatedText` wrote and moves the cursor behind the terminator.
 * Returns null when there is no terminator before `end`.
 */
export function readTerminatedText(bytes: Buffer, cursor: Cursor, end: number): string | null {
  const start = cursor.at
  let stop = nulFrom(bytes, start, end)
  const isEscaped = stop + 1 < end && bytes[stop + 1] === nulEscape
  while (stop + 1 < end && bytes[stop + 1] === nulEscape) stop = nulFrom(bytes, stop + 2, end)
  if (stop >= end) return null
  cursor.at = stop + 1
  return isEscaped ? readUnescaped(bytes, start, stop) : readText(bytes, start, stop)
}

/** Offset of the first NUL in `bytes[start, end)`; `end` or more when there is none. */
function nulFrom(bytes: Buffer, start: number, end: number): number {
  const near = Math.min(end, start + shortUnitsMax)
  for (let at = start; at < near; at += 1) if (bytes[at] === 0) return at
  if (near === end) return end
  const found = bytes.indexOf(0, near)
  return found === -1 ? end : found
}

function readUnescaped(bytes: Buffer, start: number, end: number): string {
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end; at += 1) {
    plain[length++] = bytes[at]!
    if (bytes[at] === 0) at += 1
  }
  return readText(plain, 0, length)
}

/**
 * Decodes what `writeSizedText` wrote and moves the cursor behind it.
 * Returns null when it would reach beyond `end`.
 */
export function readSizedText(bytes: Buffer, cursor: Cursor, end: number): string | null {
  const length = readVarint(bytes, cursor)
  const start = cursor.at
  if (length > end - start) return null
  cursor.at = start + length
  return readText(bytes, start, start + length)
}

/** Without a prototype it is a table from the start: it leaves no trace of its names in V8, as other objects do. */
const namesTable: Record<string, true> = Object.create(null)

/**
 * The same text as the one string that V8 has of it for names of properties. Two such strings are equal only where they are one, so that a Map
 * finds it without looking at its characters. Cost: a few 100 ns.
 */
export function internedText(text: string): string {
  namesTable[text] = true
  const [name = text] = Object.keys(namesTable)
  delete namesTable[text]
  return name
}

/** Compares strings by code point: negative, zero or positive. */
export function compareText(a: string, b: string): number {
  const unitsBoth = Math.min(a.length, b.length)
  for (let index = 0; index < unitsBoth; index += 1) {
    if (a.charCodeAt(index) !== b.charCodeAt(index)) return comparePoints(a, b, index)
  }
  return a.length - b.length
}

/** Compares at the first unit that differs, which may be the second half of a surrogate pair in one or both. */
function comparePoints(a: string, b: string, index: number): number {
  if (index > 0) {
    const before = a.codePointAt(index - 1)! - b.codePointAt(index - 1)!
    if (before !== 0) return before
  }
  return a.codePointAt(index)! - b.codePointAt(index)!
}
