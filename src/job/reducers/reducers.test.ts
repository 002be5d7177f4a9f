import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, type Key } from '../../record/index.ts'
import type { AnyMonoid } from '../reducer.ts'
import { all } from './all.ts'
import { collect } from './collect.ts'
import { count } from './count.ts'
import { countDistinct } from './count-distinct.ts'
import { reducer } from './custom.ts'
import { first } from './first.ts'
import { geometricMean } from './geometric-mean.ts'
import { groupReduce } from './group-reduce.ts'
import { histogram } from './histogram.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { min } from './min.ts'
import { sum } from './sum.ts'
import { topK } from './top-k.ts'
import { variance } from './variance.ts'

function reduced(reducer: AnyMonoid, values: readonly unknown[], key: Key = 'key'): unknown {
  return reducer.finish(
    values.reduce((state, value) => reducer.add(state, value), reducer.empty()),
    key,
  )
}

describe('count', () => {
  it('counts emits', () => {
    expect(reduced(count(), [undefined, undefined])).toBe(2)
    expect(reduced(count(), [])).toBe(0)
  })

  it('refuses a value, which sum would have added up', () => {
    expect(() => reduced(count(), [5])).toThrow('count() takes no value; it got the number 5.')
  })
})

describe('min and max', () => {
  const ascending: readonly Key[] = [
    null,
    false,
    true,
    -Infinity,
    -1,
    0,
    1,
    1n,
    1.5,
    Infinity,
    '',
    'a',
    '\uffff',
    '😀',
    [],
    [0],
    [0, 1],
  ]

  it.each(ascending.slice(1).map((value, i) => ({ value, before: ascending[i] })))(
    'put $before before $value',
    ({ value, before }) => {
      expect(reduced(min(), [value, before])).toStrictEqual(before)
      expect(reduced(max(), [value, before])).toStrictEqual(value)
    },
  )

  it('count -0 as 0, which is the same key', () => {
    expect(reduced(min(), [-0])).toBe(0)
    expect(reduced(max(), [[-0]])).toStrictEqual([0])
  })

  it('keep a tuple as it was when it was added', () => {
    const pair: [number, string] = [1, 'a']
    const monoid: AnyMonoid = max()
    const state = monoid.add(monoid.empty(), pair)
    pair[0] = 99
    expect(monoid.finish(state, 'key')).toStrictEqual([1, 'a'])
  })

  it.each([
    { value: NaN, got: 'NaN' },
    { value: undefined, got: 'undefined' },
    { value: { a: 1 }, got: 'an object with "a"' },
    { value: [1, NaN], got: 'NaN in a list of 2' },
    { value: [[1]], got: 'a list of 1 in a list of 1' },
    { value: new Map(), got: 'a Map' },
    { value: Symbol('s'), got: 'a symbol' },
  ])('refuse $got', ({ value, got }) => {
    expect(() => reduced(min(), [value])).toThrow(
      `min() compares values in the order of keys; it got ${got}.`,
    )
    expect(() => reduced(max(), [value])).toThrow(
      `max() compares values in the order of keys; it got ${got}.`,
    )
  })
})

describe('first, last and collect', () => {
  it('follow the order of adding', () => {
    expect(reduced(first(), ['a', 'b', 'c'])).toBe('a')
    expect(reduced(last(), ['a', 'b', 'c'])).toBe('c')
    expect(reduced(collect(), ['a', 'b', 'a'])).toStrictEqual(['a', 'b', 'a'])
  })

  it('take undefined for a value like any other', () => {
    expect(reduced(first(), [undefined, 'b'])).toBeUndefined()
    expect(reduced(last(), ['a', undefined])).toBeUndefined()
    expect(reduced(collect(), [undefined])).toStrictEqual([undefined])
  })

  it('collect merges lists longer than the stack', () => {
    const monoid = collect<string, number>()
    const long = Array.from({ length: 300_000 }, (_, i) => i)
    expect(monoid.merge([0], long)).toHaveLength(300_001)
  })
})

describe('countDistinct', () => {
  it('tells keys apart as the order of keys does', () => {
    expect(reduced(countDistinct(), [1, 1n, '1', true, null, [1], [1n], [], [[]].flat(), 1, [1]])).toBe(8)
    expect(reduced(countDistinct(), [0, -0, [0], [-0]])).toBe(2)
    expect(reduced(countDistinct(), ['\ud800', '\udfff', '\ufffd'])).toBe(3)
  })

  it('never takes a tuple for a string', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 }))), (values) => {
        const distinct = values.filter(
          (value, i) => !values.slice(0, i).some((earlier) => compareKeys(earlier, value) === 0),
        )
        expect(reduced(countDistinct(), values)).toBe(distinct.length)
      }),
    )
  })

  it('refuses NaN', () => {
    expect(() => reduced(countDistinct(), [NaN])).toThrow(/countDistinct\(\) .* it got NaN\./)
  })
})

