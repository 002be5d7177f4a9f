import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { ByteWriter } from './bytes.ts'
import {
  internedText,
  readSizedText,
  readTerminatedText,
  readUniqueText,
  writeSizedText,
  writeTerminatedText,
  writeText,
} from './text.ts'

const units = [
  'a',
  '\0',
  '\x7f',
  '\x80',
  'é',
  '\u07ff',
  '\u0800',
  '한',
  '\uffff',
  '😀',
  '\u{10000}',
  '\u{10ffff}',
]
const lengths = [0, 1, 2, 13, 23, 24, 25, 39, 40, 41, 42, 300]
const wellFormed = units.flatMap((unit) => lengths.map((length) => unit.repeat(length)))
const lone = [
  '\ud800',
  '\udbff',
  '\udc00',
  '\udfff',
  'a\ud800b',
  '\ufffd\udfff\ufffd',
  '\udc00\ud800',
  // Begins with the same byte as a lone surrogate.
  '\ud7ff\ud800한\ud800',
  '한\ufffd\ud000',
  'a\0\ud800',
]
const illFormed = lone.flatMap((text) => [text, `${'a'.repeat(40)}${text}`, `${text}${'é'.repeat(40)}`])

/** In a writer that is full, and that makes no more room than it is asked for. */
function bytesOf(write: (out: ByteWriter, text: string) => void, text: string): Buffer {
  const out = new ByteWriter(1)
  out.byte(7)
  write(out, text)
  return out.copy().subarray(1)
}

/** UTF-8, and of a lone surrogate what WTF-8 says: the three bytes that UTF-8 has for a character of that number. */
function octetsOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const point = character.codePointAt(0)!
      return point >= 0xd800 && point < 0xe000
        ? Buffer.from([0xed, 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)])
        : Buffer.from(character)
    }),
  )
}

describe('a text as bytes', () => {
  const texts = [...wellFormed, ...illFormed]

  test('is UTF-8, and WTF-8 where surrogates are alone; it is read back, whatever stands around it', () => {
    for (const text of texts) {
      const bytes = bytesOf(writeText, text)
      expect(bytes.equals(octetsOf(text)), JSON.stringify(text)).toBe(true)
      // What comes behind looks like a lone surrogate.
      const around = Buffer.concat([Buffer.from('<'), bytes, Buffer.from([0xed, 0xa0, 0x80])])
      expect(readUniqueText(around, 1, 1 + bytes.length)).toBe(text)
    }
  })

  test('ends at a NUL in a tuple, and NULs inside it are followed by 255', () => {
    for (const text of texts) {
      const bytes = bytesOf(writeTerminatedText, text)
      const escaped = [...octetsOf(text)].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]))
      expect(bytes.equals(Buffer.from([...escaped, 0])), JSON.stringify(text)).toBe(true)
      for (const after of ['', '<', '\0']) {
        const around = Buffer.concat([Buffer.from('<'), bytes, Buffer.from(after)])
        const cursor = { at: 1 }
        expect(readTerminatedText(around, cursor, around.length)).toBe(text)
        expect(cursor.at).toBe(1 + bytes.length)
        // What is beyond the end does not count, be it a NUL or what escapes one.
        expect(readTerminatedText(around, { at: 1 }, bytes.length)).toBe(null)
      }
      const beforeMark = Buffer.concat([bytes, Buffer.from([0xff, 0])])
      expect(readTerminatedText(beforeMark, { at: 0 }, bytes.length)).toBe(text)
    }
  })

  test('is none without a NUL, however long it is and whatever comes before', () => {
    for (const length of lengths) {
      const bytes = Buffer.from(`\xff${'a'.repeat(length)}`, 'latin1')
      const cursor = { at: 1 }
      expect(readTerminatedText(bytes, cursor, bytes.length)).toBe(null)
      expect(cursor.at).toBe(1)
    }
  })

  test('stands behind its length in a value', () => {
    for (const text of texts) {
      const octets = octetsOf(text)
      const length = new ByteWriter()
      length.varint(octets.length)
      const bytes = bytesOf(writeSizedText, text)
      expect(bytes.equals(Buffer.concat([length.copy(), octets])), JSON.stringify(text)).toBe(true)
      const cursor = { at: 0 }
      expect(readSizedText(bytes, cursor, bytes.length)).toBe(text)
      expect(cursor.at).toBe(bytes.length)
      expect(readSizedText(bytes, { at: 0 }, bytes.length - 1)).toBe(null)
    }
  })
})

test('a text is what was written, whatever was read before: those that are remembered stand in each other’s place', () => {
  const texts = Array.from({ length: 12_000 }, (_, index) => index.toString(36).padStart(4, '0'))
  for (const order of [texts, texts.toReversed()]) {
    const others = order.filter((text) => {
      const bytes = bytesOf(writeSizedText, text)
      return readSizedText(bytes, { at: 0 }, bytes.length) !== text
    })
    expect(others).toEqual([])
  }
})

describe('internedText()', () => {
  test('gives the same text back, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: anyPoint, maxLength: 40 }),
      fc.constantFrom(
        '',
        '0',
        '-0',
        '4294967295',
        '4294967296',
        '1e21',
        '__proto__',
        'constructor',
        '\0',
        '\ud800',
      ),
      fc.string({ minLength: 40, maxLength: 60 }).map((long) => long.slice(0, 20)),
    )
    fc.assert(
      fc.property(text, (one) => {
        expect(internedText(one)).toBe(one)
        expect(internedText(one)).toBe(one)
      }),
      { numRuns: 2000 },
    )
  })
})
