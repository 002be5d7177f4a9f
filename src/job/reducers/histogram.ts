import { TallymanError } from '../../errors.ts'
import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'
import { notANumber } from './total.ts'

/** Where the bins of a histogram lie: between neighbours of `edges`, or `bins` of equal width from `from` to `to`. */
export type HistogramOptions =
  | { readonly edges: readonly number[] }
  | { readonly from: number; readonly to: number; readonly bins: number }

/** One bin: the values v with `from` <= v < `to`. */
export interface HistogramBin {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly count: number
}

/** How often values fell where; `below`, `above` and all bins add up to the number of values. */
export interface Histogram {
  /** Values less than the first edge. */
  readonly below: number
  /** Values equal to the last edge or greater. */
  readonly above: number
  /** In ascending order, empty ones too. */
  readonly bins: readonly HistogramBin[]
}

/** More bins than any plot shows, and few enough that a key's state stays small. */
const binsMax = 65_536

/**
 * Counts how many values fall in each bin. A bin holds its lower edge and not its upper one, the last bin too: a value
 * equal to the last edge counts as `above`. Infinities are below or above. The result is
 * `{ below, above, bins: [{ from, to, count }] }`.
 *
 * Takes numbers and bigints, which are compared exactly. Throws `value-invalid` for NaN and what is no number,
 * `job-invalid` for edges that do not ascend.
 *
 * Cost: a number in memory for every bin and key; an emit is a binary search.
 *
 * @example
 * ```ts
 * import { defineJob, histogram, jsonl, testJob } from 'tallyman'
 *
 * const ages = defineJob({
 *   input: jsonl<{ country: string; age: number }>(),
 *   reduce: histogram({ edges: [0, 18, 65] }),
 *   map(person, emit) {
 *     emit(person.country, person.age)
 *   },
 * })
 * const { result } = await testJob(ages, [
 *   { country: 'KR', age: 17 },
 *   { country: 'KR', age: 18 },
 *   { country: 'KR', age: 80 },
 * ])
 * console.log(JSON.stringify(result[0]?.value))
 * // → {"below":0,"above":1,"bins":[{"from":0,"to":18,"count":1},{"from":18,"to":65,"count":1}]}
 * ```
 */
export function histogram<K extends Key = Key>(
  options: HistogramOptions,
): Reducer<K, number | bigint, number[], Histogram> {
  const edges = edgesOf(options)
  return {
    kind: 'histogram',
    check: checkBinned,
    empty: () => new Array<number>(edges.length + 1).fill(0),
    add: (state, value) => {
      const place = edgesUpTo(edges, value)
      state[place] = (state[place] as number) + 1
      return state
    },
    merge: (left, right) => {
      right.forEach((count, place) => {
        left[place] = (left[place] as number) + count
      })
      return left
    },
    finish: (state) => ({
      below: state[0] as number,
      above: state[edges.length] as number,
      bins: edges
        .slice(1)
        .map((to, bin) => ({ from: edges[bin] as number, to, count: state[bin + 1] as number })),
    }),
  }
}

function checkBinned(value: unknown): void {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || Number.isNaN(value))
    throw notANumber('histogram()', value)
}

/** How many edges are at most the value: 0 is below, all of them above. */
function edgesUpTo(edges: readonly number[], value: number | bigint): number {
  checkBinned(value)
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] as number) <= value) low = middle + 1
    else high = middle
  }
  return low
}

function edgesOf(options: unknown): readonly number[] {
  if (typeof options !== 'object' || options === null) throw badOptions(`options are ${showValue(options)}`)
  if ('edges' in options) return checkAscending(options.edges)
  const { from, to, bins } = options as { from?: unknown; to?: unknown; bins?: unknown }
  if (typeof from !== 'number' || !Number.isFinite(from))
    throw badOptions(`option "from" is ${showValue(from)}`)
  if (typeof to !== 'number' || !Number.isFinite(to)) throw badOptions(`option "to" is ${showValue(to)}`)
  if (typeof bins !== 'number' || !Number.isInteger(bins) || bins < 1 || bins > binsMax) {
    throw badOptions(`option "bins" is ${showValue(bins)}, which is no whole number from 1 to ${binsMax}`)
  }
  // Multiplied before it is divided, so that edges which should be whole numbers are.
  return checkAscending(
    Array.from({ length: bins + 1 }, (_, i) => (i === bins ? to : from + ((to - from) * i) / bins)),
  )
}

function checkAscending(edges: unknown): readonly number[] {
  if (!Array.isArray(edges) || edges.length < 2 || edges.length > binsMax + 1) {
    throw badOptions(`edges are ${showValue(edges)}, which is no list of 2 to ${binsMax + 1} numbers`)
  }
  return edges.map((edge: unknown, place) => {
    if (typeof edge !== 'number' || !Number.isFinite(edge))
      throw badOptions(`edge ${place + 1} is ${showValue(edge)}`)
    const before: unknown = edges[place - 1]
    if (typeof before === 'number' && edge <= before)
      throw badOptions(`edge ${place + 1}, ${edge}, does not come after ${before}`)
    return edge
  })
}

function badOptions(what: string): TallymanError {
  return new TallymanError('job-invalid', `histogram() ${what}.`, {
    wayOut:
      'Say histogram({ edges: [0, 10, 100] }) with ascending edges, or histogram({ from: 0, to: 100, bins: 10 }).',
  })
}
