import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldInto } from '../../test/fixtures/folded.ts'
import { type AnyReducer, collect, count, groupReduce, sum } from '../job/index.ts'
import { decodeKey, decodeValue, encodeKey, hashBytes, type Key, RecordFileReader } from '../record/index.ts'
import { CombineTable } from './combine-table.ts'
import { writeSpills } from './spill.ts'
import { MemoryStorage, openSection, type Section } from './storage.ts'

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Key & (number | bigint | boolean | null)>(0, -0, 1n, 0n, 2n ** 70n, 1.5, true, false, null),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('a longer text than is cut off', 'été', '오늘', '\ud800'),
)
const anyKey: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))

interface Spilled {
  readonly key: Key
  readonly value: unknown
  readonly bytes: Buffer
}

function recordsIn(storage: MemoryStorage, section: Section): Spilled[] {
  const reader = new RecordFileReader(openSection(storage, section), 'spill')
  const records: Spilled[] = []
  while (reader.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
    records.push({
      key: decodeKey(bytes, keyStart + 1, keyEnd),
      value: decodeValue(bytes, valueStart, valueEnd),
      bytes: Buffer.from(bytes.subarray(keyStart, keyEnd)),
    })
  }
  return records
}

/** What a table should hold: values folded by the bytes of their keys. */
function foldPlainly(reducer: AnyReducer, emits: readonly (readonly [Key, unknown])[]): Map<string, unknown> {
  const states = new Map<string, unknown>()
  for (const [key, value] of emits) {
    const id = encodeKey(key).toString('hex')
    if (reducer.kind === 'group') states.set(id, [...((states.get(id) as unknown[]) ?? []), value])
    else states.set(id, reducer.add(states.get(id) ?? reducer.empty(), value))
  }
  return states
}

function refuseState(): never {
  throw new Error('These states are plain data.')
}

function spill(tables: readonly CombineTable[], partitions: number): Spilled[][] {
  const storage = new MemoryStorage()
  const spills = writeSpills(tables, { partitions, round: 0, storage, refuseState })
  return spills.map(({ partition, records, ...section }) => {
    const found = recordsIn(storage, section)
    // A partition of which there is nothing has no spill.
    expect(records).toBeGreaterThan(0)
    expect(found.length).toBe(records)
    expect(found.map(({ bytes }) => bytes)).toEqual(
      found.map(({ bytes }) => bytes).sort((a, b) => Buffer.compare(a, b)),
    )
    for (const { bytes } of found) expect(hashBytes(bytes, 0, bytes.length) % partitions).toBe(partition)
    return found
  })
}

const reducers = { count: count(), sum: sum(), collect: collect(), group: groupReduce(() => null) }

