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
    for (const first of [0xff, 0xfe]) {
      const byte = `byte 0x${first.toString(16)} is not valid UTF-8 there`
      expect(() => decodeUtf8(Buffer.from([0x41, first, 0x41]), 1, 3)).toThrow(
        new RecordRejection(`${byte}; a file that begins so is often UTF-16`, 0),
      )
      expect(() => decodeUtf8(Buffer.from([0x41, first]), 0, 2)).toThrow(new RecordRejection(byte, 1))
    }
    expect(() => decodeUtf8(Buffer.from([0xfd]), 0, 1)).toThrow(
      new RecordRejection('byte 0xfd is not valid UTF-8 there', 0),
    )
  })
})
