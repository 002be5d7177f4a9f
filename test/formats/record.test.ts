/** Reads the examples out of the pages about keys, values and record files, and holds the code to them. */

import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  compareKeys,
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
  type Key,
  RecordFileReader,
  RecordFileWriter,
} from '../../src/record/index.ts'

function readPage(name: string): string {
  return readFileSync(new URL(`../../docs/formats/${name}`, import.meta.url), 'utf8')
}

/** The rows of two cells in backquotes below a heading of these two words. */
function tableRows(page: string, left: string, right: string): [left: string, right: string][] {
  const heading = new RegExp(`^\\| ${left} +\\| ${right} +\\|\n`, 'm')
  const table = page.split(heading)[1]?.split('\n\n')[0] ?? ''
  return [...table.matchAll(/^\| `(.+)` +\| `(.+)` +\|$/gm)].map((row) => [row[1]!, row[2]!])
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

describe('docs/formats/keys.md', () => {
  const rows = tableRows(readPage('keys.md'), 'key', 'bytes')

  function parseKey(text: string): Key {
    return /^-?\d+n$/.test(text) ? BigInt(text.slice(0, -1)) : (JSON.parse(text) as Key)
  }

  it('has examples', () => {
    expect(rows.length).toBeGreaterThan(10)
  })

  it.each(rows)('encodes %s to the bytes on the page, and decodes them', (text, hex) => {
    const bytes = bytesOf(hex)
    expect(encodeKey(parseKey(text))).toEqual(bytes)
    expect(decodeKey(bytes, 0, bytes.length)).toStrictEqual(parseKey(text))
  })

  it('lists its examples in the order of keys', () => {
    const keys = rows.map(([text]) => parseKey(text))
    expect([...keys].sort(compareKeys)).toStrictEqual(keys)
  })
})

describe('docs/formats/values.md', () => {
  const rows = tableRows(readPage('values.md'), 'value', 'bytes')
  const texts = tableRows(readPage('values.md'), 'value', 'text')
  const encoded = new Map(rows)

  it('has examples', () => {
    expect(rows.length).toBeGreaterThan(20)
    expect(texts.length).toBeGreaterThan(5)
  })

  it.each(rows)('decodes the bytes on the page to %s, and encodes it', (text, hex) => {
    const bytes = bytesOf(hex)
    const value = decodeValue(bytes, 0, bytes.length)
    expect(inspect(value)).toBe(text)
    expect(encodeValue(value)).toEqual(bytes)
  })

  const further: readonly unknown[] = [
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    2n ** 64n,
    { a: undefined, b: [undefined] },
  ]

  it.each(texts)('writes %s as the text on the page', (shown, text) => {
    const hex = encoded.get(shown)
    const bytes = bytesOf(hex ?? '')
    const value =
      hex === undefined
        ? further.find((known) => inspect(known) === shown)
        : decodeValue(bytes, 0, bytes.length)
    expect(inspect(value)).toBe(shown)
    expect(canonicalJson(value)).toBe(text)
  })
})

describe('docs/formats/record-files.md', () => {
  const page = readPage('record-files.md')
  const dump = /```hex\n([^`]*)```/.exec(page)?.[1] ?? ''
  const example = bytesOf(dump.replaceAll(/ {3,}.*$/gm, '').replaceAll('\n', ' '))
  const expected: readonly (readonly [Key, unknown])[] = [
    ['de', 3],
    ['en', 200],
  ]

  it('is read as the page says', () => {
    const reader = new RecordFileReader(
      { name: 'example', sizeBytes: example.length, read: (into, atByte) => example.copy(into, 0, atByte) },
      'part',
    )
    const records: (readonly [Key, unknown])[] = []
    while (reader.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
      records.push([decodeKey(bytes, keyStart, keyEnd), decodeValue(bytes, valueStart, valueEnd)])
    }
    expect(records).toEqual(expected)
  })

  it('is what the writer writes', () => {
    const chunks: Buffer[] = []
    const writer = new RecordFileWriter({ write: (chunk) => void chunks.push(Buffer.from(chunk)) }, 'part')
    for (const record of expected) {
      const [key, value] = [encodeKey(record[0]), encodeValue(record[1])]
      writer.append(key, 0, key.length, value, 0, value.length)
    }
    const checksums = Buffer.concat([example.subarray(5, 9), example.subarray(27, 31)])
    expect(writer.finish()).toEqual({ records: 2, bytes: example.length, crc32: crc32(checksums) })
    expect(Buffer.concat(chunks)).toEqual(example)
  })

  it('has the checksum the page describes', () => {
    expect(crc32(example.subarray(9, 27), 5)).toBe(example.readUInt32LE(5))
    expect(crc32(example.subarray(31, 43), 27)).toBe(example.readUInt32LE(27))
  })
})
