/** The canonical line of a row, `{"key":…,"value":…}` and a line feed: what `.jsonl` files hold, and what the digest is taken over. */

import { parseJson } from '../input/index.ts'
import { RecordRejection } from '../job/index.ts'
import { type ByteWriter, isKey, type Key, writeKeyJson } from '../record/index.ts'

/** Every line begins with it. */
export const beforeKey = '{"key":'
/** Stands between key and value, without white space around it. */
export const beforeValue = ',"value":'
const bytesBeforeKey = Buffer.from(beforeKey)
const bytesBeforeValue = Buffer.from(beforeValue)
const bytesBehindValue = Buffer.from('}\n')
const closingBrace = 0x7d

/** A row's key and value as JSON. */
interface RowJson {
  readonly keyJson: string
  readonly valueJson: string
}

/** The line without its end. */
export function canonicalRow({ keyJson, valueJson }: RowJson): string {
  return `${beforeKey}${keyJson}${beforeValue}${valueJson}}`
}

/** A record, as the bytes of its key and of its value's JSON. */
interface RowBytes {
  readonly bytes: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** Appends a line, from the bytes of a part file and without a string for it. Returns where in `out` the key's JSON ends, which begins behind `beforeKey`. */
export function writeRowLine(
  out: ByteWriter,
  { bytes, keyStart, keyEnd, valueStart, valueEnd }: RowBytes,
): number {
  out.bytes(bytesBeforeKey, 0, bytesBeforeKey.length)
  writeKeyJson(out, bytes, keyStart, keyEnd)
  const keyJsonEnd = out.length
  out.bytes(bytesBeforeValue, 0, bytesBeforeValue.length)
  out.bytes(bytes, valueStart, valueEnd)
  out.bytes(bytesBehindValue, 0, bytesBehindValue.length)
  return keyJsonEnd
}

/** A row of a table as it lies in bytes, key decoded. */
export interface TableRow {
  /** As JSON tells it: see `AscendingKeys` for keys it does not tell apart. */
  readonly key: Key
  /** The value's JSON is `bytes[valueStart, valueEnd)`. */
  readonly valueStart: number
  /** Exclusive. */
  readonly valueEnd: number
}

/**
 * Reads the row whose canonical line, without its newline, is `bytes[start, end)`. The value is not parsed.
 *
 * @returns the row, or what is wrong with it as the rest of a sentence that begins with the line
 */
export function readRow(bytes: Buffer, start: number, end: number): TableRow | string {
  const isRow =
    bytes.compare(
      bytesBeforeKey,
      0,
      bytesBeforeKey.length,
      start,
      Math.min(end, start + bytesBeforeKey.length),
    ) === 0 && bytes[end - 1] === closingBrace
  if (!isRow) return 'is not of the form {"key":…,"value":…}'
  const keyStart = start + bytesBeforeKey.length
  // A key holds no object, so that this text cannot be part of it.
  const middleAt = bytes.subarray(keyStart, end).indexOf(bytesBeforeValue)
  if (middleAt === -1) return 'has no "value" after its "key"'
  const key = readKey(bytes, keyStart, keyStart + middleAt)
  if (typeof key === 'string') return key
  const valueStart = keyStart + middleAt + bytesBeforeValue.length
  if (valueStart === end - 1) return 'has an empty value'
  return { key: key.key, valueStart, valueEnd: end - 1 }
}

/** The key, in a box of its own because keys can be texts, or what is wrong with it. */
function readKey(bytes: Buffer, start: number, end: number): { readonly key: Key } | string {
  try {
    const value = parseJson(bytes, start, end, 'exact')
    return isKey(value) ? { key: value } : 'has a key that is no scalar and no tuple of scalars'
  } catch (error) {
    if (!(error instanceof RecordRejection)) throw error
    return `has a key that is no JSON: ${error.message}`
  }
}

/** A row as JSON texts: numbers keep the digits they have. */
export interface RowTexts {
  /** Elements of the key; one for a scalar. */
  readonly key: readonly string[]
  readonly value: string
}

/** Takes a canonical line apart without parsing its numbers. */
export function splitRow(line: string): RowTexts {
  const keyEnd = jsonEnd(line, beforeKey.length)
  const keyJson = line.slice(beforeKey.length, keyEnd)
  const end = line.endsWith('\n') ? -2 : -1
  return { key: elementTexts(keyJson), value: line.slice(keyEnd + beforeValue.length, end) }
}

function elementTexts(keyJson: string): string[] {
  if (!keyJson.startsWith('[')) return [keyJson]
  const elements: string[] = []
  for (let at = 1; at < keyJson.length - 1; ) {
    const end = jsonEnd(keyJson, at)
    elements.push(keyJson.slice(at, end))
    at = end + 1
  }
  return elements
}

/** Where the JSON value that begins at `start` ends. REQUIRES: valid JSON without white space. */
function jsonEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      at = stringEnd(text, at)
      if (depth === 0) return at + 1
    } else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return at
  }
  return text.length
}

/** Where the string that begins at `start` has its closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
