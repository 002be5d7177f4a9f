import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { numberOf } from '../../test/fixtures/folded.ts'
import { outsideHeapBytes } from '../record/index.ts'
import { type KeyPlace, KeyTable, releaseKeyMemory } from './key-table.ts'

afterEach(releaseKeyMemory)

/** Lengths around the size of a chunk, 256 KiB, besides short ones. */
const anyKey = fc.oneof(
  { weight: 50, arbitrary: fc.integer({ min: 0, max: 3000 }).map((number) => `key-${number}`) },
  { weight: 5, arbitrary: fc.string({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 262_120, max: 262_160 }).map((length) => 'x'.repeat(length)) },
)

function add(table: KeyTable, key: string): number {
  return numberOf(table, Buffer.from(key))
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

  it('tells keys apart that have one hash, or one slot, also once it has grown', () => {
    const table = new KeyTable()
    // They all look first where the first one lies, at the end of the slots; some have one hash, some one length.
    const keys = Array.from(
      { length: 200 },
      (_, number) => [`k${number % 150}`, 63 + 256 * (number % 3)] as const,
    )
    const numbers = new Map<string, number>()
    for (const [key, hash] of [...keys, ...keys]) {
      const bytes = Buffer.from(`${key}/${hash}`)
      const expected = numbers.get(bytes.toString()) ?? numbers.size
      numbers.set(bytes.toString(), expected)
      expect(table.numberAt(bytes, 0, bytes.length, hash)).toBe(expected)
    }
    expect(keysOf(table)).toEqual([...numbers.keys()])
  })

  it('takes a key out of the middle of what it is given, short or long', () => {
    const table = new KeyTable()
    const bytes = Buffer.from(`..${'a'.repeat(64)}${'b'.repeat(65)}..`)
    expect([table.numberAt(bytes, 2, 66, 1), table.numberAt(bytes, 66, 131, 2)]).toEqual([0, 1])
    expect(keysOf(table)).toEqual(['a'.repeat(64), 'b'.repeat(65)])
    expect(table.numberAt(Buffer.from('a'.repeat(64)), 0, 64, 1)).toBe(0)
  })

  it('counts 47 bytes for each key beside its own, and nothing for one that it has', () => {
    const table = new KeyTable()
    for (const key of ['ab', 'abc', 'ab']) add(table, key)
    expect(table.heldBytes).toBe(2 * 47 + 5)
  })

  it('says where a key is likely to stand, and brings that near', () => {
    const table = new KeyTable()
    expect([table.likelyPlace(7), table.touch(0)]).toEqual([0, 0])
    const bytes = Buffer.from('abc')
    table.numberAt(bytes, 0, 1, 5)
    table.numberAt(bytes, 1, 3, 7)
    expect(table.likelyPlace(6)).toBe(0)
    // The first key takes three words of header and one of its own.
    expect([table.likelyPlace(5), table.likelyPlace(7)]).toEqual([1, 5])
    expect([table.touch(1), table.touch(5)]).toEqual([5, 7])
    expect([table.numberOfPlace(0), table.numberOfPlace(4)]).toEqual([0, 1])
  })

  it('fills a chunk to its end, and begins another one behind it', () => {
    const table = new KeyTable()
    const places = (): number[] => {
      const found: number[] = []
      table.visit((at) => found.push(at))
      return found
    }
    // With its header this key is as long as a chunk.
    const whole = 'x'.repeat((2 ** 16 - 3) * 4)
    for (const key of [whole, 'a', `${whole}x`, 'b']) add(table, key)
    expect(places()).toEqual([0, 2 ** 16, 2 * 2 ** 16, 3 * 2 ** 16])
    expect(places().map((at) => table.numberOfPlace(at))).toEqual([0, 1, 2, 3])
    expect([add(table, whole), add(table, `${whole}x`), add(table, 'b')]).toEqual([0, 2, 3])
  })

  it('takes memory that tables before have left, and says how much there is until it is let go', () => {
    releaseKeyMemory()
    const before = outsideHeapBytes()
    const fill = (keys: readonly string[]): number => {
      const table = new KeyTable()
      for (const key of keys) add(table, key)
      table.clear()
      return outsideHeapBytes() - before
    }
    const chunk = 4 * 2 ** 16
    expect(fill(['a'])).toBe(chunk + 4 * 64)
    expect(fill(['b'])).toBe(chunk + 4 * 64)
    // One that is made for a long key is for no other.
    expect(fill(['x'.repeat(chunk)])).toBe(chunk + 4 * 64)
    const many = Array.from({ length: 33 }, (_, number) => `k${number}`)
    expect(fill(many)).toBe(chunk + 4 * 64 + 4 * 128)
    releaseKeyMemory()
    expect(outsideHeapBytes()).toBe(before)
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
})
