import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKey } from '../../test/fixtures/keys-and-values.ts'
import { parseJson } from '../input/index.ts'
import { canonicalJson, compareKeys, type Key, type Scalar } from '../record/index.ts'
import { AscendingKeys } from './ascending-keys.ts'

/** Scalars among which many are written alike. */
const scalars: readonly Scalar[] = [
  ...[null, true, 0, 0n, 1, 1n, 1.5, 'a', 'Infinity', '-Infinity', 'Infinit', 'J'],
  ...[
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    2n ** 53n,
    1e20,
    10n ** 20n,
    10n ** 20n + 1n,
  ],
]
const nearScalar = fc.constantFrom(...scalars)
const nearKey: fc.Arbitrary<Key> = fc.oneof(nearScalar, fc.array(nearScalar, { maxLength: 3 }))

/** A key as a table's file gives it back. */
function readBack(key: Key): Key {
  const bytes = Buffer.from(canonicalJson(key))
  return parseJson(bytes, 0, bytes.length, 'exact') as Key
}

/** -0 and 0 are one key, which is written as 0. */
function withoutNegativeZero(key: Key): Key {
  const positive = (scalar: Scalar): Scalar => (scalar === 0 ? 0 : scalar)
  return Array.isArray(key) ? key.map(positive) : positive(key as Scalar)
}

function sorted(keys: readonly Key[]): Key[] {
  return keys
    .map(withoutNegativeZero)
    .sort(compareKeys)
    .filter((key, index, all) => index === 0 || compareKeys(all[index - 1]!, key) !== 0)
}

/** Whether keys, read back, are taken as ascending. */
function accepts(keys: readonly Key[]): boolean {
  const ascending = new AscendingKeys()
  return keys.every((key) => ascending.next(readBack(key)) !== undefined)
}

/** Every key that is written as this one is. */
function allReadings(key: Key): Key[] {
  const ofScalar = (scalar: Scalar): Scalar[] =>
    scalars.filter((other) => canonicalJson(other) === canonicalJson(scalar))
  if (!Array.isArray(key)) return ofScalar(key as Scalar)
  return key.reduce<Scalar[][]>(
    (starts, element: Scalar) => starts.flatMap((start) => ofScalar(element).map((one) => [...start, one])),
    [[]],
  )
}

/** Is there any reading in which the keys ascend? By trying all of them. */
function canAscend([first, ...rest]: readonly Key[], above: Key | undefined): boolean {
  if (first === undefined) return true
  return allReadings(first).some(
    (reading) => (above === undefined || compareKeys(reading, above) > 0) && canAscend(rest, reading),
  )
}

describe('AscendingKeys', () => {
  test('takes every sorted list of different keys as ascending, whatever JSON makes of them', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyKey, nearKey), { maxLength: 12 }), (keys) => {
        expect(accepts(sorted(keys))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  test('takes keys as ascending when there is a reading in which they are, and only then', () => {
    fc.assert(
      fc.property(fc.array(nearKey, { minLength: 2, maxLength: 4 }), fc.boolean(), (keys, isSorted) => {
        const given = isSorted ? sorted(keys) : keys
        expect(accepts(given)).toBe(canAscend(given, undefined))
      }),
      { numRuns: 1000 },
    )
  })

  test('refuses a key that comes twice, and one that comes too late', () => {
    expect(accepts(['a', 'a'])).toBe(false)
    expect(accepts(['b', 'a'])).toBe(false)
    expect(accepts(['a', 2])).toBe(false)
    expect(accepts([['a', 1], 'z'])).toBe(false)
    expect(accepts([['a', 1.5], ['a']])).toBe(false)
    expect(accepts([1, 1n, 1])).toBe(false)
  })

  test('gives the key it took, and goes on from the key before one that it refused', () => {
    const ascending = new AscendingKeys()
    expect(ascending.next('Infinity')).toBe(Number.POSITIVE_INFINITY)
    expect(ascending.next('A')).toBe('A')
    expect(ascending.next(7)).toBe(undefined)
    expect(ascending.next('Infinity')).toBe('Infinity')
    expect(ascending.next([1, 'x'])).toEqual([1, 'x'])
    expect(ascending.next([1, 'x'])).toEqual([1n, 'x'])
  })
})
