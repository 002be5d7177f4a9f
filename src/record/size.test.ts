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
