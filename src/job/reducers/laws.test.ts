import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../record/index.ts'
import type { AnyMonoid } from '../reducer.ts'
import { all } from './all.ts'
import { collect } from './collect.ts'
import { count } from './count.ts'
import { countDistinct } from './count-distinct.ts'
import { reducer } from './custom.ts'
import { first } from './first.ts'
import { geometricMean } from './geometric-mean.ts'
import { histogram } from './histogram.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { min } from './min.ts'
import { sum } from './sum.ts'
import { topK } from './top-k.ts'
import { variance } from './variance.ts'

const scalar = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.bigInt({ min: -2n, max: 2n }),
  fc.constantFrom(-0, 0.5, Infinity, -Infinity, null, true, false, '', 'a', 'b', '\ud800', '\uffff', '😀'),
)
const key = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))
const plainData = fc.oneof(
  key,
  fc.constant(undefined),
  fc.dictionary(fc.string(), fc.integer(), { maxKeys: 3 }),
)
const bigint = fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt())

/** Doubles as sums meet them: tenths, money, whole numbers, the huge and the tiny, and all of them mixed. */
const finiteDouble = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((tenths) => tenths / 10),
  fc.integer({ min: -20, max: 20 }),
  fc.maxSafeInteger(),
  fc
    .tuple(fc.maxSafeInteger(), fc.integer({ min: -1074, max: 971 }))
    .map(([digits, exponent]) => digits * 2 ** exponent),
  fc.constantFrom(
    -0,
    2 ** 970,
    -(2 ** 970),
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    5e-324,
    -5e-324,
    1e16,
    -1e16,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const anyDouble = fc.oneof(
  { arbitrary: finiteDouble, weight: 4 },
  { arbitrary: fc.constantFrom(Infinity, -Infinity, NaN), weight: 1 },
)

const positive = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  finiteDouble.filter((value) => value > 0),
  fc.constantFrom(5e-324, 2 ** -1022, 1, Number.MAX_VALUE, Infinity),
  fc.bigInt({ min: 1n, max: 2n ** 1100n }),
)

/** A reducer with values it takes. */
interface Case {
  readonly name: string
  readonly reducer: AnyMonoid
  readonly values: fc.Arbitrary<unknown>
  /** Does it promise that order does not matter? */
  readonly commutes: boolean
}

const longestWord = reducer({
  empty: () => '',
  add: (state, word: string) => (word.length > state.length ? word : state),
  merge: (left, right) => (right.length > left.length ? right : left),
})
const ranked = fc.record({ rank: fc.integer({ min: 0, max: 3 }), name: fc.string() })
const byRank = (value: { rank: number }) => value.rank

const cases: readonly Case[] = [
  { name: 'count', reducer: count(), values: fc.constant(undefined), commutes: true },
  { name: 'sum', reducer: sum(), values: finiteDouble, commutes: true },
  { name: 'sum with infinities and NaN', reducer: sum(), values: anyDouble, commutes: true },
  { name: 'sum of bigints', reducer: sum(), values: bigint, commutes: true },
  { name: 'mean', reducer: mean(), values: finiteDouble, commutes: true },
  { name: 'mean with infinities and NaN', reducer: mean(), values: anyDouble, commutes: true },
  { name: 'mean of bigints', reducer: mean(), values: bigint, commutes: true },
  { name: 'geometricMean', reducer: geometricMean(), values: positive, commutes: true },
  { name: 'variance', reducer: variance(), values: finiteDouble, commutes: true },
  { name: 'variance with infinities and NaN', reducer: variance(), values: anyDouble, commutes: true },
  { name: 'variance of bigints', reducer: variance(), values: bigint, commutes: true },
  { name: 'sample variance', reducer: variance({ sample: true }), values: finiteDouble, commutes: true },
  { name: 'min', reducer: min(), values: key, commutes: true },
  { name: 'max', reducer: max(), values: key, commutes: true },
  { name: 'first', reducer: first(), values: plainData, commutes: false },
  { name: 'last', reducer: last(), values: plainData, commutes: false },
  { name: 'collect', reducer: collect(), values: plainData, commutes: false },
  { name: 'countDistinct', reducer: countDistinct(), values: key, commutes: true },
  { name: 'topK', reducer: topK(3), values: key, commutes: false },
  { name: 'topK by rank', reducer: topK(3, { by: byRank }), values: ranked, commutes: false },
  {
    name: 'topK smallest by rank',
    reducer: topK(4, { by: byRank, smallest: true }),
    values: ranked,
    commutes: false,
  },
  {
    name: 'histogram',
    reducer: histogram({ edges: [-1, 0, 0.1, 1e300] }),
    values: finiteDouble,
    commutes: true,
  },
  {
    name: 'all',
    reducer: all({
      total: sum(),
      n: count(),
      names: collect(),
      spread: all({ least: min(), values: variance() }),
    }),
    values: fc.record({
      total: finiteDouble,
      names: fc.string(),
      spread: fc.record({ least: key, values: finiteDouble }),
    }),
    commutes: false,
  },
  { name: 'reducer', reducer: longestWord, values: fc.string(), commutes: false },
]

