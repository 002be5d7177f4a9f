import { checkPlainData, type Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { nothingToFinish } from './total.ts'

/**
 * The value emitted first in position order: by path, archive member, byte of the record, and turn among its emits,
 * whatever the workers were. The result is that value.
 *
 * Values are any plain data; name their type: `first<Key, string>()`.
 *
 * @example
 * ```ts
 * import { defineJob, first, jsonl, testJob } from 'tallyman'
 *
 * const discoverer = defineJob({
 *   input: jsonl<{ tag: string; user: string }>(),
 *   reduce: first<string, string>(),
 *   map(tweet, emit) {
 *     emit(tweet.tag, tweet.user)
 *   },
 * })
 * const { result } = await testJob(discoverer, [
 *   { tag: '#flu', user: 'ann' },
 *   { tag: '#flu', user: 'bob' },
 * ])
 * console.log(result) // [ { key: '#flu', value: 'ann' } ]
 * ```
 */
export function first<K extends Key = Key, V = unknown>(): Reducer<K, V, V[], V> {
  return {
    kind: 'first',
    check: checkPlainData,
    empty: () => [],
    add: (state, value) => {
      if (state.length === 0) state.push(value)
      return state
    },
    merge: (left, right) => (left.length === 0 ? right : left),
    finish: (state) => {
      if (state.length === 0) throw nothingToFinish('first()')
      return state[0] as V
    },
  }
}