describe('writeSpills', () => {
  it('writes the state of every key of every table once, sorted by partition, table and key', () => {
    const emits = fc.array(fc.tuple(anyKey, fc.integer({ min: -9, max: 9 })), { maxLength: 300 })
    const kinds = fc.array(fc.constantFrom<keyof typeof reducers>('count', 'sum', 'collect', 'group'), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(kinds, emits, fc.integer({ min: 1, max: 4 }), (names, list, partitions) => {
        const tables = names.map((name, number) => new CombineTable(reducers[name] as AnyReducer, number))
        const expected = names.flatMap((name, number) => {
          const values = list.map(([key, value]) => [key, name === 'count' ? undefined : value] as const)
          for (const [key, value] of values) foldInto(tables[number] as CombineTable, key, value)
          const states = foldPlainly(reducers[name] as AnyReducer, values)
          return [...states].map(([key, state]) => [Buffer.of(number).toString('hex') + key, state] as const)
        })
        const found = spill(tables, partitions).flat()
        expect(new Map(found.map(({ bytes, value }) => [bytes.toString('hex'), value]))).toEqual(
          new Map(expected),
        )
        expect(found.length).toBe(expected.length)
        for (const table of tables) expect([table.keyCount, table.heldBytes]).toEqual([0, 0])
      }),
      { numRuns: 300 },
    )
  })

  it('folds right when keys become too many for maps, and again in the next round', {
    tags: ['large'],
  }, () => {
    const table = new CombineTable(count() as AnyReducer, 0)
    for (const rounds of [10_000, 3000, 6000]) {
      for (let turn = 0; turn < 3; turn++)
        for (let number = 0; number < rounds; number++)
          foldInto(table, number % 3 === 0 ? ['n', number] : `word-${number}`, undefined)
      const found = spill([table], 2).flat()
      expect(found.length).toBe(rounds)
      expect(found.every(({ value }) => value === 3)).toBe(true)
    }
  })

  it('cuts the values of a large group into short lists, in order', () => {
    const table = new CombineTable(groupReduce(() => null) as AnyReducer, 0)
    const values = Array.from({ length: 20_000 }, (_, index) => `value ${index}`)
    for (const value of values) foldInto(table, 'all', value)
    foldInto(table, 'few', 'one')
    const [found = []] = spill([table], 1)
    const lists = found.filter(({ key }) => key === 'all').map(({ value }) => value as string[])
    expect(lists.flat()).toEqual(values)
    expect(lists.length).toBeGreaterThan(10)
    expect(Math.max(...lists.map(({ length }) => length))).toBeLessThan(1500)
    expect(found.at(-1)).toMatchObject({ key: 'few', value: ['one'] })
  })

  it('gives a value that is as large as a list may be one of its own, and writes no list of nothing', () => {
    const table = new CombineTable(groupReduce(() => null) as AnyReducer, 0)
    // By the same count 32 KiB.
    const values = ['a', 'b', 'c'].map((letter) => letter.repeat((32 * 1024 - 24) / 2))
    for (const value of values) foldInto(table, 'all', value)
    expect(spill([table], 1)[0]?.map(({ value }) => value)).toEqual(values.map((value) => [value]))
  })

  it('leaves a state whole that is a list, however long it is', () => {
    const table = new CombineTable(collect() as AnyReducer, 0)
    const values = Array.from({ length: 5000 }, (_, index) => `value ${index}`)
    for (const value of values) foldInto(table, 'all', value)
    expect(spill([table], 1)[0]?.map(({ value }) => value)).toEqual([values])
  })

  it('writes partitions one behind another into one file, each with its own checksum', () => {
    const storage = new MemoryStorage()
    const table = new CombineTable(count() as AnyReducer, 0)
    const write = (round: number) => {
      for (let key = 0; key < 50; key++) foldInto(table, key, undefined)
      return writeSpills([table], { partitions: 4, round, storage, refuseState })
    }
    const [first, second] = [write(0), write(7)]
    expect(first.map(({ partition, name }) => [partition, name])).toEqual(
      [0, 1, 2, 3].map((partition) => [partition, 's0.spill']),
    )
    expect(second).toEqual(first.map((one) => ({ ...one, name: 's7.spill' })))
    let atByte = 0
    for (const one of first) {
      expect(one.atByte).toBe(atByte)
      atByte += one.bytes
    }
    expect(storage.open('s0.spill').sizeBytes).toBe(atByte)
    expect(new Set(first.map(({ crc32 }) => crc32)).size).toBe(4)
  })
})

describe('CombineTable', () => {
  it('counts more for every new key, and after measuring no more for a state that stayed small', () => {
    const table = new CombineTable(sum() as AnyReducer, 0)
    for (let number = 0; number < 1000; number++) foldInto(table, `key-${number}`, 1)
    const { heldBytes } = table
    expect(heldBytes).toBeGreaterThan(1000 * 30)
    for (let number = 0; number < 1000; number++) foldInto(table, `key-${number}`, 1)
    table.measure()
    expect(table.heldBytes).toBe(heldBytes)
  })

  it('counts the values it keeps', () => {
    const table = new CombineTable(collect() as AnyReducer, 0)
    for (let turn = 0; turn < 100; turn++) foldInto(table, 'all', 'x'.repeat(1000))
    expect(table.heldBytes).toBeGreaterThan(100_000)
    table.measure()
    expect(table.heldBytes).toBeGreaterThan(100_000)
  })

  it('refuses what is no key and holds nothing of it', () => {
    const table = new CombineTable(count() as AnyReducer, 0)
    for (const wrong of [Number.NaN, undefined, {}, ['a', undefined], [['nested']], new Date(0), Symbol('x')])
      expect(() => foldInto(table, wrong as Key, undefined)).toThrow('which is no key')
    expect(table.keyCount).toBe(0)
  })
})
