import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { exactValue, roundQuotient } from './exact.ts'
import { addToTotal, checkNumber, mergeTotals, type Total } from './total.ts'

/**
 * Adds numbers up. The result is the double nearest to the exact sum, ties to even, so neither order nor grouping can
 * change it: 0.1 ten times is 1. With bigints the result is a bigint, exact.
 *
 * A sum past the largest double is ±Infinity, though partial sums may pass it and come back. ∞ and -∞ together make NaN.
 * A zero is 0, never -0. Throws `value-invalid` for NaN and what is no number, and for numbers and bigints under one key.
 *
 * Cost: one addition while partial sums are doubles (whole numbers up to 2^53 are), else about ten for each double in
 * the state, of which there are rarely more than three. Method: Shewchuk 1997.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, sum, testJob } from 'tallyman'
 *
 * const takings = defineJob({
 *   input: jsonl<{ shop: string; euros: number }>(),
 *   reduce: sum(),
 *   map(sale, emit) {
 *     emit(sale.shop, sale.euros)
 *   },
 * })
 * const { result } = await testJob(takings, Array.from({ length: 10 }, () => ({ shop: 'Seoul', euros: 0.1 })))
 * console.log(result) // [ { key: 'Seoul', value: 1 } ]
 * ```
 */
export function sum<K extends Key = Key>(): Reducer<K, number, Total, number>
export function sum<K extends Key, V extends number | bigint>(): Reducer<K, V, Total, V>
export function sum<K extends Key, V extends number | bigint>(): Reducer<K, V, Total, V> {
  return { ...summing } as unknown as Reducer<K, V, Total, V>
}

/** What every `sum()` is a copy of. */
export const summing: Reducer<Key, number | bigint, Total, number | bigint> = {
  kind: 'sum',
  check: (value) => checkNumber(value, 'sum()'),
  empty: () => null,
  add: (state, value) => addToTotal(state, value, 'sum()'),
  merge: (left, right) => mergeTotals(left, right, 'sum()'),
  finish: roundTotal,
}

/** A sum of no values is 0. */
function roundTotal(total: Total): number | bigint {
  if (total === null) return 0
  return typeof total === 'object' ? roundQuotient(exactValue(total), 1n) : total
}