describe('topK', () => {
  const byRank = (value: { rank: number }) => value.rank

  it('keeps the best, best first, and the earlier of a tie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 })),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        (ranks, k, smallest) => {
          const values = ranks.map((rank, place) => ({ rank, place }))
          const sign = smallest ? 1 : -1
          const expected = [...values]
            .sort((a, b) => sign * (a.rank - b.rank) || a.place - b.place)
            .slice(0, k)
          expect(reduced(topK(k, { by: byRank, smallest }), values)).toStrictEqual(expected)
        },
      ),
    )
  })

  it('keeps the earlier of a tie across merges', () => {
    const monoid = topK(2, { by: byRank })
    const merged = monoid.merge(
      [{ rank: 1 }],
      [{ rank: 1 }, { rank: 1 }].map((value, i) => ({ ...value, right: i })),
    )
    expect(merged).toStrictEqual([{ rank: 1 }, { rank: 1, right: 0 }])
  })

  it('ranks values by themselves without by', () => {
    expect(reduced(topK(3), ['b', 'a', 'd', 'c'])).toStrictEqual(['d', 'c', 'b'])
    expect(reduced(topK(2, { smallest: true }), [3, 1n, 2])).toStrictEqual([1n, 2])
  })

  it('refuses a rank that is NaN', () => {
    expect(() => reduced(topK(2, { by: () => NaN }), ['a'])).toThrow(/topK\(\) .* it got NaN\./)
  })

  it.each([0, -1, 1.5, NaN, Infinity])('refuses to keep %d values', (k) => {
    expect(() => topK(k)).toThrow(/topK\(\) takes a whole number from 1/)
  })

  it('refuses options that are none', () => {
    expect(() => Reflect.apply(topK, undefined, [2, { by: 'likes' }])).toThrow(
      /option "by" is the string "likes"/,
    )
    expect(() => Reflect.apply(topK, undefined, [2, { smallest: 1 }])).toThrow(
      /option "smallest" is the number 1/,
    )
    expect(() => Reflect.apply(topK, undefined, [2, 'likes'])).toThrow(/options are the string "likes"/)
  })
})

describe('histogram', () => {
  it('holds lower edges in their bin, and counts upper ones in the next or above', () => {
    expect(
      reduced(histogram({ edges: [0, 18, 65] }), [-1, 0, 17.9, 18, 65, 66, -Infinity, Infinity, 18n]),
    ).toStrictEqual({
      below: 2,
      above: 3,
      bins: [
        { from: 0, to: 18, count: 2 },
        { from: 18, to: 65, count: 2 },
      ],
    })
  })

  it('cuts a range in bins of equal width whose edges are as whole as can be', () => {
    const result = reduced(histogram({ from: 0, to: 49, bins: 49 }), [48.5])
    const edges = Array.from({ length: 49 }, (_, from) => ({
      from,
      to: from + 1,
      count: from === 48 ? 1 : 0,
    }))
    expect(result).toStrictEqual({ below: 0, above: 0, bins: edges })
  })

  it('compares bigints exactly', () => {
    const result = reduced(histogram({ edges: [0, 2 ** 53] }), [2n ** 53n - 1n, 2n ** 53n + 1n])
    expect(result).toMatchObject({ above: 1, bins: [{ count: 1 }] })
  })

  it('counts every value once', () => {
    const edges = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 2,
      maxLength: 9,
      comparator: (a, b) => a === b,
    })
    fc.assert(
      fc.property(edges, fc.array(fc.double({ noNaN: true })), (places, values) => {
        const ascending = [...places].sort((a, b) => a - b)
        const sorted = values.map((value) => ascending.filter((edge) => edge <= value).length)
        const expected = Array.from(
          { length: ascending.length + 1 },
          (_, i) => sorted.filter((place) => place === i).length,
        )
        const { below, above, bins } = reduced(histogram({ edges: ascending }), values) as {
          below: number
          above: number
          bins: { count: number }[]
        }
        expect([below, ...bins.map((bin) => bin.count), above]).toStrictEqual(expected)
      }),
    )
  })

  it.each([
    { value: NaN, got: 'NaN' },
    { value: '5', got: 'the string "5"' },
    { value: null, got: 'null' },
  ])('refuses $got', ({ value, got }) => {
    expect(() => reduced(histogram({ edges: [0, 1] }), [value])).toThrow(
      `histogram() takes numbers; it got ${got}.`,
    )
  })

  it.each([
    { options: { edges: [1, 1] }, message: /edge 2, 1, does not come after 1/ },
    { options: { edges: [0, NaN] }, message: /edge 2 is NaN/ },
    { options: { edges: [0] }, message: /edges are a list of 1/ },
    { options: { edges: 5 }, message: /edges are the number 5/ },
    { options: { from: 0, to: Infinity, bins: 2 }, message: /"to" is the number Infinity/ },
    { options: { from: '0', to: 1, bins: 2 }, message: /"from" is the string "0"/ },
    { options: { from: 0, to: 1, bins: 0 }, message: /"bins" is the number 0/ },
    { options: { from: 1, to: 0, bins: 2 }, message: /does not come after/ },
    { options: { from: 1, to: 1 + 2 ** -52, bins: 9 }, message: /does not come after/ },
    { options: { from: -1e308, to: 1e308, bins: 2 }, message: /edge 2 is the number Infinity|edge 1 is NaN/ },
    { options: undefined, message: /options are undefined/ },
  ])('refuses edges like $options', ({ options, message }) => {
    expect(() => Reflect.apply(histogram, undefined, [options])).toThrow(message)
  })
})

