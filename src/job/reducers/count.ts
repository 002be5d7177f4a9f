import { TallymanError } from '../../errors.ts'
import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'

/**
 * Counts emits. Takes no value: `emit(key)`. The result is a number, exact to 2^53.
 *
 * Throws `value-invalid` when a value is emitted: it would be thrown away, and `sum()` was probably meant.
 *
 * @example
 * ```ts
 * import { count, defineJob, testJob, text } from 'tallyman'
 *
 * const words = defineJob({
 *   input: text(),
 *   reduce: count(),
 *   map(line, emit) {
 *     for (const word of line.split(' ')) emit(word)
 *   },
 * })
 * const { result } = await testJob(words, ['round and round'])
 * console.log(result) // [ { key: 'and', value: 1 }, { key: 'round', value: 2 } ]
 * ```
 */
export function count<K extends Key = Key>(): Reducer<K, void, number, number> {
  return { ...counting }
}

/** What every `count()` is a copy of. */
export const counting: Reducer<Key, void, number, number> = {
  kind: 'count',
  check: checkAbsent,
  empty: () => 0,
  add: (state, value) => {
    checkAbsent(value)
    return state + 1
  },
  merge: (left, right) => left + right,
  finish: (state) => state,
}

function checkAbsent(value: unknown): void {
  if (value === undefined) return
  throw new TallymanError('value-invalid', `count() takes no value; it got ${showValue(value)}.`, {
    wayOut: 'Emit the key alone, or use sum() to add values up.',
  })
}
