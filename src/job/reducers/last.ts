import { checkPlainData, type Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { nothingToFinish } from './total.ts'

/**
 * The value emitted last in position order: by path, archive member, byte of the record, and turn among its emits,
 * whatever the workers were. The result is that value.
 *
 * Values are any plain data; name their type: `last<Key, string>()`.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, last, testJob } from 'tallyman'
 *
 * const status = defineJob({
 *   input: jsonl<{ order: number; status: string }>(),
 *   reduce: last<number, string>(),
 *   map(event, emit) {
 *     emit(event.order, event.status)
 *   },
 * })
 * const { result } = await testJob(status, [
 *   { order: 7, status: 'paid' },
 *   { order: 7, status: 'sent' },
 * ])
 * console.log(result) // [ { key: 7, value: 'sent' } ]
 * ```
 */
export function last<K extends Key = Key, V = unknown>(): Reducer<K, V, V[], V> {
  return {
    kind: 'last',
    check: checkPlainData,
    empty: () => [],
    add: (state, value) => {
      state[0] = value
      return state
    },
    merge: (left, right) => (right.length === 0 ? left : right),
    finish: (state) => {
      if (state.length === 0) throw nothingToFinish('last()')
      return state[0] as V
    },
  }
}
