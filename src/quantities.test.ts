import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOf, parseSize, showBytes, showCount, showDuration } from './quantities.ts'

describe('showCount', () => {
  it('groups by thousands whatever the locale', () => {
    expect([0, 999, 1000, 1_304_111_268].map(showCount)).toEqual(['0', '999', '1,000', '1,304,111,268'])
  })

  it('shows every number as a formatter of English does', () => {
    const formatter = new Intl.NumberFormat('en-US')
    const wholes = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -9999, max: 9999 }), fc.bigInt())
    fc.assert(fc.property(wholes, (count) => showCount(count) === formatter.format(count)))
    fc.assert(
      fc.property(
        fc.double(),
        (count) => Object.is(count, -0) || showCount(count) === formatter.format(count),
      ),
    )
  })
})

describe('countOf', () => {
  it('uses the plural for everything but one', () => {
    expect([countOf(0, 'file'), countOf(1, 'file'), countOf(1234, 'file')]).toEqual([
      '0 files',
      '1 file',
      '1,234 files',
    ])
    expect(countOf(2, 'worker process', 'worker processes')).toBe('2 worker processes')
  })
})

describe('showBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.4, '999 B'],
    [999.6, '1 kB'],
    [1000, '1 kB'],
    [1234, '1.23 kB'],
    [12_345, '12.3 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [40_900_000, '40.9 MB'],
    [4.8e12, '4.8 TB'],
    [3.5e15, '3.5 PB'],
  ])('shows %d as %s', (bytes, shown) => {
    expect(showBytes(bytes)).toBe(shown)
  })
})

describe('showDuration', () => {
  it.each([
    [0, '0 ms'],
    [0.2, '1 ms'],
    [99, '99 ms'],
    [100, '0.1 s'],
    [9940, '9.9 s'],
    [9950, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_599_600, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
    [100 * 3_600_000, '100 h 0 min'],
  ])('shows %d ms as %s', (ms, shown) => {
    expect(showDuration(ms)).toBe(shown)
  })
})

describe('parseSize', () => {
  it.each([
    ['1000', 1000],
    ['1B', 1],
    ['64k', 65_536],
    ['64KiB', 65_536],
    ['64 kB', 65_536],
    ['512M', 2 ** 29],
    ['1.5G', 1.5 * 2 ** 30],
    ['2T', 2 ** 41],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  it.each(['', '0', '0.5', '-1', '+1', '1e3', '0x10', '1,000', 'G', '1GG', '1iB', '1Q', ' 1', '99999999T'])(
    'takes %j for no size',
    (text) => {
      expect(parseSize(text)).toBeNull()
    },
  )
})
