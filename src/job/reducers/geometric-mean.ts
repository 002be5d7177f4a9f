import { TallymanError } from '../../errors.ts'
import type { Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { showValue } from '../show-value.ts'
import { addExact, type ExactSum, exactValue, isFiniteSum, mergeExact, roundQuotient } from './exact.ts'
import { notANumber, nothingToFinish } from './total.ts'

/**
 * Number of values, and the logarithm of their product in two parts: a power of two, and the exact sum of the natural logarithms of
 * what is left of each value without its own power of two.
 */
type GeometricMeanState = [count: number, exponents: number, logarithms: ExactSum]

/**
 * The geometric mean of positive numbers: the n-th root of their product, as for growth factors, ratios and prices. The product is never
 * made, so it cannot overflow. What is summed is exact, so neither order nor grouping can change the result, which is within two units in the
 * last place of the true one; of equal values, and of powers of two whose mean is one, it is just that.
 *
 * Takes numbers above 0, bigints too (`geometricMean<Key, bigint>()`), and a mix of them; the result is a number. ∞ makes ∞. Throws
 * `value-invalid` for 0, for what is negative or NaN, and for what is no number: a single 0 would make every mean 0, which is hardly
 * meant. Emit what is to count.
 *
 * @example
 * ```ts
 * import { defineJob, geometricMean, jsonl, testJob } from 'tallyman'
 *
 * const growth = defineJob({
 *   input: jsonl<{ country: string; factor: number }>(),
 *   reduce: geometricMean(),
 *   map(year, emit) {
 *     emit(year.country, year.factor)
 *   },
 * })
 * const { result } = await testJob(growth, [
 *   { country: 'KR', factor: 0.5 },
 *   { country: 'KR', factor: 8 },
 * ])
 * console.log(result) // [ { key: 'KR', value: 2 } ]
 * ```
 */
export function geometricMean<K extends Key = Key>(): Reducer<K, number, GeometricMeanState, number>
export function geometricMean<K extends Key, V extends number | bigint>(): Reducer<
  K,
  V,
  GeometricMeanState,
  number
>
export function geometricMean<K extends Key, V extends number | bigint>(): Reducer<
  K,
  V,
  GeometricMeanState,
  number
> {
  return {
    kind: 'geometricMean',
    check: checkPositive,
    empty: () => [0, 0, 0],
    add: (state, value) => {
      checkPositive(value)
      const { fraction, exponent } = split(value)
      state[0] += 1
      state[1] += exponent
      state[2] = addExact(state[2], Math.log(fraction))
      return state
    },
    merge: (left, right) => {
      left[0] += right[0]
      left[1] += right[1]
      left[2] = mergeExact(left[2], right[2])
      return left
    },
    finish: finishGeometricMean,
  }
}

function checkPositive(value: unknown): void {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw notANumber('geometricMean()', value)
  if (value > 0) return
  throw new TallymanError(
    'value-invalid',
    `geometricMean() takes numbers above 0; it got ${showValue(value)}.`,
    {
      wayOut:
        'Leave out the emit where there is no such number; a mean of changes is one of factors: 1.05 for 5 % more.',
    },
  )
}

const double = new DataView(new ArrayBuffer(8))
/** Of the first four bytes of a double. */
const exponentMask = 0x7ff00000
/** A bigint above this is looked at by its first digits: more than a double holds. */
const bigintBitsMax = 64

/** A positive number as `fraction` × 2^`exponent`, the fraction between √½ and √2, so that logarithms are small; ∞ as it is. */
function split(value: number | bigint): { readonly fraction: number; readonly exponent: number } {
  if (typeof value === 'bigint') {
    const dropped = Math.max(0, 4 * value.toString(16).length - bigintBitsMax)
    const { fraction, exponent } = split(Number(value >> BigInt(dropped)))
    return { fraction, exponent: exponent + dropped }
  }
  if (value === Number.POSITIVE_INFINITY) return { fraction: value, exponent: 0 }
  // Those that are subnormal have no first digit of their own.
  if (value < 2 ** -1022) {
    const { fraction, exponent } = split(value * 2 ** 54)
    return { fraction, exponent: exponent - 54 }
  }
  double.setFloat64(0, value)
  const word = double.getUint32(0)
  const exponent = (word >>> 20) - 1023
  double.setUint32(0, (word & ~exponentMask) | (1023 << 20))
  const fraction = double.getFloat64(0)
  return fraction > Math.SQRT2 ? { fraction: fraction / 2, exponent: exponent + 1 } : { fraction, exponent }
}

function finishGeometricMean([count, exponents, logarithms]: GeometricMeanState): number {
  if (count === 0) throw nothingToFinish('geometricMean()')
  if (!isFiniteSum(logarithms)) return Number.POSITIVE_INFINITY
  // The powers of two give the nearest power of two without error; only what is left over becomes a logarithm.
  const power = Math.round(exponents / count)
  const left = (exponents - power * count) * Math.LN2
  const mean = Math.exp(roundQuotient(exactValue(addExact(copyOf(logarithms), left)), BigInt(count)))
  // In two steps: 2^1024 is no double, and its half is none of what becomes subnormal.
  const half = Math.trunc(power / 2)
  return mean * 2 ** half * 2 ** (power - half)
}

/** Adding may change its first argument, and a state that is finished is not the reducer's to change. */
function copyOf(sum: ExactSum): ExactSum {
  return Array.isArray(sum) ? [...sum] : sum
}
