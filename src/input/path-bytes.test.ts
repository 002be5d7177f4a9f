import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { comparePathBytes, fromFsBytes, toFsBytes, toFsPath } from './path-bytes.ts'

const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc.string({ unit: anyPoint, maxLength: 12 }).map((text) => Buffer.from(text)),
  // Near the edges of what is UTF-8.
  fc.array(
    fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xed, 0xa0, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff),
    {
      maxLength: 16,
    },
  ),
)

describe('fromFsBytes and toFsBytes', () => {
  test('give back every sequence of bytes', () => {
    fc.assert(
      fc.property(someBytes, (values) => {
        const bytes = Buffer.from(values)
        expect(toFsBytes(fromFsBytes(bytes)).equals(bytes)).toBe(true)
      }),
    )
  })

  test('keep a byte that is not UTF-8 as a lone surrogate', () => {
    expect(fromFsBytes(Buffer.from('a\xffb', 'latin1'))).toBe('a\udcffb')
    expect(fromFsBytes(Buffer.from([0xed, 0xa0, 0x80]))).toBe('\udced\udca0\udc80')
    expect(fromFsBytes(Buffer.from('größe 🗄'))).toBe('größe 🗄')
  })
})

test('toFsPath gives bytes only for names that are not UTF-8', () => {
  expect(toFsPath('größe')).toBe('größe')
  expect(toFsPath('a\udcff')).toEqual(Buffer.from([0x61, 0xff]))
})

test('comparePathBytes has the order of the bytes', () => {
  fc.assert(
    fc.property(someBytes, someBytes, (one, other) => {
      const [left, right] = [Buffer.from(one), Buffer.from(other)]
      const order = comparePathBytes(fromFsBytes(left), fromFsBytes(right))
      expect(Math.sign(order)).toBe(Buffer.compare(left, right))
    }),
  )
})
