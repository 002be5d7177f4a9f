import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InputFile, ZipMember } from './discover/discovery.ts'
import type { GzipCut } from './split.ts'
import { packSplits, planSplits } from './split-plan.ts'

function file(
  path: string,
  kind: InputFile['kind'],
  sizeBytes: number,
  members: readonly string[] = [],
): InputFile {
  const identity = { sizeBytes, mtimeNs: '1', ctimeNs: '1', inode: '1' }
  return { path, kind, identity, members: members.map((name) => member(name, 100)) }
}

function member(name: string, uncompressedBytes: number): ZipMember {
  const [localHeaderByte, compressedBytes, crc32] = [0, 10, 1]
  return { name, method: 8, localHeaderByte, compressedBytes, uncompressedBytes, crc32, encrypted: false }
}

describe('planSplits', () => {
  test('cuts plain files in ranges, and takes gzip files and members whole', () => {
    const files = [file('a', 'plain', 25), file('b.gz', 'gzip', 99), file('c.zip', 'zip', 999, ['x', 'y'])]
    const splits = planSplits(files, { splitBytes: 10, splittable: true })
    expect(splits.map(({ ordinal, path, kind }) => `${ordinal} ${path} ${kind}`)).toEqual([
      '0 a range',
      '1 a range',
      '2 a range',
      '3 b.gz gzip',
      '4 c.zip zip-member',
      '5 c.zip zip-member',
    ])
    expect(splits[2]).toMatchObject({ startByte: 20, endByte: 25 })
    expect(splits[4]).toEqual({
      ordinal: 4,
      kind: 'zip-member',
      path: 'c.zip',
      identity: { sizeBytes: 999, mtimeNs: '1', ctimeNs: '1', inode: '1' },
      member: 'x',
      method: 8,
      localHeaderByte: 0,
      compressedBytes: 10,
      uncompressedBytes: 100,
      crc32: 1,
    })
  })

  test('takes a plain file as a whole where it is one record', () => {
    const [split, other] = planSplits([file('a', 'plain', 25)], { splitBytes: 10, splittable: false })
    expect(split).toMatchObject({ startByte: 0, endByte: 25 })
    expect(other).toBeUndefined()
  })

  test('makes one empty range of an empty file', () => {
    expect(planSplits([file('a', 'plain', 0)], { splitBytes: 10, splittable: true })).toMatchObject([
      { startByte: 0, endByte: 0 },
    ])
  })

  test('covers every byte once, in ranges that only the size decides', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 3000 }), (sizeBytes, splitBytes) => {
        const splits = planSplits([file('a', 'plain', sizeBytes)], { splitBytes, splittable: true })
        let byte = 0
        for (const split of splits) {
          if (split.kind !== 'range') throw new Error(split.kind)
          expect(split.startByte).toBe(byte)
          byte = split.endByte
        }
        expect(byte).toBe(sizeBytes)
      }),
    )
  })

  test('cuts a gzip file where parts of the size lie between, and says by which index', () => {
    const cut = (dataByte: number): GzipCut => ({ byte: dataByte / 10, dataByte, members: dataByte / 100 })
    const cuts = [cut(100), cut(300), cut(500), cut(600), cut(900)]
    const whole = file('b.gz', 'gzip', 100)
    const partsOf = (inputFile: InputFile, splitBytes: number, splittable = true) =>
      planSplits([inputFile], { splitBytes, splittable }).map((split) =>
        split.kind === 'gzip' ? split.part : split.kind,
      )
    expect(partsOf({ ...whole, cuts }, 300)).toEqual([
      { start: null, end: cut(300) },
      { start: cut(300), end: cut(600) },
      { start: cut(600), end: cut(900) },
      { start: cut(900), end: null },
    ])
    expect(partsOf({ ...whole, cuts, index: 'b.gzi' }, 500)).toEqual([
      { start: null, end: cut(500), index: 'b.gzi' },
      { start: cut(500), end: null, index: 'b.gzi' },
    ])
    const [split] = planSplits([{ ...whole, cuts, index: 'b.gzi' }], { splitBytes: 901, splittable: true })
    expect(split).toEqual({ ordinal: 0, kind: 'gzip', path: 'b.gz', identity: whole.identity })
    expect(partsOf({ ...whole, cuts }, 100, false)).toEqual([undefined])
    const [first] = planSplits([{ ...whole, cuts }], { splitBytes: 300, splittable: true })
    expect(first).toMatchObject({ ordinal: 0, path: 'b.gz', identity: whole.identity })
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses ranges of %s bytes', (splitBytes) => {
    expect(() => planSplits([], { splitBytes, splittable: true })).toThrow('"splitBytes"')
  })
})

describe('packSplits', () => {
  test('packs neighbours up to the size, and keeps the order', () => {
    const sizes = fc.array(fc.nat(300), { maxLength: 50 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 500 }), (bytes, taskBytes) => {
        const files = bytes.map((size, index) => file(String(index), 'plain', size))
        const splits = planSplits(files, { splitBytes: 1000, splittable: true })
        const tasks = packSplits(splits, taskBytes, 1024)
        expect(tasks.flat()).toEqual(splits)
        for (const task of tasks) {
          const total = task.reduce((sum, { identity }) => sum + identity.sizeBytes, 0)
          expect(task.length === 1 || total <= taskBytes).toBe(true)
        }
      }),
    )
  })

  test('counts members by what they hold', () => {
    const splits = planSplits([file('c.zip', 'zip', 1, ['x', 'y', 'z'])], {
      splitBytes: 1000,
      splittable: true,
    })
    expect(packSplits(splits, 200, 1024).map((task) => task.length)).toEqual([2, 1])
  })

  test('leaves the tasks of other files as they were when a file is added', () => {
    const plan = (names: readonly string[]): string[] => {
      const files = names.map((name) => file(name, 'zip', 1, ['x', 'y', 'z']))
      const tasks = packSplits(planSplits(files, { splitBytes: 1000, splittable: true }), 200, 1024)
      return tasks.map((task) =>
        task.map((split) => `${split.path} ${JSON.stringify(split)}`.replace(/"ordinal":\d+/, '')).join(),
      )
    }
    const before = plan(['a', 'c', 'd'])
    const after = plan(['a', 'b', 'c', 'd'])
    expect(after.filter((task) => !before.includes(task))).toHaveLength(2)
  })

  test('packs files together where there are more than may be apart, gzip files by six times their size', () => {
    const files = Array.from({ length: 1026 }, (_, index) => file(String(index), 'gzip', 10))
    const splits = planSplits(files, { splitBytes: 10, splittable: true })
    expect(packSplits(splits, 130, 1024).every((task) => task.length === 2)).toBe(true)
    expect(packSplits(splits.slice(0, 1024), 130, 1024)).toHaveLength(1024)
  })

  test('puts at most 1,024 splits into a task', () => {
    const files = Array.from({ length: 1025 }, (_, index) => file(String(index), 'plain', 0))
    const tasks = packSplits(planSplits(files, { splitBytes: 10, splittable: true }), 1000, 1024)
    expect(tasks.map((task) => task.length)).toEqual([1024, 1])
  })
})
