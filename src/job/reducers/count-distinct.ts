import { encodeKey, isTuple, type Key, type Scalar } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { checkOrdered, ordered } from './ordered.ts'

/** Scalars as they are; tuples as their encoded bytes, in Latin-1, since a Set would compare them by identity. */
type DistinctState = [scalars: Set<Scalar>, tuples: Set<string>]

/**
 * The number of different values, exactly. Two values are one where they are the same key: 1 and 1n differ, 0 and -0 do
 * not, tuples go element by element. The result is a number.
 *
 * Cost: every different value is held in memory, per key. Throws `value-invalid` for NaN and for what is no legal key.
 *
 * @example
 * ```ts
 * import { countDistinct, defineJob, jsonl, testJob } from 'tallyman'
 *
 * const visitors = defineJob({
 *   input: jsonl<{ page: string; user: string }>(),
 *   reduce: countDistinct(),
 *   map(visit, emit) {
 *     emit(visit.page, visit.user)
 *   },
 * })
 * const { result } = await testJob(visitors, [
 *   { page: '/', user: 'ann' },
 *   { page: '/', user: 'bob' },
 *   { page: '/', user: 'ann' },
 * ])
 * console.log(result) // [ { key: '/', value: 2 } ]
 * ```
 */
export function countDistinct<K extends Key = Key, V extends Key = Key>(): Reducer<
  K,
  V,
  DistinctState,
  number
> {
  return {
    kind: 'countDistinct',
    check: (value) => checkOrdered(value, 'countDistinct()'),
    empty: () => [new Set(), new Set()],
    add: (state, value) => {
      const key = ordered(value, 'countDistinct()')
      if (isTuple(key)) state[1].add(encodeKey(key).toString('latin1'))
      else state[0].add(key)
      return state
    },
    merge: (left, right) => {
      for (const scalar of right[0]) left[0].add(scalar)
      for (const tuple of right[1]) left[1].add(tuple)
      return left
    },
    finish: ([scalars, tuples]) => scalars.size + tuples.size,
  }
}
