import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import type { Amount } from '../job/index.ts'
import {
  ByteWriter,
  decodeKey,
  decodeValue,
  encodeKey,
  hashBytes,
  type Key,
  outsideHeapBytes,
  RecordFileReader,
  RecordFileWriter,
} from '../record/index.ts'
import {
  giveBackKeyAmounts,
  isAmount,
  type KeyAmounts,
  releaseKeyAmounts,
  stageKey,
  takeKeyAmounts,
} from './key-amounts.ts'
import { MemoryStorage } from './storage.ts'

const most = Number.MAX_SAFE_INTEGER
/** As `amounts.as` has it: keys that are longer go another way. */
const stagingBytes = 131_072

beforeEach(releaseKeyAmounts)
afterEach(releaseKeyAmounts)

function begun(...kinds: readonly Amount[]): KeyAmounts {
  const amounts = takeKeyAmounts(flowKernels.amounts)
  if (amounts === null) throw new Error('No kernel was built.')
  for (const [table, amount] of kinds.entries()) amounts.begin(table, amount)
  return amounts
}

function bytesOf(table: number, key: Key): Buffer {
  return Buffer.concat([Buffer.of(table), encodeKey(key)])
}

function add(amounts: KeyAmounts, table: number, key: Key, by: number): boolean {
  const bytes = bytesOf(table, key)
  return amounts.fold(bytes, 0, bytes.length, by)
}

/** What is held, in the order in which it came. */
function heldBy(amounts: KeyAmounts): [table: number, key: Key, amount: number][] {
  const held: [number, Key, number][] = []
  amounts.visit((bytes, start, end, amount) =>
    held.push([bytes.readUInt8(start), decodeKey(bytes, start + 1, end), amount]),
  )
  return held
}

const writeBytes = (out: ByteWriter, bytes: Buffer): void => out.bytes(bytes, 0, bytes.length)

/** A value is left out for a table that counts. */
function stage(out: ByteWriter, table: number, key: Key, value?: number): void {
  stageKey(out, bytesOf(table, key), writeBytes)
  if (value !== undefined) out.float64(value)
}

/** The records that a bucket is written as, by blocks of so many bytes, and how long the file is. */
function bucketOf(
  amounts: KeyAmounts,
  bucket: number,
  blockBytes = 65_536,
): { rows: [table: number, key: Key, value: unknown][]; bytes: number } {
  const storage = new MemoryStorage()
  const file = storage.create('a.spill')
  const writer = new RecordFileWriter(file, 'spill', blockBytes)
  amounts.writeBucket(bucket, writer)
  const { records, bytes } = writer.finish()
  file.close()
  const reader = new RecordFileReader(storage.open('a.spill'), 'spill')
  const rows: [number, Key, unknown][] = []
  while (reader.next()) {
    const { bytes: block, keyStart, keyEnd, valueStart, valueEnd } = reader
    const key = decodeKey(block, keyStart + 1, keyEnd)
    rows.push([block.readUInt8(keyStart), key, decodeValue(block, valueStart, valueEnd)])
  }
  expect(records).toBe(rows.length)
  return { rows, bytes }
}

describe('isAmount', () => {
  it('says which numbers are exact, and which are none', () => {
    const amounts = [0, -0, most, -most]
    expect([...amounts, most + 1, 0.5, Number.NaN, 1n, '1', undefined].filter(isAmount)).toEqual(amounts)
  })
})

describe('stageKey', () => {
  it('puts the length before a key, in one byte or in five', () => {
    const out = new ByteWriter()
    for (const length of [0, 254, 255, 70_000]) stageKey(out, Buffer.alloc(length, length % 251), writeBytes)
    const staged = Buffer.from(out.buffer.subarray(0, out.length))
    const expected = [
      Buffer.of(0),
      Buffer.concat([Buffer.of(254), Buffer.alloc(254, 3)]),
      Buffer.concat([Buffer.of(255, 255, 0, 0, 0), Buffer.alloc(255, 4)]),
      Buffer.concat([Buffer.of(255, 0x70, 0x11, 1, 0), Buffer.alloc(70_000, 70_000 % 251)]),
    ]
    expect(staged.equals(Buffer.concat(expected))).toBe(true)
  })

  it('leaves nothing of a key that cannot be written', () => {
    const out = new ByteWriter()
    stageKey(out, Buffer.of(1), writeBytes)
    const fails = (): void =>
      stageKey(out, 7, () => {
        out.byte(9)
        throw new RangeError('no key')
      })
    expect(fails).toThrow('no key')
    expect(out.length).toBe(2)
  })
})

