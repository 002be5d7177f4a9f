import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { type ExtremeState, extreme } from './extreme.ts'

/**
 * The largest value in the order of keys: null < false < true < numbers and bigints by value (at equal value the number
 * first) < strings by code point < tuples. The result is that value; -0 counts as 0.
 *
 * Name the type of the values where the result should have it: `max<Key, number>()`. Throws `value-invalid` for NaN and for
 * what is no legal key.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, max, testJob } from 'tallyman'
 *
 * const longest = defineJob({
 *   input: jsonl<{ lang: string; text: string }>(),
 *   reduce: max<string, number>(),
 *   map(tweet, emit) {
 *     emit(tweet.lang, tweet.text.length)
 *   },
 * })
 * const { result } = await testJob(longest, [
 *   { lang: 'ko', text: '안녕' },
 *   { lang: 'ko', text: '안녕하세요' },
 * ])
 * console.log(result) // [ { key: 'ko', value: 5 } ]
 * ```
 */
export function max<K extends Key = Key, V extends Key = Key>(): Reducer<K, V, ExtremeState, V> {
  return { ...largest } as unknown as Reducer<K, V, ExtremeState, V>
}

/** What every `max()` is a copy of. */
export const largest: Reducer<Key, Key, ExtremeState, Key> = extreme('max', -1)
