import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differenceOf, LargestChanges, type RowChange } from './largest-changes.ts'

function change(key: number, difference: RowChange['difference']): RowChange {
  return { kind: 'changed', key, before: null, after: null, difference }
}

const anyDifference = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -5, max: 5 }),
  fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
)

describe('LargestChanges', () => {
  test('keeps what sorting all of them would: by size, then numbers before others, then by turn', () => {
    fc.assert(
      fc.property(fc.array(anyDifference, { maxLength: 60 }), fc.nat({ max: 8 }), (differences, rowsMax) => {
        const largest = new LargestChanges(rowsMax)
        const all = differences.map((difference, turn) => change(turn, difference))
        for (const one of all) largest.add(one.difference, () => one)
        const sizeOf = ({ difference }: RowChange): number =>
          difference === null ? -1 : Math.abs(Number(difference))
        const sorted = all.toSorted((a, b) => sizeOf(b) - sizeOf(a) || Number(a.key) - Number(b.key))
        expect(largest.list()).toEqual(sorted.slice(0, rowsMax))
      }),
      { numRuns: 500 },
    )
  })

  test('does not ask for changes that are too small', () => {
    const largest = new LargestChanges(2)
    let asked = 0
    for (let turn = 0; turn < 1000; turn += 1) {
      largest.add(turn < 10 ? 100 : 1, () => {
        asked += 1
        return change(turn, 100)
      })
    }
    expect(asked).toBeLessThan(15)
    expect(largest.list().map(({ key }) => key)).toEqual([0, 1])
  })
})

describe('differenceOf', () => {
  test('is exact for integers of any size, and null for what is no number', () => {
    expect(differenceOf(2n ** 70n, 2n ** 70n + 1n)).toBe(1n)
    expect(differenceOf(1e300, 3)).toBe(3n - BigInt(1e300))
    expect(differenceOf(9007199254740993n, 1)).toBe(-9007199254740992n)
    expect(differenceOf(1.5, 3)).toBe(1.5)
    expect(differenceOf(0, 2n ** 70n)).toBe(2n ** 70n)
    expect(differenceOf(null, 3)).toBe(null)
    expect(differenceOf(3, null)).toBe(null)
  })
})
