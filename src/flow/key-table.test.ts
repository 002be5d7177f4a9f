import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type KeyPlace, KeyTable, releaseKeyMemory } from './key-table.ts'

afterEach(releaseKeyMemory)

/** Lengths around the size of a chunk, 256 KiB, besides short ones. */
const anyKey = fc.oneof(
  { weight: 50, arbitrary: fc.integer({ min: 0, max: 3000 }).map((number) => `key-${number}`) },
  { weight: 5, arbitrary: fc.string({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 262_120, max: 262_160 }).map((length) => 'x'.repeat(length)) },
)

function add(table: KeyTable, key: string): number {
  const bytes = Buffer.from(key)
  return table.numberOf(bytes, bytes.length)
}

function keysOf(table: KeyTable): string[] {
  const place: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }
  const keys: string[] = []
  table.visit((at) => {
    table.locate(place, at)
    keys[place.number] = place.bytes.toString('utf8', place.start, place.end)
  })
  return keys
}

describe('KeyTable', () => {
  it('numbers keys in the order they are first met, and finds each again, also after it was cleared', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyKey, { maxLength: 600 }), { maxLength: 3 }), (rounds) => {
        const table = new KeyTable()
        for (const keys of rounds) {
          const numbers = new Map<string, number>()
          for (const key of keys) {
            const expected = numbers.get(key) ?? numbers.size
            numbers.set(key, expected)
            expect(add(table, key)).toBe(expected)
          }
          expect(table.size).toBe(numbers.size)
          expect(keysOf(table)).toEqual([...numbers.keys()])
          table.clear()
          expect([table.size, table.heldBytes]).toEqual([0, 0])
        }
      }),
      { numRuns: 60 },
    )
  })

  it('counts the same for the same keys, whatever memory it was given from tables before', {
    tags: ['large'],
  }, () => {
    const fill = (): number => {
      const table = new KeyTable()
      for (let number = 0; number < 50_000; number++) add(table, `key-${number}`)
      const { heldBytes } = table
      table.clear()
      return heldBytes
    }
    const first = fill()
    expect(fill()).toBe(first)
    releaseKeyMemory()
    expect(fill()).toBe(first)
  })

  it('counts no less than the memory it takes', { tags: ['large'] }, () => {
    const before = process.memoryUsage().arrayBuffers
    const table = new KeyTable()
    for (let number = 0; number < 200_000; number++) add(table, `key-${number}`)
    const takenBytes = process.memoryUsage().arrayBuffers - before
    expect(takenBytes).toBeGreaterThan(200_000 * 20)
    // Beside what it counts, the last chunk's free end.
    expect(takenBytes).toBeLessThan(table.heldBytes + 2 ** 18)
  })
})
