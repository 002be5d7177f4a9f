import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../record/index.ts'
import type { AnyMonoid } from '../reducer.ts'
import { mean } from './mean.ts'
import { sum } from './sum.ts'
import { variance } from './variance.ts'

/**
 * The reference shares nothing with the reducers: a value is an integer number of 2^-1074, sums are rationals of bigints,
 * and the nearest double is found by bisection over all doubles, which are ordered as their bit patterns are.
 */

const view = new DataView(new ArrayBuffer(8))
const infinityPattern = 0x7ffn << 52n

/** Magnitude of the double with this pattern, in units of 2^-1074; infinity counts as 2^1024. */
function unitsOfPattern(pattern: bigint): bigint {
  const biased = pattern >> 52n
  const mantissa = pattern & ((1n << 52n) - 1n)
  return biased === 0n ? mantissa : (mantissa | (1n << 52n)) << (biased - 1n)
}

function unitsOf(value: number): bigint {
  view.setFloat64(0, Math.abs(value))
  const units = unitsOfPattern(view.getBigUint64(0))
  return value < 0 ? -units : units
}

/** The double nearest to `numerator / denominator` units, ties to even. */
function nearestDouble(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator
  let low = 0n
  let high = infinityPattern
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (unitsOfPattern(middle) * denominator <= magnitude) low = middle
    else high = middle
  }
  const below = magnitude - unitsOfPattern(low) * denominator
  const above = unitsOfPattern(high) * denominator - magnitude
  const isLow = below < above || (below === above && low % 2n === 0n)
  view.setBigUint64(0, isLow ? low : high)
  const nearest = view.getFloat64(0)
  return numerator < 0n && nearest !== 0 ? -nearest : nearest
}

const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n)

function sumOf(values: readonly number[]): number {
  return nearestDouble(total(values.map(unitsOf)), 1n)
}

function meanOf(values: readonly number[]): number {
  return nearestDouble(total(values.map(unitsOf)), BigInt(values.length))
}

function varianceOf(values: readonly number[], divisor: number): number {
  const units = values.map(unitsOf)
  const n = BigInt(values.length)
  const sum = total(units)
  const distances = n * total(units.map((value) => value * value)) - sum * sum
  return nearestDouble(distances, (n * BigInt(divisor)) << 1074n)
}

/** `digits` × 2^`exponent`, so that every scale is as likely as any other, and neighbours in scale meet. */
const scaled = (min: number, max: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.oneof(fc.integer({ min: -8, max: 8 }), fc.maxSafeInteger()), fc.integer({ min, max }))
    .map(([digits, exponent]) => digits * 2 ** exponent)
    .filter(Number.isFinite)

const scales: readonly { readonly name: string; readonly values: fc.Arbitrary<number> }[] = [
  { name: 'tenths', values: fc.integer({ min: -9999, max: 9999 }).map((tenths) => tenths / 10) },
  { name: 'whole numbers', values: fc.integer() },
  { name: 'neighbouring scales', values: scaled(-60, 60) },
  { name: 'all scales', values: scaled(-1074, 1020) },
  {
    name: 'the largest doubles',
    values: fc.oneof(scaled(960, 1020), fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE)),
  },
  { name: 'the least doubles', values: scaled(-1074, -1010) },
  { name: 'squares about to underflow', values: scaled(-600, -470) },
  { name: 'squares about to overflow', values: scaled(470, 500) },
  {
    name: 'values that cancel',
    values: fc.constantFrom(1e308, -1e308, 1, -1, 1e-308, -1e-308, 2 ** 53, -(2 ** 53), 1 + 2 ** -52),
  },
]

const reductions: readonly {
  readonly name: string
  readonly reducer: AnyMonoid
  readonly reference: (values: readonly number[]) => number | null
}[] = [
  { name: 'sum', reducer: sum(), reference: sumOf },
  { name: 'mean', reducer: mean(), reference: meanOf },
  { name: 'variance', reducer: variance(), reference: (values) => varianceOf(values, values.length) },
  {
    name: 'sample variance',
    reducer: variance({ sample: true }),
    reference: (values) => (values.length === 1 ? null : varianceOf(values, values.length - 1)),
  },
]

function finished(reducer: AnyMonoid, parts: readonly (readonly unknown[])[]): unknown {
  const states = parts.map((part) =>
    part.reduce((state, value) => reducer.add(state, value), reducer.empty()),
  )
  const merged = states.reduce((left, right) => reducer.merge(left, stored(right)))
  return reducer.finish(stored(merged), 'key')
}

function stored(state: unknown): unknown {
  const bytes = encodeValue(state)
  return decodeValue(bytes, 0, bytes.length)
}

describe.each(reductions)('$name', ({ reducer, reference }) => {
  it.each(scales)('is the nearest double to the exact result over $name', ({ values }) => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 20 }), fc.nat(20), (given, cut) => {
        expect(finished(reducer, [given.slice(0, cut), given.slice(cut)])).toBe(reference(given))
      }),
      { numRuns: 150 },
    )
  })
})

