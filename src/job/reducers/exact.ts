/**
 * Exact sums of doubles, as plain data, and the one rounding at the end.
 *
 * A sum is kept as the cheapest of three forms that holds it without error:
 * - a number, while every partial sum so far happened to be a double (whole numbers always are, up to 2^53)
 * - a non-overlapping expansion: doubles of increasing magnitude whose exact sum it is (Shewchuk 1997, "Adaptive
 *   Precision Floating-Point Arithmetic", Grow-Expansion; CPython's `math.fsum` is the same)
 * - that, and beside it a bigint for addends whose addition could overflow or whose square could underflow
 * Infinities and NaN need no more than a number: nothing finite changes them.
 */

/** Doubles whose exact sum is meant: one, or a non-overlapping expansion of two or more, least first. */
type Near = number | number[]

/** A sum with addends that doubles cannot carry exactly. */
interface WideSum {
  /** In units of 2^-2148, of which the square of every double is a multiple. Never 0. */
  wide: bigint
  near: Near
}

/** An exact sum. The number may be infinite or NaN. */
export type ExactSum = Near | WideSum

/**
 * Below this, 2^53 addends cannot reach 2^1024, so that no partial sum overflows.
 */
const nearMax = 2 ** 970
const unitExponent = -2148

/** Products of two 26-bit halves are exact (Dekker 1971); this factor cuts a double into such halves. */
const splitter = 2 ** 27 + 1
/** Between these magnitudes a square and its rounding error are both doubles, and the square is below `nearMax`. */
const squareMin = 2 ** -480
const squareMax = 2 ** 484

/** Adds a double. May change and return `sum`. */
export function addExact(sum: ExactSum, value: number): ExactSum {
  if (Math.abs(value) < nearMax) {
    if (typeof sum === 'number') {
      // Knuth's TwoSum: `error` is exactly what rounding lost; NaN when the sum is not finite.
      const total = sum + value
      const added = total - sum
      const error = sum - (total - added) + (value - added)
      if (error === 0) return total
      return Number.isFinite(sum) ? [error, total] : sum
    }
    if (Array.isArray(sum)) return grow(sum, value)
    sum.near = typeof sum.near === 'number' ? grow([sum.near], value) : grow(sum.near, value)
    return sum
  }
  if (typeof sum === 'number' && !Number.isFinite(sum)) return sum + value
  return Number.isFinite(value) ? widen(sum, BigInt(value) << BigInt(-unitExponent)) : value
}

/** Adds the exact square of a double. May change and return `sum`. */
export function addExactSquare(sum: ExactSum, value: number): ExactSum {
  const magnitude = Math.abs(value)
  const square = value * value
  if (square <= Number.MAX_SAFE_INTEGER && Number.isInteger(value)) return addExact(sum, square)
  if (magnitude >= squareMin && magnitude <= squareMax) {
    const shifted = splitter * value
    const high = shifted - (shifted - value)
    const low = value - high
    const error = low * low - (square - high * high - 2 * high * low)
    return addExact(addExact(sum, square), error)
  }
  if (!Number.isFinite(value)) return addExact(sum, square)
  if (typeof sum === 'number' && !Number.isFinite(sum)) return sum
  const { digits, exponent } = dyadicOf(value)
  return widen(sum, (digits * digits) << BigInt(2 * exponent - unitExponent))
}

/** The sum of two sums. May change and return `left`. */
export function mergeExact(left: ExactSum, right: ExactSum): ExactSum {
  if (typeof right === 'number') return addExact(left, right)
  if (Array.isArray(right)) return right.reduce(addExact, left)
  const sum = mergeExact(left, right.near)
  return typeof sum === 'number' && !Number.isFinite(sum) ? sum : widen(sum, right.wide)
}

/** Grow-Expansion with zero elimination, in place. REQUIRES: `value` finite and below `nearMax`. */
function grow(partials: number[], value: number): Near {
  let carry = value
  let kept = 0
  for (const partial of partials) {
    const total = carry + partial
    const added = total - carry
    const error = carry - (total - added) + (partial - added)
    if (error !== 0) {
      partials[kept] = error
      kept += 1
    }
    carry = total
  }
  partials.length = kept
  if (carry !== 0) partials.push(carry)
  return partials.length > 1 ? partials : (partials[0] ?? 0)
}

