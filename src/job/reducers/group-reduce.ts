import { types } from 'node:util'
import { TallymanError } from '../../errors.ts'
import { checkPlainData, type Key } from '../../record/index.ts'
import type { GroupReducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'
import { awaitInMap, returned } from './returned.ts'

/**
 * The classic reduce: a function of a key and its values. The values come in position order, one after another, and can be
 * gone through once; they are streamed, so there may be more of them than fit in memory. The result is what the function
 * returns, plain data; undefined ends the run with `job-threw`, since most likely a return is missing.
 *
 * Every value is spilled and merged: prefer a reducer that combines, such as `sum()`, where there is one. Annotate `values`:
 * that is where the type of what is emitted comes from. Throws `job-invalid` for what is no function, and for one that is async.
 *
 * @example
 * ```ts
 * import { defineJob, groupReduce, jsonl, testJob } from 'tallyman'
 *
 * const gaps = defineJob({
 *   input: jsonl<{ user: string; minute: number }>(),
 *   reduce: groupReduce((user: string, minutes: Iterable<number>) => {
 *     let longest = 0
 *     let before: number | null = null
 *     for (const minute of minutes) {
 *       if (before !== null) longest = Math.max(longest, minute - before)
 *       before = minute
 *     }
 *     return longest
 *   }),
 *   map(visit, emit) {
 *     emit(visit.user, visit.minute)
 *   },
 * })
 * const { result } = await testJob(gaps, [
 *   { user: 'ann', minute: 1 },
 *   { user: 'ann', minute: 5 },
 *   { user: 'ann', minute: 7 },
 * ])
 * console.log(result) // [ { key: 'ann', value: 4 } ]
 * ```
 */
export function groupReduce<K extends Key = Key, V = unknown, R = unknown>(
  reduce: (key: K, values: Iterable<V>) => R,
): GroupReducer<K, V, R> {
  if (typeof reduce !== 'function') {
    throw new TallymanError(
      'job-invalid',
      `groupReduce() got ${showValue(reduce)}; it takes a function of a key and its values.`,
      {
        wayOut: 'Say groupReduce((key, values) => …).',
      },
    )
  }
  if (types.isAsyncFunction(reduce)) {
    throw new TallymanError(
      'job-invalid',
      'groupReduce() got a function that is async, and what it returns is needed at once.',
      { wayOut: awaitInMap },
    )
  }
  return {
    kind: 'group',
    check: checkPlainData,
    reduce: (key, values) => returned(reduce(key, values), 'The function of groupReduce()'),
  }
}
