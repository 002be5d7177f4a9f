import { TallymanError } from '../../errors.ts'
import { checkPlainData, compareKeys, type Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'
import { ordered } from './ordered.ts'

/** How `topK` ranks. */
export interface TopKOptions<V> {
  /** What a value is ranked by: any legal key. The value itself where left out. Must depend on nothing but the value. */
  readonly by?: (value: V) => Key
  /** True keeps the smallest instead of the largest. */
  readonly smallest?: boolean
}

/**
 * The `k` largest values (or smallest) in the order of keys, best first; all of them where there are fewer. Of values that
 * rank the same, those earlier in position order win and come first. The result is a list of values.
 *
 * Values are any plain data when `by` says what to rank them by, else legal keys.
 * Throws `value-invalid` for a rank that is NaN or no legal key, `job-invalid` unless `k` is a whole number from 1.
 *
 * Cost: `k` values in memory per key, and log k calls of `by` per emit.
 *
 * @example
 * ```ts
 * import { defineJob, jsonl, testJob, topK } from 'tallyman'
 *
 * interface Tweet { lang: string; text: string; likes: number }
 *
 * const liked = defineJob({
 *   input: jsonl<Tweet>(),
 *   reduce: topK(2, { by: (tweet: { text: string; likes: number }) => tweet.likes }),
 *   map(tweet, emit) {
 *     emit(tweet.lang, { text: tweet.text, likes: tweet.likes })
 *   },
 * })
 * const { result } = await testJob(liked, [
 *   { lang: 'en', text: 'a', likes: 3 },
 *   { lang: 'en', text: 'b', likes: 9 },
 *   { lang: 'en', text: 'c', likes: 3 },
 * ])
 * console.log(result[0]?.value.map((tweet) => tweet.text)) // [ 'b', 'a' ]
 * ```
 */
export function topK<K extends Key = Key, V extends Key = Key>(
  k: number,
  options?: { readonly by?: never; readonly smallest?: boolean },
): Reducer<K, V, V[], V[]>
export function topK<K extends Key = Key, V = unknown>(
  k: number,
  options: { readonly by: (value: V) => Key; readonly smallest?: boolean },
): Reducer<K, V, V[], V[]>
export function topK<K extends Key, V>(k: number, options: TopKOptions<V> = {}): Reducer<K, V, V[], V[]> {
  checkOptions(k, options)
  const { by, smallest = false } = options
  const rank = (value: V): Key => ordered(by === undefined ? value : by(value), 'topK()')
  /** Does the rank of a later value beat that of an earlier one? A tie does not. */
  const beats = smallest
    ? (later: Key, earlier: Key) => compareKeys(later, earlier) < 0
    : (later: Key, earlier: Key) => compareKeys(later, earlier) > 0
  return {
    kind: 'topK',
    check: (value) => {
      if (by !== undefined) checkPlainData(value)
      // Its type is what the job says it is: what `by` makes of another is refused here, or throws.
      rank(value as V)
    },
    empty: () => [],
    add: (state, value) => insert(state, value, { k, rank, beats }),
    merge: (left, right) => mergeBest(left, right, { k, rank, beats }),
    finish: (state) => state,
  }
}

interface Ranking<V> {
  readonly k: number
  readonly rank: (value: V) => Key
  readonly beats: (later: Key, earlier: Key) => boolean
}

/** Puts a value that is later than all of `best` in its place. */
function insert<V>(best: V[], value: V, { k, rank, beats }: Ranking<V>): V[] {
  const ranked = rank(value)
  if (best.length === k && !beats(ranked, rank(best[k - 1] as V))) return best
  let low = 0
  let high = best.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (beats(ranked, rank(best[middle] as V))) high = middle
    else low = middle + 1
  }
  best.splice(low, 0, value)
  if (best.length > k) best.pop()
  return best
}

function mergeBest<V>(left: readonly V[], right: readonly V[], { k, rank, beats }: Ranking<V>): V[] {
  const best: V[] = []
  let fromLeft = 0
  let fromRight = 0
  while (best.length < k && fromLeft + fromRight < left.length + right.length) {
    const isRight =
      fromLeft === left.length ||
      (fromRight < right.length && beats(rank(right[fromRight] as V), rank(left[fromLeft] as V)))
    if (isRight) {
      best.push(right[fromRight] as V)
      fromRight += 1
    } else {
      best.push(left[fromLeft] as V)
      fromLeft += 1
    }
  }
  return best
}

function checkOptions(k: unknown, options: unknown): void {
  if (!Number.isSafeInteger(k) || (k as number) < 1) {
    throw new TallymanError('job-invalid', `topK() takes a whole number from 1; it got ${showValue(k)}.`, {
      wayOut: 'Say how many values to keep, for example topK(10).',
    })
  }
  if (typeof options !== 'object' || options === null) {
    throw new TallymanError('job-invalid', `topK() options are ${showValue(options)}; they are an object.`, {
      wayOut: 'Say for example topK(10, { by: (tweet) => tweet.likes }).',
    })
  }
  const { by, smallest } = options as { by?: unknown; smallest?: unknown }
  if (by !== undefined && typeof by !== 'function') {
    throw new TallymanError(
      'job-invalid',
      `topK() option "by" is ${showValue(by)}; it is a function of a value.`,
      {
        wayOut: 'Say for example topK(10, { by: (tweet) => tweet.likes }).',
      },
    )
  }
  if (smallest !== undefined && typeof smallest !== 'boolean') {
    throw new TallymanError(
      'job-invalid',
      `topK() option "smallest" is ${showValue(smallest)}; it is true or false.`,
    )
  }
}