function widen(sum: ExactSum, units: bigint): ExactSum {
  if (typeof sum === 'number' || Array.isArray(sum)) return units === 0n ? sum : { wide: units, near: sum }
  sum.wide += units
  return sum.wide === 0n ? sum.near : sum
}

/** The number `digits` × 2^`exponent`. */
export interface Dyadic {
  readonly digits: bigint
  readonly exponent: number
}

/** The exact value of a sum. REQUIRES: it is finite. */
export function exactValue(sum: ExactSum): Dyadic {
  if (typeof sum === 'number') return dyadicOf(sum)
  if (Array.isArray(sum)) return sum.map(dyadicOf).reduce(addDyadic)
  return addDyadic(exactValue(sum.near), { digits: sum.wide, exponent: unitExponent })
}

/** Is it neither infinite nor NaN? */
export function isFiniteSum(sum: ExactSum): boolean {
  return typeof sum !== 'number' || Number.isFinite(sum)
}

/** The exact sum, with the smaller exponent. Its digits grow with the distance of the two, so that a double plus 2^-1074 may take 2,098 bits. */
export function addDyadic(a: Dyadic, b: Dyadic): Dyadic {
  const exponent = Math.min(a.exponent, b.exponent)
  const digits = (a.digits << BigInt(a.exponent - exponent)) + (b.digits << BigInt(b.exponent - exponent))
  return { digits, exponent }
}

/**
 * The double nearest to `value / divisor`, ties to even: one rounding, also among subnormals. A value past the largest
 * double becomes an infinity, as IEEE 754 has it; a zero is 0, never -0. REQUIRES: `divisor` > 0.
 */
export function roundQuotient(value: Dyadic, divisor: bigint): number {
  const magnitude = value.digits < 0n ? -value.digits : value.digits
  if (magnitude === 0n) return 0
  // So many digits that those beyond a double's 53 tell only which way to round; what is left over goes into the last.
  const shift = 66 - (bitLength(magnitude) - bitLength(divisor))
  const numerator = shift > 0 ? magnitude << BigInt(shift) : magnitude
  const denominator = shift < 0 ? divisor << BigInt(-shift) : divisor
  const quotient = numerator / denominator
  const sticky = quotient * denominator === numerator ? quotient : quotient | 1n
  const rounded = roundDyadic(sticky, value.exponent - shift)
  return value.digits < 0n && rounded !== 0 ? -rounded : rounded
}

/** The double nearest to `digits` × 2^`exponent`. REQUIRES: `digits` has more than 54 bits. */
function roundDyadic(digits: bigint, exponent: number): number {
  const last = Math.max(exponent + bitLength(digits) - 53, -1074)
  if (last > 971) return Number.POSITIVE_INFINITY
  const dropped = BigInt(last - exponent)
  const half = 1n << (dropped - 1n)
  const rest = digits & ((half << 1n) - 1n)
  let mantissa = digits >> dropped
  if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n
  // IEEE 754 lays exponents out so that a carry out of the mantissa is the next exponent, up to infinity.
  bits[0] = (BigInt(last + 1074) << 52n) + mantissa
  return double[0] as number
}

const double = new Float64Array(1)
const bits = new BigUint64Array(double.buffer)
const mantissaMask = (1n << 52n) - 1n

/** A finite double as an integer times a power of two. */
function dyadicOf(value: number): Dyadic {
  if (Number.isSafeInteger(value)) return { digits: BigInt(value), exponent: 0 }
  double[0] = Math.abs(value)
  const pattern = bits[0] as bigint
  const biased = Number(pattern >> 52n)
  const mantissa = pattern & mantissaMask
  const digits = biased === 0 ? mantissa : mantissa | (1n << 52n)
  return { digits: value < 0 ? -digits : digits, exponent: Math.max(biased, 1) - 1075 }
}

function bitLength(digits: bigint): number {
  const hex = digits.toString(16)
  return 4 * hex.length - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28
}
