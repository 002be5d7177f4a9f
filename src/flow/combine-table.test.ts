import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { foldInto } from '../../test/fixtures/folded.ts'
import {
  type AnyReducer,
  all,
  collect,
  count,
  countDistinct,
  groupReduce,
  max,
  mean,
  min,
  reducer,
  sum,
  topK,
} from '../job/index.ts'
import { approximateBytes, ByteWriter, encodeKey, type Key } from '../record/index.ts'
import { CombineTable, numberedKeyBytes } from './combine-table.ts'
import { type KeyAmounts, takeKeyAmounts } from './key-amounts.ts'

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
          foldInto(table, one, undefined)
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
    const adding = sum()
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (values) => {
        const table = new CombineTable(adding, 0)
        let state = adding.empty()
        for (const value of values) {
          foldInto(table, 'a', value)
          state = adding.add(state, value)
        }
        expect(table.state(0)).toStrictEqual(state)
      }),
      { numRuns: 5000 },
    )
  })

  test('refuses numbers and bigints under one key, as sum() does', () => {
    const table = new CombineTable(sum(), 0)
    foldInto(table, 'a', 1)
    expect(() => foldInto(table, 'a', 1n)).toThrow(/numbers and bigints/)
    foldInto(table, 'b', 1n)
    expect(() => foldInto(table, 'b', 1)).toThrow(/numbers and bigints/)
  })

  test('holds the smallest and the largest value of a key, and 0 for -0', () => {
    const [small, large] = [new CombineTable(min(), 0), new CombineTable(max(), 0)]
    for (const value of [3, -7, 12, 12, 4]) {
      foldInto(small, 'a', value)
      foldInto(large, 'a', value)
    }
    expect([small.state(0), large.state(0)]).toEqual([-7, 12])
    foldInto(small, 'b', -0)
    expect(Object.is(small.state(1), 0)).toBe(true)
    for (const value of ['text', 0.5]) {
      foldInto(small, `${value}`, value)
      foldInto(small, `${value}`, value)
    }
    expect([small.state(2), small.state(3)]).toEqual(['text', 0.5])
  })

  test('tells keys apart that begin alike, in whatever order they are looked up', () => {
    const keys: Key[] = [
      ['a'],
      ['a', 1],
      ['a', 1, 1],
      ['a', 2],
      ['b', 1],
      ['b'],
      'a',
      [1, 'a'],
      [],
      ['a', 1, 2],
      ['a', 'b', 1],
    ]
    const table = new CombineTable(count(), 0)
    for (const key of keys) foldInto(table, key, undefined)
    expect(table.keyCount).toBe(keys.length)
    for (const first of keys) {
      for (const second of keys) {
        // The empty tuple has nothing to be found by.
        for (const key of [first, second])
          expect(table.find(key)).toBe(Array.isArray(key) && key.length === 0 ? -1 : keys.indexOf(key))
        expect(table.find(['a', 1, 3])).toBe(-1)
        expect(table.find(['c', 1])).toBe(-1)
        expect(table.find(['a', 'b', 'c', 'd'])).toBe(-1)
      }
    }
    expect(keys.map((_, number) => table.keyOf(number))).toEqual(keys)
  })

  test('finds keys without encoding them up to so many, and four times as many where it does not count', () => {
    for (const [reducer, most, moves] of [
      [count(), 3, true],
      [sum(), 12, true],
      [collect(), 12, false],
    ] as const) {
      const table = new CombineTable(reducer as AnyReducer, 0, 3)
      for (let key = 0; key < most; key++) {
        foldInto(table, key, 1)
        foldInto(table, key, 1)
        expect(table.find(key)).toBe(key)
      }
      expect(table.isToMove).toBe(false)
      foldInto(table, 'one more', 1)
      expect([table.keyCount, table.find(0), table.find('one more')]).toEqual([most + 1, -1, -1])
      expect(table.isToMove).toBe(moves)
      foldInto(table, 0, 1)
      expect([table.keyCount, table.isToMove]).toEqual([most + 1, moves])
    }
  })

  test('forgets all keys, and counts nothing for them any more', () => {
    const table = new CombineTable(collect() as AnyReducer, 0)
    const keys: Key[] = ['a', ['a', 1], ['b', 1], 5n]
    for (const round of [1, 2]) {
      for (const key of keys) foldInto(table, key, 'value')
      expect([table.keyCount, table.find(['a', 1]), table.find(5n)]).toEqual([4, 1, 3])
      expect(table.heldBytes).toBeGreaterThan(0)
      table.clear()
      expect([table.keyCount, table.heldBytes, table.state(0), table.isToMove]).toEqual([
        0,
        0,
        undefined,
        false,
      ])
      expect(keys.map((key) => table.find(key))).toEqual([-1, -1, -1, -1])
      expect(round).toBeLessThan(3)
    }
  })

  test('counts what it holds: what keys take, what they are looked up by, and what states are', () => {
    const keysOnly = (reducer: unknown, keys: readonly Key[], value: unknown): number => {
      const table = new CombineTable(reducer as AnyReducer, 0, 0)
      for (const key of keys) foldInto(table, key, value)
      return table.heldBytes
    }
    const all = (reducer: unknown, keys: readonly Key[], value: unknown): number => {
      const table = new CombineTable(reducer as AnyReducer, 0)
      for (const key of keys) foldInto(table, key, value)
      return table.heldBytes
    }
    const bytes = (key: Key): number => 1 + encodeKey(key).length
    expect(keysOnly(count(), ['abc', 'd'], undefined)).toBe(2 * numberedKeyBytes + bytes('abc') + bytes('d'))
    const maps = (keys: readonly Key[]): number =>
      all(count(), keys, undefined) - keysOnly(count(), keys, undefined)
    expect([maps(['abc']), maps(['x'.repeat(40)]), maps([7]), maps([true]), maps([null])]).toEqual([
      56 + 24 + 2 * 3,
      56 + 24 + 2 * 40,
      56 + 16,
      56 + 16,
      56 + 16,
    ])
    expect(maps([2n ** 70n])).toBe(56 + approximateBytes(2n ** 70n))
    // One more level, of which there is one for both.
    expect(maps([['abc', 1]])).toBe(56 + 24 + 2 * 3 + 240 + 56 + 16)
    expect(
      maps([
        ['abc', 1],
        ['abc', 2],
      ]),
    ).toBe(56 + 24 + 2 * 3 + 240 + 2 * (56 + 16))
    expect([maps([[7]]), maps([[]])]).toEqual([56 + 16, 0])
    const states = (reducer: unknown, value: unknown): number =>
      all(reducer, ['a', 'a'], value) - all(count(), ['a', 'a'], undefined)
    expect(states(sum(), 3)).toBe(0)
    const first = approximateBytes(['value']) + 136
    expect(
      states(
        groupReduce(() => 0),
        'value',
      ),
    ).toBe(first + 40 + approximateBytes('value'))
    expect(states(max(), 'text')).toBe(approximateBytes('text') + 40 + approximateBytes('text'))
  })

  test('counts no less than there is, and after counting again what there is', () => {
    const values: readonly unknown[] = [5, 7, 7, 2 ** 40, -1, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    const texts = values.map((value) => `text ${value}`)
    const kinds: readonly [name: string, reducer: unknown, values: readonly unknown[]][] = [
      ['collect', collect(), values],
      ['groupReduce', groupReduce(() => 0), texts],
      ['countDistinct', countDistinct(), values],
      ['countDistinct of texts', countDistinct(), texts],
      ['topK', topK(3), values],
      [
        'all',
        all({ least: min(), seen: countDistinct() }),
        values.map((value) => ({ least: value, seen: value })),
      ],
      ['mean', mean(), values],
    ]
    for (const [name, reducer, list] of kinds) {
      const table = new CombineTable(reducer as AnyReducer, 0)
      const keysOnly = new CombineTable(count() as AnyReducer, 0)
      for (const [index, value] of list.entries()) {
        foldInto(keysOnly, `key ${index % 2}`, undefined)
        foldInto(table, `key ${index % 2}`, value)
      }
      const counted = table.heldBytes
      table.measure()
      expect(table.heldBytes, name).toBeLessThanOrEqual(counted)
      const states = approximateBytes(table.state(0)) + approximateBytes(table.state(1))
      expect(table.heldBytes - keysOnly.heldBytes, name).toBe(states + 2 * 136)
    }
  })

  test('counts nothing again for states that are numbers', () => {
    const table = new CombineTable(sum() as AnyReducer, 0)
    for (const value of [1, 2, 3]) foldInto(table, 'a', value)
    const before = table.heldBytes
    table.measure()
    expect(table.heldBytes).toBe(before)
    const own = reducer({
      empty: () => 0,
      add: (state: number, value: number) => state + value,
      merge: (left: number, right: number) => left + right,
    })
    const adding = new CombineTable(own as AnyReducer, 0)
    foldInto(adding, 'a', 1)
    const once = adding.heldBytes
    foldInto(adding, 'a', 2)
    expect(adding.heldBytes).toBe(once)
    // Beside states that are none.
    const mixed = new CombineTable(max() as AnyReducer, 0)
    const keys = new CombineTable(count() as AnyReducer, 0)
    for (const [key, value] of [
      ['a', 'text'],
      ['b', 5],
    ] as const) {
      foldInto(mixed, key, value)
      foldInto(keys, key, undefined)
    }
    mixed.measure()
    expect(mixed.heldBytes - keys.heldBytes).toBe(approximateBytes('text'))
  })

  test('counts no spare room for a state that is no list', () => {
    const nothing = reducer({ empty: () => null, add: () => null, merge: () => null })
    const [table, keys] = [nothing, count()].map((one) => {
      const made = new CombineTable(one as AnyReducer, 0)
      foldInto(made, 'a', undefined)
      return made.heldBytes
    })
    expect((table ?? 0) - (keys ?? 0)).toBe(approximateBytes(null))
  })

  test('appends nothing of what is no key', () => {
    const table = new CombineTable(count() as AnyReducer, 5)
    const out = new ByteWriter()
    table.write(out, 'a')
    const whole = Buffer.concat([Buffer.of(5), encodeKey('a')])
    expect(() => table.write(out, ['b', {}] as never)).toThrow('which is no key')
    expect(Buffer.from(out.buffer.subarray(0, out.length))).toEqual(whole)
  })

  test('is a classic group where it keeps values as lists', () => {
    const table = new CombineTable(groupReduce(() => 0) as AnyReducer, 0)
    for (const value of [1, 'b', null]) foldInto(table, 'a', value)
    foldInto(table, 'b', 2)
    expect([table.state(0), table.state(1)]).toEqual([[1, 'b', null], [2]])
    expect([table.isGroup, table.amount]).toEqual([true, null])
    const counting = new CombineTable(count() as AnyReducer, 0)
    expect([counting.isGroup, counting.amount]).toEqual([false, 'count'])
  })

  describe('moves to a kernel', () => {
    const kernel = (): KeyAmounts => {
      const amounts = takeKeyAmounts(flowKernels.amounts)
      if (amounts === null) throw new Error('No kernel was built.')
      return amounts
    }

    test('with all keys and states, and takes them back; what it counts for them is the same', () => {
      const amounts = kernel()
      const table = new CombineTable(max() as AnyReducer, 2, 0)
      const values = [4, -9, 0]
      for (const [number, key] of ['a', 'bc', ['d', 1]].entries()) foldInto(table, key as Key, values[number])
      const { heldBytes } = table
      expect([table.isToMove, table.amounts]).toEqual([true, null])
      table.moveTo(amounts)
      expect(table.amounts).toBe(amounts)
      expect([table.isToMove, table.keyCount, table.heldBytes]).toEqual([false, 3, heldBytes])
      expect(table.state(0)).toBeUndefined()
      table.leave()
      expect([table.amounts, table.keyCount, table.heldBytes]).toEqual([null, 0, 0])
      amounts.visit((bytes, start, end, amount) => table.takeBack(bytes, start, end, amount))
      expect([table.keyCount, table.heldBytes]).toEqual([3, heldBytes])
      expect(values.map((_, number) => [table.keyOf(number), table.state(number)])).toEqual([
        ['a', 4],
        ['bc', -9],
        [['d', 1], 0],
      ])
      amounts.letGo()
    })

    test('as what its reducer is: what a table there counts is added, and of others the largest stays', () => {
      const amounts = kernel()
      const tables = [count(), sum(), min(), max()].map(
        (reducer, number) => new CombineTable(reducer as AnyReducer, number, 0),
      )
      for (const table of tables) {
        foldInto(table, 'a', 3)
        table.moveTo(amounts)
      }
      for (let table = 0; table < 4; table++) {
        const key = Buffer.concat([Buffer.of(table), encodeKey('a')])
        amounts.fold(key, 0, key.length, 5)
      }
      const held: number[] = []
      amounts.visit((_bytes, _start, _end, amount) => held.push(amount))
      expect(held).toEqual([6, 8, 3, 5])
      amounts.letGo()
    })

    test('only as long as all its values and states are safe integers', () => {
      for (const [reducer, values] of [
        [sum(), [1, 0.5]],
        [sum(), [Number.MAX_SAFE_INTEGER, 1]],
        [sum(), [1n]],
        [max(), ['text']],
        [min(), [2 ** 53]],
      ] as const) {
        const table = new CombineTable(reducer as AnyReducer, 0, 0)
        foldInto(table, 'whole', 1)
        expect(table.isToMove).toBe(true)
        for (const value of values) foldInto(table, 'a', value)
        expect(table.isToMove).toBe(false)
        table.clear()
        foldInto(table, 'whole', 1)
        expect(table.isToMove).toBe(false)
      }
      const none = new CombineTable(collect() as AnyReducer, 0, 0)
      foldInto(none, 'a', 1)
      expect(none.isToMove).toBe(false)
    })

    test('and is empty there when it is cleared', () => {
      const amounts = kernel()
      const table = new CombineTable(count() as AnyReducer, 0, 0)
      foldInto(table, 'a', undefined)
      table.moveTo(amounts)
      table.clear()
      expect([table.amounts, table.keyCount]).toEqual([null, 0])
      amounts.letGo()
    })
  })
})