describe('KeyAmounts', () => {
  it('holds what every table is to hold of its keys, and counts keys and their bytes', () => {
    const amounts = begun('count', 'sum', 'min', 'max')
    for (let table = 0; table < 4; table++) {
      for (const by of [3, -5, 4]) expect(add(amounts, table, 'a', by)).toBe(true)
      expect(add(amounts, table, ['b', table], 7)).toBe(true)
    }
    const expected = [
      [0, 'a', 2],
      [0, ['b', 0], 7],
      [1, 'a', 2],
      [1, ['b', 1], 7],
      [2, 'a', -5],
      [2, ['b', 2], 7],
      [3, 'a', 4],
      [3, ['b', 3], 7],
    ]
    expect(heldBy(amounts)).toEqual(expected)
    const sizes = [0, 1, 2, 3, 4].map((table) => [amounts.size(table), amounts.keyBytes(table)])
    const bytes = bytesOf(1, 'a').length + bytesOf(1, ['b', 1]).length
    expect(sizes).toEqual([
      [2, bytes],
      [2, bytes],
      [2, bytes],
      [2, bytes],
      [0, 0],
    ])
    amounts.reset()
    expect([heldBy(amounts), amounts.size(1), amounts.keyBytes(1)]).toEqual([[], 0, 0])
  })

  it('takes a key out of the middle of what it is given', () => {
    const amounts = begun('sum')
    const key = bytesOf(0, 'middle')
    const bytes = Buffer.concat([Buffer.from('before'), key, Buffer.from('behind')])
    amounts.fold(bytes, 6, 6 + key.length, 4)
    expect(heldBy(amounts)).toEqual([[0, 'middle', 4]])
  })

  it('says no to a sum that would not be exact, and leaves it as it is', () => {
    const amounts = begun('sum')
    expect(add(amounts, 0, 'a', most)).toBe(true)
    expect(add(amounts, 0, 'a', 1)).toBe(false)
    expect(heldBy(amounts)).toEqual([[0, 'a', most]])
    expect(add(amounts, 0, 'a', -1)).toBe(true)
    expect(heldBy(amounts)).toEqual([[0, 'a', most - 1]])
  })

  it('folds what is staged, in turn', () => {
    const amounts = begun('count', 'sum', 'max')
    const out = new ByteWriter()
    for (const turn of [1, 2, 3]) {
      stage(out, 0, 'a')
      stage(out, 1, 'b', turn)
      stage(out, 2, 'x'.repeat(300), -turn)
    }
    expect(amounts.foldAll(out.buffer, out.length)).toBe(out.length)
    expect(heldBy(amounts)).toEqual([
      [0, 'a', 3],
      [1, 'b', 6],
      [2, 'x'.repeat(300), -1],
    ])
  })

  it('stops before an amount that would not be exact, and says what is staged there and behind', () => {
    const amounts = begun('count', 'sum')
    const out = new ByteWriter()
    stage(out, 1, 'a', most)
    const at = out.length
    stage(out, 1, 'a', 2)
    const next = out.length
    stage(out, 0, 'y'.repeat(300))
    const end = out.length
    expect(amounts.foldAll(out.buffer, end)).toBe(at)
    expect(heldBy(amounts)).toEqual([[1, 'a', most]])
    const length = bytesOf(1, 'a').length
    const first = { table: 1, start: at + 1, end: at + 1 + length, value: 2, next }
    expect(amounts.staged(out.buffer, at)).toEqual(first)
    const second = { table: 0, start: next + 5, end, value: undefined, next: end }
    expect(amounts.staged(out.buffer, next)).toEqual(second)
    // It was asked once, and is not to say no for ever.
    const rest = Buffer.from(out.buffer.subarray(next, end))
    expect(amounts.foldAll(rest, rest.length)).toBe(rest.length)
    expect(amounts.size(0)).toBe(1)
  })

  it('folds more than it has room for at once, keys among it that are longer than that room', () => {
    const amounts = begun('count', 'sum')
    const out = new ByteWriter()
    const expected = new Map<string, number>()
    const long = 'l'.repeat(stagingBytes)
    for (let turn = 0; turn < 9000; turn++) {
      const key = turn % 3000 === 1500 ? long : `key number ${turn % 4000}`
      stage(out, turn % 2, key, turn % 2 === 0 ? undefined : turn)
      const id = `${turn % 2} ${key}`
      expected.set(id, (expected.get(id) ?? 0) + (turn % 2 === 0 ? 1 : turn))
    }
    stage(out, 1, long, 5)
    stage(out, 1, long, 6)
    expected.set(`1 ${long}`, 11)
    // Nothing that stood behind what is staged last is folded once more.
    stage(out, 0, 'last')
    expected.set('0 last', 1)
    expect(out.length).toBeGreaterThan(3 * stagingBytes)
    expect(amounts.foldAll(out.buffer, out.length)).toBe(out.length)
    const held = heldBy(amounts).map(([table, key, amount]) => [`${table} ${key}`, amount] as const)
    expect(new Map(held)).toEqual(expected)
    expect(held.length).toBe(expected.size)
  })

  it('stops before a long key whose amount would not be exact', () => {
    const amounts = begun('sum')
    const out = new ByteWriter()
    const long = 'l'.repeat(stagingBytes)
    stage(out, 0, long, -most)
    const at = out.length
    stage(out, 0, long, -1)
    expect(amounts.foldAll(out.buffer, out.length)).toBe(at)
    expect(heldBy(amounts)).toEqual([[0, long, -most]])
  })

  it('writes what each table has in each partition, in order, in blocks of whatever size', () => {
    const partitions = 3
    const keys = Array.from({ length: 400 }, (_, index) => `${'k'.repeat(index % 40)}${index}`)
    const partitionOf = (table: number, key: Key): number => {
      const bytes = bytesOf(table, key)
      return hashBytes(bytes, 0, bytes.length) % partitions
    }
    const lengths = new Set<number>()
    for (const blockBytes of [65_536, 256, 60]) {
      const amounts = begun('count', 'sum')
      for (const [index, key] of keys.entries())
        for (const table of [0, 1]) add(amounts, table, key, table === 0 ? 1 : index - 200)
      amounts.deal(2, partitions)
      let length = 0
      for (let partition = 0; partition < partitions; partition++) {
        for (const table of [0, 1]) {
          const { rows, bytes } = bucketOf(amounts, table * partitions + partition, blockBytes)
          const own = keys.filter((key) => partitionOf(table, key) === partition)
          const expected = own
            .sort((a, b) => Buffer.compare(bytesOf(table, a), bytesOf(table, b)))
            .map((key) => [table, key, table === 0 ? 1 : keys.indexOf(key) - 200])
          expect(rows).toEqual(expected)
          expect(rows.length).toBeGreaterThan(50)
          length += bytes
        }
      }
      lengths.add(length)
      amounts.letGo()
    }
    // Smaller blocks are more of them.
    expect([...lengths]).toEqual([...lengths].sort((a, b) => a - b))
    expect(lengths.size).toBe(3)
  })

  it('writes nothing for a partition of which there is nothing, and a key that is longer than a block', () => {
    const amounts = begun('sum', 'sum')
    const long = 'zz'.repeat(100_000)
    for (const key of ['a', long, 'zz']) add(amounts, 1, key, -300)
    amounts.deal(2, 1)
    expect(bucketOf(amounts, 0).rows).toEqual([])
    expect(bucketOf(amounts, 1).rows).toEqual(['a', 'zz', long].map((key) => [1, key, -300]))
  })

  it('says how much memory it takes, also when that has grown, until it is let go', () => {
    const before = outsideHeapBytes()
    const amounts = begun('count')
    const first = outsideHeapBytes() - before
    expect(first).toBeGreaterThan(0)
    expect(first % 65_536).toBe(0)
    add(amounts, 0, 'x'.repeat(3_000_000), 1)
    const grown = outsideHeapBytes() - before
    expect(grown).toBeGreaterThan(first + 3_000_000)
    expect(grown).toBeLessThan(first + 12_000_000)
    add(amounts, 0, 'a', 1)
    expect(outsideHeapBytes() - before).toBe(grown)
    expect(heldBy(amounts).map(([, key]) => String(key).length)).toEqual([3_000_000, 1])
    amounts.letGo()
    expect(outsideHeapBytes()).toBe(before)
  })

  it.each(['roomFor', 'foldOne', 'foldStaged', 'deal', 'sortBucket'])(
    'says that there is no memory where %s was given none',
    (step) => {
      const whole = flowKernels.amounts() as Record<string, unknown>
      const answer = step === 'foldStaged' || step === 'sortBucket' ? -1 : 0
      const amounts = takeKeyAmounts(() => ({ ...whole, [step]: () => answer }))
      if (amounts === null) throw new Error('No kernel was built.')
      amounts.begin(0, 'count')
      const out = new ByteWriter()
      stage(out, 0, 'a')
      const writer = new RecordFileWriter(new MemoryStorage().create('a.spill'), 'spill')
      const use = (): void => {
        add(amounts, 0, 'a', 1)
        amounts.foldAll(out.buffer, out.length)
        amounts.deal(1, 1)
        amounts.writeBucket(0, writer)
      }
      expect(use).toThrow(
        expect.objectContaining({
          code: 'out-of-memory',
          message: expect.stringMatching(
            /^The keys of a map task take more than \d+ bytes, and the system gives no more\.$/,
          ),
          wayOut: 'Give the run fewer workers (--workers) or less memory (--memory).',
        }),
      )
      amounts.letGo()
    },
  )
})

describe('takeKeyAmounts', () => {
  it('is null where there is no kernel', () => {
    expect(takeKeyAmounts(() => null)).toBeNull()
  })

  it('gives the one that was given back, without a key; a second one is let go', () => {
    const before = outsideHeapBytes()
    const [first, second] = [begun('count'), begun('sum')]
    expect(second).not.toBe(first)
    const each = (outsideHeapBytes() - before) / 2
    add(first, 0, 'a', 1)
    giveBackKeyAmounts(first)
    expect(outsideHeapBytes() - before).toBe(2 * each)
    giveBackKeyAmounts(second)
    expect(outsideHeapBytes() - before).toBe(each)
    const again = takeKeyAmounts(() => null)
    expect(again).toBe(first)
    expect(heldBy(first)).toEqual([])
    expect(takeKeyAmounts(() => null)).toBeNull()
    giveBackKeyAmounts(first)
    releaseKeyAmounts()
    expect(outsideHeapBytes()).toBe(before)
    expect(takeKeyAmounts(() => null)).toBeNull()
  })
})
