import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyValue, isSameData } from '../../test/fixtures/keys-and-values.ts'
import { approximateBytes } from './size.ts'
import { decodeValue, encodeValue } from './value.ts'

describe('approximateBytes', () => {
  it('gives equal values equal estimates', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeValue(value)
        const copy = decodeValue(bytes, 0, bytes.length)
        expect(isSameData(copy, value)).toBe(true)
        expect(approximateBytes(copy)).toBe(approximateBytes(value))
      }),
    )
  })

  // A reader on another machine, or of another version, is to cut the same records into the same spills.
  it.each<[string, unknown, number]>([
    ['a number', 0.5, 16],
    ['null', null, 8],
    ['undefined', undefined, 8],
    ['a boolean', true, 8],
    ['a text without characters', '', 24],
    ['a text', 'de', 28],
    ['a text outside Latin-1', '한국', 28],
    ['a small bigint', 5n, 32],
    ['the largest bigint of 64 bits', 2n ** 63n - 1n, 32],
    ['the smallest bigint of 64 bits', -(2n ** 63n), 32],
    ['a bigint of 65 bits', 2n ** 64n, 33],
    ['a bigint of 1,000 bytes', 2n ** 7999n, 1024],
    ['a date', new Date(0), 96],
    ['an empty list', [], 32],
    ['a list', [0, ''], 32 + 2 * 8 + 16 + 24],
    ['a list in a list', [[0]], 32 + 8 + 32 + 8 + 16],
    ['an empty object', {}, 56],
    ['an object', { a: 0, b: null }, 56 + 2 * 24 + 16 + 8],
    ['an empty map', new Map(), 128],
    ['a map', new Map([['', 0]]), 128 + 40 + 24 + 16],
    ['a set', new Set([0, 1]), 128 + 2 * (40 + 16)],
    ['a Buffer', Buffer.alloc(10), 210],
    ['an array of doubles', new Float64Array(10), 280],
  ])('is the same number everywhere, of %s', (_, value, bytes) => {
    expect(approximateBytes(value)).toBe(bytes)
  })

  it('is never less than what the value must hold', () => {
    expect(approximateBytes('x'.repeat(1000))).toBeGreaterThan(1000)
    expect(approximateBytes(Buffer.alloc(1000))).toBeGreaterThan(1000)
    expect(approximateBytes(2n ** 8000n)).toBeGreaterThan(1000)
    expect(approximateBytes(new Array(1000).fill(0.5))).toBeGreaterThan(16_000)
    expect(
      approximateBytes(new Map(Array.from({ length: 1000 }, (_, index) => [index, index]))),
    ).toBeGreaterThan(40_000)
  })

  it('grows with every element and property', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 4 }), anyValue, (values, more) => {
        expect(approximateBytes([...values, more])).toBeGreaterThan(approximateBytes(values))
        expect(approximateBytes({ ...values, more })).toBeGreaterThan(approximateBytes({ ...values }))
      }),
    )
  })

  it('counts an instance of a class by its fields, since only encoding has to refuse it', () => {
    class Point {
      x = 1
    }
    expect(approximateBytes(new Point())).toBe(approximateBytes({ x: 1 }))
  })
})