const runs = { numRuns: 150 }

/** A state as another task reads it from a spill: nothing is shared, and only plain data is left. */
function stored(state: unknown): unknown {
  const bytes = encodeValue(state)
  return decodeValue(bytes, 0, bytes.length)
}

function fold(reducer: AnyMonoid, values: readonly unknown[]): unknown {
  return values.reduce((state, value) => reducer.add(state, value), reducer.empty())
}

/** The result as bytes, which tell -0 from 0, one NaN from a number, and the order of properties. */
function resultOf(reducer: AnyMonoid, state: unknown): string {
  return encodeValue(reducer.finish(stored(state), 'key')).toString('hex')
}

/** Folds runs of values by themselves, then merges neighbours where `turns` says until one state is left. */
function mergeTree(reducer: AnyMonoid, values: readonly unknown[], { cuts, turns }: Grouping): unknown {
  const states: unknown[] = []
  let start = 0
  for (const cut of [...cuts.map((cut) => cut % (values.length + 1)).sort((a, b) => a - b), values.length]) {
    states.push(fold(reducer, values.slice(start, cut)))
    start = cut
  }
  for (let turn = 0; states.length > 1; turn++) {
    const choice = turns[turn % turns.length] ?? 0
    const at = choice % (states.length - 1)
    const [left, right] = states.slice(at, at + 2)
    states.splice(
      at,
      2,
      choice % 3 === 0 ? reducer.merge(left, right) : reducer.merge(stored(left), stored(right)),
    )
  }
  return states[0]
}

interface Grouping {
  readonly cuts: readonly number[]
  readonly turns: readonly number[]
}

const grouping: fc.Arbitrary<Grouping> = fc.record({
  cuts: fc.array(fc.nat(64), { maxLength: 8 }),
  turns: fc.array(fc.nat(64), { minLength: 1, maxLength: 8 }),
})

describe.each(cases)('laws of $name', ({ reducer, values, commutes }) => {
  const some = fc.array(values, { minLength: 1, maxLength: 24 })
  const few = fc.array(values, { maxLength: 6 })

  it('empty is an identity of merge on both sides', () => {
    fc.assert(
      fc.property(some, (given) => {
        const alone = resultOf(reducer, fold(reducer, given))
        expect(resultOf(reducer, reducer.merge(reducer.empty(), fold(reducer, given)))).toBe(alone)
        expect(resultOf(reducer, reducer.merge(fold(reducer, given), reducer.empty()))).toBe(alone)
      }),
      runs,
    )
  })

  it('merge is associative', () => {
    fc.assert(
      fc.property(few, some, few, (a, b, c) => {
        const [foldA, foldB, foldC] = [a, b, c].map((part) => () => fold(reducer, part)) as [Fold, Fold, Fold]
        const leftFirst = reducer.merge(reducer.merge(foldA(), foldB()), foldC())
        const rightFirst = reducer.merge(foldA(), reducer.merge(foldB(), foldC()))
        expect(resultOf(reducer, leftFirst)).toBe(resultOf(reducer, rightFirst))
      }),
      runs,
    )
  })

  it('every grouping and every tree of merges finishes as the sequential fold', () => {
    fc.assert(
      fc.property(some, grouping, (given, how) => {
        expect(resultOf(reducer, mergeTree(reducer, given, how))).toBe(
          resultOf(reducer, fold(reducer, given)),
        )
      }),
      runs,
    )
  })

  it('adding to a merged or stored state goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(few, few, some, (a, b, c) => {
        const merged = reducer.merge(fold(reducer, a), stored(fold(reducer, b)))
        const state = c.reduce((before, value) => reducer.add(stored(before), value), merged)
        expect(resultOf(reducer, state)).toBe(resultOf(reducer, fold(reducer, [...a, ...b, ...c])))
      }),
      runs,
    )
  })

  it('empty gives every key a state of its own', () => {
    fc.assert(
      fc.property(some, (given) => {
        const before = encodeValue(reducer.empty()).toString('hex')
        fold(reducer, given)
        expect(encodeValue(reducer.empty()).toString('hex')).toBe(before)
      }),
      { numRuns: 20 },
    )
  })

  if (!commutes) return

  it('order does not matter', () => {
    fc.assert(
      fc.property(
        some,
        fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
        grouping,
        (given, places, how) => {
          const shuffled = given
            .map((value, i) => ({ value, place: places[i] ?? 0 }))
            .sort((a, b) => a.place - b.place)
            .map(({ value }) => value)
          expect(resultOf(reducer, mergeTree(reducer, shuffled, how))).toBe(
            resultOf(reducer, fold(reducer, given)),
          )
        },
      ),
      runs,
    )
  })
})

type Fold = () => unknown
