import { describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import type { Amount } from '../job/index.ts'
import {
  decodeKey,
  decodeValue,
  encodeKey,
  encodeValue,
  type Key,
  outsideHeapBytes,
  RecordFileReader,
  RecordFileWriter,
} from '../record/index.ts'
import { type AmountForm, AmountMerge, ForeignState } from './amount-merge.ts'
import { MemoryStorage, type Section, type Storage } from './storage.ts'

const most = Number.MAX_SAFE_INTEGER

type Row = readonly [table: number, key: Key, state: unknown]

/** A spill of rows of whatever tables, sorted here. Bytes stand in it as they are. */
function spillOf(storage: Storage, name: string, rows: readonly Row[]): Section {
  const file = storage.create(name)
  const writer = new RecordFileWriter(file, 'spill')
  const encoded = rows.map(([table, key, state]) => ({
    key: Buffer.concat([Buffer.of(table), encodeKey(key)]),
    value: Buffer.isBuffer(state) ? state : encodeValue(state),
  }))
  for (const { key, value } of encoded.sort((a, b) => Buffer.compare(a.key, b.key)))
    writer.append(key, 0, key.length, value, 0, value.length)
  const { bytes } = writer.finish()
  file.close()
  return { name, atByte: 0, bytes }
}

function spillsOf(storage: Storage, files: readonly (readonly Row[])[]): Section[] {
  return files.map((rows, index) => spillOf(storage, `${index}.spill`, rows))
}

function mergeOf(storage: Storage, spills: readonly Section[]): AmountMerge {
  const kernel = flowKernels.merge()
  if (kernel === null) throw new Error('No kernel was built.')
  return new AmountMerge(kernel, storage, spills)
}

/** Merges and writes all groups, a file a table. Returns what is written there, and how often a block was full. */
function writtenBy(
  merge: AmountMerge,
  amounts: Readonly<Record<number, Amount>>,
  form: AmountForm,
  blockBytes = 65_536,
): { rows: [table: number, key: Key, value: unknown][]; full: number } {
  const storage = new MemoryStorage()
  const rows: [number, Key, unknown][] = []
  let full = 0
  for (let { table } = merge; table !== -1; { table } = merge) {
    const file = storage.create('table.part')
    const writer = new RecordFileWriter(file, 'part', blockBytes)
    while (merge.write(table, amounts[table] ?? 'count', writer, form)) full += 1
    writer.finish()
    file.close()
    const reader = new RecordFileReader(storage.open('table.part'), 'part')
    while (reader.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
      // In a part file, which is one table's, keys stand alone.
      if (form === 'text')
        rows.push([table, decodeKey(bytes, keyStart, keyEnd), bytes.toString('latin1', valueStart, valueEnd)])
      else
        rows.push([
          bytes.readUInt8(keyStart),
          decodeKey(bytes, keyStart + 1, keyEnd),
          decodeValue(bytes, valueStart, valueEnd),
        ])
    }
  }
  return { rows, full }
}

const threeFiles: readonly (readonly Row[])[] = [
  [
    [1, 'a', 5],
    [1, 'b', -7],
    [1, ['c', 1], 128],
    [3, 'x', 1],
  ],
  [
    [1, 'b', 3],
    [1, 'only here', 2 ** 40],
    [3, 'x', 2],
  ],
  [
    [1, 'a', -9],
    [1, 'b', -7],
    [1, 'z', 0],
  ],
]

const merged = {
  sum: { a: -4, b: -11 },
  min: { a: -9, b: -7 },
  max: { a: 5, b: 3 },
} as const

describe('AmountMerge', () => {
  it.each(['sum', 'min', 'max'] as const)('comes to what %s() comes to, for a spill or as text', (amount) => {
    const { a, b } = merged[amount]
    const expected: Row[] = [
      [1, 'a', a],
      [1, 'b', b],
      [1, 'only here', 2 ** 40],
      [1, 'z', 0],
      [1, ['c', 1], 128],
      [3, 'x', 3],
    ]
    for (const form of ['value', 'text'] as const) {
      const storage = new MemoryStorage()
      const merge = mergeOf(storage, spillsOf(storage, threeFiles))
      expect([merge.table, merge.records, merge.groups]).toEqual([1, 0, 0])
      const { rows, full } = writtenBy(merge, { 1: amount, 3: 'count' }, form)
      expect(rows).toEqual(
        expected.map(([table, key, value]) => [table, key, form === 'text' ? `${value}` : value]),
      )
      expect([full, merge.table, merge.records, merge.groups]).toEqual([0, -1, 10, 6])
      merge.close()
    }
  })

  it('goes on behind a block that is full, also where one record is longer than a block', () => {
    const keys = ['a', 'b'.repeat(50), 'c', 'd'.repeat(300), 'e', 'f', 'g'.repeat(70_000), 'h']
    for (const form of ['value', 'text'] as const) {
      const storage = new MemoryStorage()
      const files = [1, 2].map((state) => keys.map((key): Row => [0, key, state]))
      const merge = mergeOf(storage, spillsOf(storage, files))
      const { rows, full } = writtenBy(merge, { 0: 'sum' }, form, 60)
      expect(rows).toEqual(keys.map((key) => [0, key, form === 'text' ? '3' : 3]))
      expect(full).toBeGreaterThan(2)
      expect([merge.records, merge.groups]).toEqual([2 * keys.length, keys.length])
      merge.close()
    }
  })

  it('reads every block of every file', () => {
    const storage = new MemoryStorage()
    const files = Array.from({ length: 5 }, (_, file) =>
      Array.from({ length: 4000 }, (_, row): Row => [0, `some key ${10_000 + row * (1 + (file % 2))}`, 1]),
    )
    const merge = mergeOf(storage, spillsOf(storage, files))
    const { rows } = writtenBy(merge, { 0: 'count' }, 'value')
    const expected = new Map<string, number>()
    for (const [, key] of files.flat()) expected.set(`${key}`, (expected.get(`${key}`) ?? 0) + 1)
    expect(rows).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, n]) => [0, key, n]))
    merge.close()
  })

  it('is at its end where the files hold nothing, or there are none', () => {
    const storage = new MemoryStorage()
    for (const spills of [spillsOf(storage, [[], []]), []]) {
      const merge = mergeOf(storage, spills)
      expect([merge.table, merge.records, merge.groups]).toEqual([-1, 0, 0])
      merge.close()
    }
  })

  it.each<[string, Amount, readonly unknown[]]>([
    ['a state is no whole number', 'sum', [1, 0.5]],
    ['a state is no number', 'max', [[1]]],
    ['a state is a bigint', 'min', [1n]],
    ['a sum is not exact', 'sum', [most, 1]],
    ['a sum below 0 is not exact', 'sum', [-most, -1]],
  ])('says that a merge is none for a kernel where %s', (_, amount, states) => {
    const storage = new MemoryStorage()
    const files = states.map((state): Row[] => [[0, 'a', state]])
    const merge = mergeOf(storage, spillsOf(storage, files))
    expect(() => writtenBy(merge, { 0: amount }, 'value')).toThrow(ForeignState)
    merge.close()
  })

  it('folds what is as large as can be exact', () => {
    const storage = new MemoryStorage()
    const merge = mergeOf(storage, spillsOf(storage, [[[0, 'a', most - 1]], [[0, 'a', 1]]]))
    expect(writtenBy(merge, { 0: 'sum' }, 'text').rows).toEqual([[0, 'a', `${most}`]])
    merge.close()
  })

  it('refuses a count that no count() writes as damage, with the file and the byte', () => {
    const storage = new MemoryStorage()
    const spills = spillsOf(storage, [[[0, 'a', 1]], [[0, 'a', 0.5]]])
    const merge = mergeOf(storage, spills)
    expect(() => writtenBy(merge, { 0: 'count' }, 'value')).toThrow(
      expect.objectContaining({ code: 'file-damaged', file: '1.spill' }),
    )
    merge.close()
  })

  it('closes every file once, and lets go of its memory', () => {
    const before = outsideHeapBytes()
    const closed: string[] = []
    const inner = new MemoryStorage()
    const spills = spillsOf(inner, threeFiles)
    const storage: Storage = {
      create: () => {
        throw new Error('Nothing is written here.')
      },
      remove: () => undefined,
      open: (name) => ({ ...inner.open(name), close: () => closed.push(name) }),
    }
    const merge = mergeOf(storage, spills)
    expect(outsideHeapBytes()).toBeGreaterThan(before)
    expect(closed).toEqual([])
    merge.close()
    merge.close()
    expect(closed.toSorted()).toEqual(['0.spill', '1.spill', '2.spill'])
    expect(outsideHeapBytes()).toBe(before)
  })

  it('closes what it has opened where a file is no spill', () => {
    const before = outsideHeapBytes()
    const closed: string[] = []
    const inner = new MemoryStorage()
    const spills = spillsOf(inner, threeFiles)
    const file = inner.create('1.spill')
    file.write(Buffer.from('something else that is no spill'))
    file.close()
    const storage: Storage = {
      create: (name) => inner.create(name),
      remove: () => undefined,
      open: (name) => ({ ...inner.open(name), close: () => closed.push(name) }),
    }
    expect(() => mergeOf(storage, spills)).toThrow(
      expect.objectContaining({
        code: 'file-damaged',
        message: 'File "1.spill" is not a spill file of version 1, at byte 0.',
      }),
    )
    expect(closed.toSorted()).toEqual(['0.spill', '1.spill'])
    expect(outsideHeapBytes()).toBe(before)
  })
})
