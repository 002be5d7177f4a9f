import { compareKeys, isTuple, type Key, type Scalar } from '../record/index.ts'

/**
 * Tells whether keys that are read back from JSON can have been in strictly ascending order.
 *
 * JSON does not tell all keys apart: `1` is the number and the bigint, `"Infinity"` the text and the number, and the
 * two of a pair stand at different places of the order. So each key is taken for the least one that its text may stand
 * for and that comes after the key before it: if there is any reading of the texts in which they ascend, this one does.
 */
export class AscendingKeys {
  #last: Key | undefined

  /** Takes the next key. Returns what it is taken for, or undefined when no reading of it comes after those before. */
  next(key: Key): Key | undefined {
    const taken = this.#last === undefined ? leastReading(key) : readingAbove(key, this.#last)
    if (taken !== undefined) this.#last = taken
    return taken
  }
}

function readingAbove(key: Key, above: Key): Key | undefined {
  const least = leastReading(key)
  if (compareKeys(least, above) > 0) return least
  if (!isTuple(key)) {
    return isTuple(above) ? undefined : readingsOf(key).find((reading) => compareKeys(reading, above) > 0)
  }
  return isTuple(above) ? tupleAbove(key.map(readingsOf), above) : undefined
}

/**
 * The least tuple above another: equal to it for as long as can be, then above it in one element, then the least.
 *
 * @param readings what each element may be, in order
 */
function tupleAbove(
  readings: readonly (readonly [Scalar, ...Scalar[]])[],
  above: readonly Scalar[],
): Key | undefined {
  const leastFrom = (index: number): Scalar[] => readings.slice(index).map(([least]) => least)
  let equal = 0
  while (equal < Math.min(readings.length, above.length)) {
    if (!readings[equal]!.some((reading) => compareKeys(reading, above[equal]!) === 0)) break
    equal += 1
  }
  if (equal === above.length && readings.length > equal) return [...above, ...leastFrom(equal)]
  for (let index = Math.min(equal, readings.length - 1, above.length - 1); index >= 0; index -= 1) {
    const higher = readings[index]!.find((reading) => compareKeys(reading, above[index]!) > 0)
    if (higher !== undefined) return [...above.slice(0, index), higher, ...leastFrom(index + 1)]
  }
  return undefined
}

function leastReading(key: Key): Key {
  if (!isTuple(key)) return readingsOf(key)[0]
  return key.some((element) => readingsOf(element).length > 1)
    ? key.map((element) => readingsOf(element)[0])
    : key
}

const infinities: ReadonlyMap<Scalar, readonly [Scalar, Scalar]> = new Map([
  ['Infinity', [Number.POSITIVE_INFINITY, 'Infinity']],
  ['-Infinity', [Number.NEGATIVE_INFINITY, '-Infinity']],
])

/** All scalars that are written as this one, which was read back, is, in their order. Pure. */
export function readingsOf(scalar: Scalar): readonly [Scalar, ...Scalar[]] {
  switch (typeof scalar) {
    case 'string':
      return infinities.get(scalar) ?? [scalar]
    case 'number':
      // Digits of an integer above 2^53 are read as a bigint, so that a larger number was written with an exponent.
      return Number.isInteger(scalar) && Math.abs(scalar) <= 2 ** 53 ? [scalar, BigInt(scalar)] : [scalar]
    case 'bigint':
      return `${Number(scalar)}` === `${scalar}` ? [Number(scalar), scalar] : [scalar]
    default:
      return [scalar]
  }
}