describe('all', () => {
  it('gives each reducer its field, and results in the order written', () => {
    const monoid = all({ total: sum(), n: count(), most: max() })
    expect(
      JSON.stringify(
        reduced(monoid, [
          { total: 1, most: 'a' },
          { most: 'b', total: 2 },
        ]),
      ),
    ).toBe('{"total":3,"n":2,"most":"b"}')
  })

  it('needs no value where no field takes one', () => {
    expect(reduced(all({ n: count() }), [undefined, undefined])).toStrictEqual({ n: 2 })
  })

  it('passes the key on', () => {
    const keyed = reducer({
      empty: () => 0,
      add: (state) => state,
      merge: (left) => left,
      finish: (_, key) => key,
    })
    expect(reduced(all({ keyed }), [{ keyed: 1 }], ['a', 1])).toStrictEqual({ keyed: ['a', 1] })
  })

  it('names the field whose value is wrong', () => {
    const monoid = all({ n: count(), inner: all({ total: sum() }) })
    expect(() => reduced(monoid, [{ inner: { total: 'x' } }])).toThrow(
      'Field "inner" of all(): Field "total" of all(): sum() takes numbers; it got the string "x".',
    )
    expect(() => reduced(monoid, [{}])).toThrow(
      'Field "total" of all(): sum() takes numbers; it got undefined.',
    )
    expect(() => reduced(monoid, [5])).toThrow(
      'all() takes an object with "n", "inner"; it got the number 5.',
    )
  })

  it.each([
    { fields: {}, message: /all\(\) got an empty object/ },
    { fields: null, message: /all\(\) got null/ },
    { fields: { a: 5 }, message: /field "a" is the number 5, not a reducer/ },
    { fields: { a: sum }, message: /field "a" is the function "sum", not a reducer/ },
    { fields: { a: groupReduce(() => 0) }, message: /field "a" is a groupReduce, which cannot be combined/ },
    { fields: JSON.parse('{"__proto__":1}'), message: /"__proto__"/ },
  ])('refuses $fields', ({ fields, message }) => {
    expect(() => Reflect.apply(all, undefined, [fields])).toThrow(message)
  })
})

describe('reducer', () => {
  const good = {
    empty: () => 0,
    add: (state: number) => state + 1,
    merge: (left: number, right: number) => left + right,
  }

  it('results in its state without finish', () => {
    expect(reduced(reducer(good), ['a', 'b'])).toBe(2)
  })

  it('keeps this', () => {
    class Steps {
      readonly size = 3
      empty() {
        return 0
      }
      add(state: number) {
        return state + this.size
      }
      merge(left: number, right: number) {
        return left + right
      }
    }
    expect(reduced(reducer(new Steps()), ['a', 'b'])).toBe(6)
  })

  it.each([
    { definition: undefined, message: /got undefined/ },
    { definition: { ...good, add: undefined }, message: /field "add" is undefined; it is a function/ },
    { definition: { ...good, merge: 5 }, message: /field "merge" is the number 5/ },
    { definition: { ...good, add: async () => 0 }, message: /field "add" is async/ },
    { definition: { ...good, finish: 'x' }, message: /field "finish" is the string "x"/ },
    { definition: { ...good, finsh: () => 0 }, message: /no field "finsh"; "finish" was probably meant/ },
    { definition: { ...good, empty: () => () => 0 }, message: /state that is no plain data/ },
  ])('refuses $definition', ({ definition, message }) => {
    expect(() => Reflect.apply(reducer, undefined, [definition])).toThrow(message)
  })

  it('refuses an empty state that keys would share', () => {
    const shared: string[] = []
    const definition = {
      empty: () => shared,
      add: (state: string[]) => state,
      merge: (left: string[]) => left,
    }
    expect(() => reducer(definition)).toThrow(/"empty" returned the same object twice/)
  })
})