describe('sum', () => {
  const sumAll = (...values: (number | bigint)[]) => finished(sum(), [values])

  it.each([
    { values: Array.from({ length: 10 }, () => 0.1), result: 1 },
    { values: [1e100, 1, -1e100], result: 1 },
    { values: [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE], result: Number.MAX_VALUE },
    { values: [Number.MAX_VALUE, Number.MAX_VALUE], result: Infinity },
    { values: [Number.MAX_VALUE, 2 ** 969], result: Number.MAX_VALUE },
    { values: [Number.MAX_VALUE, 2 ** 970], result: Infinity },
    { values: [Number.MAX_VALUE, 2 ** 970, -(2 ** -1074)], result: Number.MAX_VALUE },
    { values: [1, 2 ** -53], result: 1 },
    { values: [1, 2 ** -53, 2 ** -1074], result: 1 + 2 ** -52 },
    { values: [5e-324, 5e-324], result: 1e-323 },
    { values: [Infinity, 1, 1e308, 1e308], result: Infinity },
    { values: [-Infinity, 0.1, 0.2], result: -Infinity },
    { values: [Infinity, -Infinity], result: NaN },
    { values: [NaN, 1], result: NaN },
    { values: [-0, -0], result: 0 },
    { values: [2n ** 64n, -1n], result: 2n ** 64n - 1n },
    { values: [], result: 0 },
  ])('of $values is $result', ({ values, result }) => {
    expect(sumAll(...values)).toBe(result)
  })

  it('keeps the state of whole numbers a single number', () => {
    const reducer = sum()
    const state = [1, 2, -5, 2 ** 40].reduce((before, value) => reducer.add(before, value), reducer.empty())
    expect(state).toBe(2 ** 40 - 2)
  })

  it.each([
    { values: [0.1, 0.2, -0.2, -0.1], state: 0 },
    { values: [1e308, 1e308, 1, -1e308, -1e308], state: 1 },
    { values: [0.1, 1e308, Infinity, 0.2], state: Infinity },
  ])('keeps no more than a number once $values allow it', ({ values, state }) => {
    const reducer = sum()
    expect(
      values.reduce<unknown>((before, value) => Reflect.apply(reducer.add, reducer, [before, value]), null),
    ).toBe(state)
  })

  it('takes infinities where they are emitted, and no NaN, which would be the whole sum', () => {
    for (const { check } of [sum(), mean(), variance()] as readonly AnyMonoid[]) {
      for (const value of [Infinity, -Infinity, 0, -0, 5n]) expect(() => check?.(value)).not.toThrow()
      expect(() => check?.(Number('amount'))).toThrow('takes numbers; it got NaN.')
    }
  })

  it('refuses numbers and bigints under one key, in any order and across merges', () => {
    expect(() => sumAll(1, 1n)).toThrow(/sum\(\) got numbers and bigints for the same key/)
    expect(() => sumAll(0n, 0)).toThrow(/numbers and bigints/)
    expect(() => finished(sum(), [[0], [1n]])).toThrow(/numbers and bigints/)
    expect(() => finished(sum(), [[1n], [0.5]])).toThrow(/numbers and bigints/)
  })

  it.each([
    { value: '5', got: 'the string "5"' },
    { value: undefined, got: 'undefined' },
    { value: null, got: 'null' },
    { value: new Date(0), got: 'a Date' },
  ])('refuses $got and names it', ({ value, got }) => {
    const reducer: AnyMonoid = sum()
    expect(() => reducer.add(reducer.empty(), value)).toThrow(`sum() takes numbers; it got ${got}.`)
  })
})

describe('mean', () => {
  it.each([
    { values: [Number.MAX_VALUE, Number.MAX_VALUE], result: Number.MAX_VALUE },
    { values: [1, 2], result: 1.5 },
    { values: [0.1, 0.2, 0.3], result: 0.2 },
    { values: [-5e-324, 0], result: 0 },
    { values: [2n ** 70n, 2n ** 70n + 1n], result: 2 ** 70 },
    { values: [1n, 2n], result: 1.5 },
    { values: [Infinity, 1], result: Infinity },
    { values: [Infinity, -Infinity], result: NaN },
  ])('of $values is $result', ({ values, result }) => {
    expect(finished(mean(), [values])).toBe(result)
  })
})

describe('variance', () => {
  it.each([
    { values: [1e9, 1e9 + 1], result: 0.25 },
    { values: [1e16, 1e16 + 2, 1e16 + 4], result: 8 / 3 },
    { values: [5, 5, 5], result: 0 },
    { values: [0.1, 0.1, 0.1], result: 0 },
    { values: [1e200, -1e200], result: Infinity },
    { values: [1e-200, -1e-200], result: 0 },
    { values: [10n ** 20n, 10n ** 20n + 2n], result: 1 },
    { values: [Infinity, 1], result: NaN },
    { values: [7], result: 0 },
  ])('of $values is $result', ({ values, result }) => {
    expect(finished(variance(), [values])).toBe(result)
  })

  it('of a sample of one is null', () => {
    expect(finished(variance({ sample: true }), [[7]])).toBeNull()
  })
})
