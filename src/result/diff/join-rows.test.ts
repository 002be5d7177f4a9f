import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKey } from '../../../test/fixtures/keys-and-values.ts'
import { compareKeys, encodeKey, type Key } from '../../record/index.ts'
import { joinRows, type SortedRows } from './join-rows.ts'

/** A table in memory, which says when it is used otherwise than promised. */
class Rows implements SortedRows {
  readonly #keys: readonly Key[]
  #at = -1

  constructor(keys: readonly Key[]) {
    this.#keys = [...keys].sort(compareKeys)
  }

  get key(): Key {
    if (this.#at < 0 || this.#at >= this.#keys.length) throw new Error('There is no row at hand.')
    return this.#keys[this.#at] ?? null
  }

  next(): boolean {
    if (this.#at >= this.#keys.length) throw new Error('The rows have ended already.')
    this.#at += 1
    return this.#at < this.#keys.length
  }
}

function nameOf(key: Key): string {
  return encodeKey(key).toString('hex')
}

const keys = fc.uniqueArray(fc.oneof(anyKey, fc.nat({ max: 20 })), { selector: nameOf, maxLength: 30 })
/** Two tables that share some of their keys. */
const tables = fc
  .tuple(keys, fc.infiniteStream(fc.constantFrom('before', 'after', 'both')))
  .map(([all, places]) => all.map((key) => ({ key, place: places.next().value })))

describe('joinRows', () => {
  test('tells of every key of any two sorted tables once, in order, and where it is', () => {
    fc.assert(
      fc.property(tables, (placed) => {
        const before = new Rows(placed.filter(({ place }) => place !== 'after').map(({ key }) => key))
        const after = new Rows(placed.filter(({ place }) => place !== 'before').map(({ key }) => key))
        const told: string[] = []
        joinRows(before, after, {
          removed: () => told.push(`before ${nameOf(before.key)}`),
          added: () => told.push(`after ${nameOf(after.key)}`),
          both: () => {
            expect(nameOf(before.key)).toBe(nameOf(after.key))
            told.push(`both ${nameOf(after.key)}`)
          },
        })
        const expected = [...placed].sort((a, b) => compareKeys(a.key, b.key))
        expect(told).toEqual(expected.map(({ key, place }) => `${place} ${nameOf(key)}`))
      }),
      { numRuns: 500 },
    )
  })
})
