import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { exactValue, roundQuotient } from './exact.ts'
import { addToTotal, checkNumber, mergeTotals, nothingToFinish, type Total } from './total.ts'

/** Number of values, and their exact sum. */
type MeanState = [count: number, total: Total]

/**
 * The mean. The result is the double nearest to the exact sum divided by the number of values: rounded once, so neither
 * order nor grouping can change it, and it does not overflow where the sum would.
 *
 * Takes numbers or (`mean<Key, bigint>()`) bigints; the result is a number. ∞ and -∞ together make NaN. A zero is 0, never
 * -0. Throws `value-invalid` for NaN and what is no number, and for numbers and bigints under one key.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, mean, testJob } from 'tallyman'
 *
 * const temperature = defineJob({
 *   input: jsonl<{ city: string; celsius: number }>(),
 *   reduce: mean(),
 *   map(reading, emit) {
 *     emit(reading.city, reading.celsius)
 *   },
 * })
 * const { result } = await testJob(temperature, [
 *   { city: 'Busan', celsius: 21.5 },
 *   { city: 'Busan', celsius: 22 },
 * ])
 * console.log(result) // [ { key: 'Busan', value: 21.75 } ]
 * ```
 */
export function mean<K extends Key = Key>(): Reducer<K, number, MeanState, number>
export function mean<K extends Key, V extends number | bigint>(): Reducer<K, V, MeanState, number>
export function mean<K extends Key, V extends number | bigint>(): Reducer<K, V, MeanState, number> {
  return {
    kind: 'mean',
    check: (value) => checkNumber(value, 'mean()'),
    empty: () => [0, null],
    add: (state, value) => {
      state[1] = addToTotal(state[1], value, 'mean()')
      state[0] += 1
      return state
    },
    merge: (left, right) => {
      left[1] = mergeTotals(left[1], right[1], 'mean()')
      left[0] += right[0]
      return left
    },
    finish: ([count, total]) => {
      if (total === null) throw nothingToFinish('mean()')
      // Dividing two doubles that are exact rounds once; adding 0 makes a -0 of underflow 0.
      if (typeof total === 'number') return total / count + 0
      const value = typeof total === 'bigint' ? { digits: total, exponent: 0 } : exactValue(total)
      return roundQuotient(value, BigInt(count))
    },
  }
}
