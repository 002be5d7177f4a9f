import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { type ExtremeState, extreme } from './extreme.ts'

/**
 * The smallest value in the order of keys: null < false < true < numbers and bigints by value (at equal value the number
 * first) < strings by code point < tuples. The result is that value; -0 counts as 0.
 *
 * Name the type of the values where the result should have it: `min<Key, number>()`. A tuple makes a value carry along
 * what belongs to it: `[celsius, city]`. Throws `value-invalid` for NaN and for what is no legal key.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, min, testJob } from 'tallyman'
 *
 * const coldest = defineJob({
 *   input: jsonl<{ day: string; city: string; celsius: number }>(),
 *   reduce: min<string, [celsius: number, city: string]>(),
 *   map(reading, emit) {
 *     emit(reading.day, [reading.celsius, reading.city])
 *   },
 * })
 * const { result } = await testJob(coldest, [
 *   { day: 'Monday', city: 'Busan', celsius: 4 },
 *   { day: 'Monday', city: 'Seoul', celsius: -3 },
 * ])
 * console.log(result) // [ { key: 'Monday', value: [ -3, 'Seoul' ] } ]
 * ```
 */
export function min<K extends Key = Key, V extends Key = Key>(): Reducer<K, V, ExtremeState, V> {
  return { ...smallest } as unknown as Reducer<K, V, ExtremeState, V>
}

/** What every `min()` is a copy of. */
export const smallest: Reducer<Key, Key, ExtremeState, Key> = extreme('min', 1)
