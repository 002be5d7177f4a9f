import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numberOf } from '../../test/fixtures/folded.ts'
import { hashBytes } from '../record/index.ts'
import { sortKeys } from './key-sort.ts'
import { type KeyPlace, KeyTable } from './key-table.ts'

/** Few different bytes, 0 among them, and long shared beginnings: where digits end and keys end is what may go wrong. */
const nastyKey = fc
  .tuple(
    fc.constantFrom('', 'tag', 'tag\0', 'https://example.org/a/b/'),
    fc.string({ unit: fc.constantFrom('\0', 'a', 'b', '\xff'), maxLength: 9 }),
  )
  .map(([start, end]) => Buffer.from(start + end, 'latin1'))
const anyKey = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const keyLists = fc.array(fc.oneof(nastyKey, anyKey), { maxLength: 400 })

function keysIn(
  table: KeyTable,
  partitions: number,
): { readonly keys: Buffer[]; readonly numbers: number[] }[] {
  const { order, ends } = sortKeys(table, partitions)
  const place: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }
  let index = 0
  return ends.map((end) => {
    const keys: Buffer[] = []
    const numbers: number[] = []
    for (; index < end; index++) {
      order.locate(place, index)
      keys.push(Buffer.from(place.bytes.subarray(place.start, place.end)))
      numbers.push(place.number)
    }
    return { keys, numbers }
  })
}

describe('sortKeys', () => {
  it('gives each partition its keys, as Buffer.compare orders them, with their numbers', () => {
    fc.assert(
      fc.property(keyLists, fc.integer({ min: 1, max: 5 }), (list, partitions) => {
        const table = new KeyTable()
        const numbers = new Map<string, number>()
        for (const key of list) numbers.set(key.toString('latin1'), numberOf(table, key))
        const keys = [...numbers.keys()].map((text) => Buffer.from(text, 'latin1'))
        const sorted = keysIn(table, partitions)
        for (const [partition, found] of sorted.entries()) {
          const expected = keys.filter((key) => hashBytes(key, 0, key.length) % partitions === partition)
          expect(found.keys).toEqual(expected.sort(Buffer.compare))
          expect(found.numbers).toEqual(found.keys.map((key) => numbers.get(key.toString('latin1'))))
        }
        table.clear()
      }),
      { numRuns: 500 },
    )
  })

  function sortsBeginnings(most: number): void {
    const table = new KeyTable()
    const long = Buffer.alloc(most, 0)
    for (let length = long.length; length > 0; length--) numberOf(table, long, length)
    const [sorted] = keysIn(table, 1)
    expect(sorted?.keys.map(({ length }) => length)).toEqual(Array.from(long, (_, index) => index + 1))
    table.clear()
  }

  it('sorts keys of which each is the beginning of the next', () => sortsBeginnings(200))

  it('sorts them however many there are', { tags: ['large'] }, () => sortsBeginnings(2000))
})
