import { TallymanError } from '../../errors.ts'
import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'
import {
  addDyadic,
  addExactSquare,
  type Dyadic,
  type ExactSum,
  exactValue,
  isFiniteSum,
  mergeExact,
  roundQuotient,
} from './exact.ts'
import { addToTotal, checkNumber, mergeTotals, nothingToFinish, type Total } from './total.ts'

/** Number of values, their exact sum, and the exact sum of their squares. */
type VarianceState = [count: number, total: Total, squares: bigint | ExactSum]

/**
 * The variance: the mean of the squared distances from the mean (population), or with `{ sample: true }` their sum divided
 * by n − 1. The result is the double nearest to the exact value: rounded once, so neither order nor grouping can change
 * it, and nothing cancels (the variance of 1e9, 1e9 + 1 is 0.25).
 *
 * The sample variance of a single value is null. An infinity makes NaN. Takes numbers or (`variance<Key, bigint>()`) bigints.
 * Throws `value-invalid` for NaN and what is no number, and for a mix under one key.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, testJob, variance } from 'tallyman'
 *
 * const spread = defineJob({
 *   input: jsonl<{ sensor: string; value: number }>(),
 *   reduce: { population: variance(), sample: variance({ sample: true }) },
 *   map(reading, emit) {
 *     emit.population(reading.sensor, reading.value)
 *     emit.sample(reading.sensor, reading.value)
 *   },
 * })
 * const tables = await testJob(spread, [
 *   { sensor: 'a', value: 1e9 },
 *   { sensor: 'a', value: 1e9 + 1 },
 * ])
 * console.log(tables.population) // [ { key: 'a', value: 0.25 } ]
 * console.log(tables.sample) // [ { key: 'a', value: 0.5 } ]
 * ```
 */
export function variance<K extends Key = Key>(options?: {
  readonly sample?: false
}): Reducer<K, number, VarianceState, number>
export function variance<K extends Key = Key>(options: {
  readonly sample: boolean
}): Reducer<K, number, VarianceState, number | null>
export function variance<K extends Key, V extends number | bigint>(options?: {
  readonly sample?: false
}): Reducer<K, V, VarianceState, number>
export function variance<K extends Key, V extends number | bigint>(options: {
  readonly sample: boolean
}): Reducer<K, V, VarianceState, number | null>
export function variance<K extends Key, V extends number | bigint>(
  options: { readonly sample?: boolean } = {},
): Reducer<K, V, VarianceState, number | null> {
  const { sample = false } = options
  if (typeof sample !== 'boolean') {
    throw new TallymanError(
      'job-invalid',
      `variance() option "sample" is ${showValue(sample)}; it is true or false.`,
    )
  }
  return {
    kind: 'variance',
    check: (value) => checkNumber(value, 'variance()'),
    empty: () => [0, null, 0],
    add: (state, value) => {
      state[1] = addToTotal(state[1], value, 'variance()')
      state[2] = addSquare(state[2], value)
      state[0] += 1
      return state
    },
    merge: (left, right) => {
      left[1] = mergeTotals(left[1], right[1], 'variance()')
      left[2] = mergeSquares(left[2], right[2])
      left[0] += right[0]
      return left
    },
    finish: (state) => finishVariance(state, sample),
  }
}

/** The total has been checked for a mix; only the 0 of the empty state can meet a bigint here. */
function addSquare(squares: bigint | ExactSum, value: number | bigint): bigint | ExactSum {
  if (typeof value === 'bigint') return value * value + (typeof squares === 'bigint' ? squares : 0n)
  return addExactSquare(typeof squares === 'bigint' ? 0 : squares, value)
}

function mergeSquares(left: bigint | ExactSum, right: bigint | ExactSum): bigint | ExactSum {
  if (typeof left !== 'bigint' && typeof right !== 'bigint') return mergeExact(left, right)
  return (typeof left === 'bigint' ? left : 0n) + (typeof right === 'bigint' ? right : 0n)
}

/** (n Σx² − (Σx)²) / n², or / n (n − 1) for a sample. */
function finishVariance([count, total, squares]: VarianceState, sample: boolean): number | null {
  if (total === null) throw nothingToFinish('variance()')
  if (sample && count === 1) return null
  const n = BigInt(count)
  const divisor = n * (sample ? n - 1n : n)
  if (typeof total !== 'bigint' && !isFiniteSum(total)) return Number.NaN
  const sum = dyadic(total)
  const scaled = dyadic(squares)
  const distances = addDyadic(
    { digits: n * scaled.digits, exponent: scaled.exponent },
    { digits: -sum.digits * sum.digits, exponent: 2 * sum.exponent },
  )
  return roundQuotient(distances, divisor)
}

function dyadic(total: bigint | ExactSum): Dyadic {
  return typeof total === 'bigint' ? { digits: total, exponent: 0 } : exactValue(total)
}
