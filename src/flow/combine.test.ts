import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { count, sum } from '../job/index.ts'
import { encodeKey, type Key } from '../record/index.ts'
import { CombineTable } from './combine.ts'

/** What a table holds, by its keys' bytes. */
function heldBy(table: CombineTable, keys: readonly Key[]): Map<string, unknown> {
  return new Map(keys.map((key) => [encodeKey(key).toString('hex'), table.state(table.find(key))]))
}

const scalar = fc.oneof(
  fc.constantFrom('a', 'b', '', 'a'.repeat(13), 'é', 0, -0, 1, 1n, 0n, true, false, null, 0.5),
  // A part of a longer string is the same key as a string of its own.
  fc.constantFrom('2020-03-01T00:00', '2020-03-01T00:59').map((time) => time.slice(0, 13)),
)
const key: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }))

describe('CombineTable', () => {
  test('counts emits by key, whatever comes after what', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), fc.constantFrom(3, 4096), (keys, mapped) => {
        const table = new CombineTable(count(), 0, mapped)
        const expected = new Map<string, number>()
        for (const one of keys) {
          table.add(one, undefined)
          const bytes = encodeKey(one).toString('hex')
          expected.set(bytes, (expected.get(bytes) ?? 0) + 1)
        }
        expect(table.keyCount).toBe(expected.size)
        if (mapped === 4096) expect(heldBy(table, keys)).toEqual(expected)
        table.clear()
        expect(keys.map((one) => table.find(one))).toEqual(keys.map(() => -1))
      }),
      { numRuns: 2000 },
    )
  })

  test('adds up as sum() does, to the last bit', () => {
    const number = fc.oneof(
      fc.integer(),
      fc.constantFrom(
        0,
        -0,
        2 ** 53,
        2 ** 53 - 1,
        -(2 ** 53) + 1,
        2 ** 52,
        0.1,
        1e300,
        -1e300,
        Number.MAX_VALUE,
      ),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1e22),
      fc.maxSafeInteger(),
    )
    const reducer = sum()
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (values) => {
        const table = new CombineTable(reducer, 0)
        let state = reducer.empty()
        for (const value of values) {
          table.add('a', value)
          state = reducer.add(state, value)
        }
        expect(table.state(0)).toStrictEqual(state)
      }),
      { numRuns: 5000 },
    )
  })

  test('refuses numbers and bigints under one key, as sum() does', () => {
    const table = new CombineTable(sum(), 0)
    table.add('a', 1)
    expect(() => table.add('a', 1n)).toThrow(/numbers and bigints/)
    table.add('b', 1n)
    expect(() => table.add('b', 1)).toThrow(/numbers and bigints/)
  })
})