describe('geometricMean', () => {
  const meanOf = (...values: readonly (number | bigint)[]): unknown => reduced(geometricMean(), values)

  it('is the root of the product, also where the product is no double', () => {
    expect(meanOf(2, 8)).toBe(4)
    expect(meanOf(1, 10, 100)).toBe(10)
    expect(meanOf(54, 24, 36)).toBe(36)
    expect(meanOf(0.25, 4)).toBe(1)
    expect(meanOf(...Array.from({ length: 1000 }, () => 1e300))).toBe(1e300)
    expect(meanOf(5e-324, 5e-324)).toBe(5e-324)
    expect(meanOf(Number.MAX_VALUE, Number.MAX_VALUE)).toBe(Number.MAX_VALUE)
    expect(meanOf(5e-324, 2 ** 1022)).toBe(2 ** -26)
  })

  it('is the value itself where all are equal, and the root of a square of whole numbers', () => {
    for (let value = 1; value < 500; value++) {
      expect(meanOf(value, value, value)).toBe(value)
      expect(meanOf(value * value, 49)).toBe(7 * value)
    }
  })

  it('is within two units in the last place of the true one', () => {
    const positive = fc.array(fc.double({ min: 2 ** -300, max: 2 ** 300, noNaN: true }), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(positive, (values) => {
        const mean = Number(meanOf(...values))
        const unit = 2 ** (Math.floor(Math.log2(mean)) - 52)
        const product = values.map(exact).reduce(times)
        // Of whole numbers over one power of two, the n-th powers of what is just below and just above lie on both sides of the product.
        expect(compare(power(exact(mean - 2.5 * unit), values.length), product)).toBeLessThan(0)
        expect(compare(power(exact(mean + 2.5 * unit), values.length), product)).toBeGreaterThan(0)
      }),
    )
  })

  it('takes bigints of any size, and a mix', () => {
    expect(meanOf(2n, 8n)).toBe(4)
    expect(meanOf(2n ** 2000n, 2 ** -1000)).toBe(2 ** 500)
    expect(meanOf(10n ** 40n, 10n ** 40n)).toBe(1e40)
    expect(meanOf(2n ** 3000n)).toBe(Infinity)
    expect(meanOf(Infinity, 1)).toBe(Infinity)
  })

  it.each([0, -0, -1, Number.NaN, -Infinity, 0n, -5n])('refuses %s, which has no logarithm', (value) => {
    expect(() => meanOf(1, value)).toThrow('geometricMean() takes numbers above 0; it got')
    expect(() => geometricMean().check?.(value)).toThrow('geometricMean() takes numbers above 0; it got')
  })

  it('refuses what is no number', () => {
    expect(() => reduced(geometricMean(), ['5'])).toThrow('geometricMean() takes numbers; it got')
  })

  it('is finished without a change to its state', () => {
    const monoid: AnyMonoid = geometricMean()
    const state = [0.1, 0.7, 1e-5, 3].reduce(
      (before: unknown, value) => monoid.add(before, value),
      monoid.empty(),
    )
    const before = structuredClone(state)
    monoid.finish(state, 'key')
    expect(state).toEqual(before)
  })
})

/** A positive double as digits over a power of two, exactly. */
function exact(value: number): { readonly digits: bigint; readonly exponent: number } {
  let [digits, exponent] = [value, 0]
  while (!Number.isInteger(digits)) {
    digits *= 2
    exponent -= 1
  }
  return { digits: BigInt(digits), exponent }
}

type Exact = ReturnType<typeof exact>

const times = (a: Exact, b: Exact): Exact => ({
  digits: a.digits * b.digits,
  exponent: a.exponent + b.exponent,
})
const power = (a: Exact, n: number): Exact => Array.from({ length: n }, () => a).reduce(times)

function compare(a: Exact, b: Exact): number {
  const least = Math.min(a.exponent, b.exponent)
  const [left, right] = [a, b].map(({ digits, exponent }) => digits << BigInt(exponent - least)) as [
    bigint,
    bigint,
  ]
  return left < right ? -1 : left > right ? 1 : 0
}

describe('reducers without a result for nothing', () => {
  it.each([mean(), geometricMean(), variance(), min(), max(), first(), last()])(
    '$kind says so',
    (monoid: AnyMonoid) => {
      expect(() => monoid.finish(monoid.empty(), 'key')).toThrow(
        `${monoid.kind}() was finished without a value.`,
      )
    },
  )
})
