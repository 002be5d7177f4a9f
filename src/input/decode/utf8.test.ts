import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../../test/fixtures/keys-and-values.ts'
import { RecordRejection } from '../../job/index.ts'
import { decodeUtf8, findInvalidUtf8 } from './utf8.ts'

/** Bytes at the edges of what UTF-8 allows, so that near misses are frequent. */
const edges = [
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed],
  ...[0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
]
const edgeByte = fc.constantFrom(...edges)

describe('findInvalidUtf8', () => {
  test('says -1 exactly where isUtf8 says yes, and else where the valid beginning ends', () => {
    fc.assert(
      fc.property(fc.array(edgeByte, { maxLength: 8 }), (list) => {
        const bytes = Buffer.from(list)
        const at = findInvalidUtf8(bytes, 0, bytes.length)
        expect(at === -1).toBe(isUtf8(bytes))
        if (at === -1) return
        expect(isUtf8(bytes.subarray(0, at))).toBe(true)
        for (let width = 1; width <= 4; width++) {
          if (at + width <= bytes.length) expect(isUtf8(bytes.subarray(at, at + width))).toBe(false)
        }
      }),
      { numRuns: 20_000 },
    )
  })
})

test('findInvalidUtf8 agrees with isUtf8 about each sequence of three bytes, and each that four may begin', () => {
  const followers = [0x7f, 0x80, 0xbf, 0xc0]
  const wrong: string[] = []
  const look = (...list: readonly number[]): void => {
    // What lies behind the end would go on with the sequence.
    const bytes = Buffer.from([...list, 0x80, 0x80, 0x80])
    const at = findInvalidUtf8(bytes, 0, list.length)
    if ((at === -1) !== isUtf8(Buffer.from(list))) wrong.push(bytes.toString('hex'))
    if (at > 0 && !isUtf8(bytes.subarray(0, at))) wrong.push(`${bytes.toString('hex')}: not at ${at}`)
  }
  for (const first of edges) {
    look(first)
    for (const second of edges) {
      look(first, second)
      for (const third of edges) look(first, second, third)
      if (first >= 0xf0)
        for (const third of followers) for (const fourth of followers) look(first, second, third, fourth)
    }
  }
  expect(wrong).toEqual([])
})

describe('decodeUtf8', () => {
  test('gives back every text, from the middle of other bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyPoint }), (text) => {
        const inner = Buffer.from(text)
        const bytes = Buffer.concat([Buffer.from([0xff]), inner, Buffer.from([0xff])])
        expect(decodeUtf8(bytes, 1, 1 + inner.length)).toBe(text)
      }),
    )
  })

  test('rejects at the first wrong byte, counted from the start of the record', () => {
    expect(() => decodeUtf8(Buffer.from([0x41, 0x41, 0x42, 0xe2, 0x82]), 2, 5)).toThrow(
      new RecordRejection('byte 0xe2 is not valid UTF-8 there', 1),
    )
    expect(() => decodeUtf8(Buffer.from([0xfd]), 0, 1)).toThrow(
      new RecordRejection('byte 0xfd is not valid UTF-8 there', 0),
    )
  })

  test('names the letter that a wrong byte is in Latin-1, where it stands among letters', () => {
    const reasonOf = (text: string): string => {
      const line = Buffer.from(`\n${text}\n`, 'latin1')
      try {
        return decodeUtf8(line, 1, line.length - 1)
      } catch (error) {
        return (error as Error).message
      }
    }
    const as = (byte: string, letter: string): string =>
      `byte ${byte} is not valid UTF-8 there; in Windows-1252 and Latin-1 it is "${letter}": iconv -f WINDOWS-1252 -t UTF-8 converts such a file`
    expect(reasonOf('Grüne')).toBe(as('0xfc', 'ü'))
    expect(reasonOf('é Zola')).toBe('byte 0xe9 is not valid UTF-8 there')
    expect(reasonOf('Ähre')).toBe(as('0xc4', 'Ä'))
    expect(reasonOf('caf\xe9')).toBe(as('0xe9', 'é'))
    expect(reasonOf('Z\xc0')).toBe(as('0xc0', 'À'))
    for (const other of [
      'a\xd7b',
      'a\xf7b',
      'a\xffb',
      'a\xfeb',
      'a\xbfb',
      '1\xe92',
      'a\xe9\xe9b',
      '\xe9',
      '@\xe9[',
      '`\xe9{',
    ])
      expect(reasonOf(other)).toMatch(/^byte 0x.. is not valid UTF-8 there$/)
  })
})
