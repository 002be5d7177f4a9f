import { checkPlainData, type Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'

/**
 * Every value, in position order, as a list. A key's list is held in memory: for lists that may not fit, use
 * `groupReduce`, which streams.
 *
 * Values are any plain data; name their type: `collect<Key, string>()`.
 *
 * @example
 * ```ts
 * import { collect, defineJob, jsonl, testJob } from 'tallyman'
 *
 * const pages = defineJob({
 *   input: jsonl<{ user: string; page: string }>(),
 *   reduce: collect<string, string>(),
 *   map(visit, emit) {
 *     emit(visit.user, visit.page)
 *   },
 * })
 * const { result } = await testJob(pages, [
 *   { user: 'ann', page: '/' },
 *   { user: 'ann', page: '/help' },
 * ])
 * console.log(result) // [ { key: 'ann', value: [ '/', '/help' ] } ]
 * ```
 */
export function collect<K extends Key = Key, V = unknown>(): Reducer<K, V, V[], V[]> {
  return {
    kind: 'collect',
    check: checkPlainData,
    empty: () => [],
    add: (state, value) => {
      state.push(value)
      return state
    },
    merge: (left, right) => {
      // One by one: spreading a long list into push overflows the stack.
      for (const value of right) left.push(value)
      return left
    },
    finish: (state) => state,
  }
}
