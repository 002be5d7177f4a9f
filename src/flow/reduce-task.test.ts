import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { writeSpill } from '../../test/fixtures/spills.ts'
import { TallymanError } from '../errors.ts'
import { type AnyReducer, collect, count, groupReduce, type JobTable, max, sum, topK } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { kernelRecordsMin } from './flow-kernels.ts'
import { groupsPerTick, mergeFilesMax } from './merge.ts'
import { type ReduceTask, runReduceTask } from './reduce-task.ts'
import { MemoryStorage, type Section, type Storage } from './storage.ts'

/** Files in memory; notes which were made, and how many are and were open. */
class NotingStorage implements Storage {
  readonly created: string[] = []
  readonly files = new Map<string, Buffer>()
  openCount = 0
  mostOpen = 0
  readonly #inner = new MemoryStorage(this.files)

  create(name: string): ReturnType<Storage['create']> {
    this.created.push(name)
    return this.#inner.create(name)
  }

  open(name: string): ReturnType<Storage['open']> {
    const file = this.#inner.open(name)
    this.openCount += 1
    this.mostOpen = Math.max(this.mostOpen, this.openCount)
    return { ...file, close: () => void this.#closed() }
  }

  remove(name: string): void {
    this.#inner.remove(name)
  }

  #closed(): void {
    this.openCount -= 1
  }
}

const table = (name: string, reducer: unknown): JobTable => ({ name, reducer: reducer as AnyReducer })

interface Spilled {
  readonly storage: NotingStorage
  readonly spills: readonly Section[]
  readonly recordsExpected: number
}

/** Each list a spill of its own, all of the first table. */
function spilled(lists: readonly (readonly (readonly [Key, unknown])[])[], number = 0): Spilled {
  const storage = new NotingStorage()
  const spills = lists.map((rows, index) => writeSpill(storage, `s${index}.spill`, rows, number))
  storage.created.length = 0
  return { storage, spills, recordsExpected: lists.reduce((total, rows) => total + rows.length, 0) }
}

async function rowsOf(
  reducer: unknown,
  lists: Parameters<typeof spilled>[0],
  more: Partial<ReduceTask> = {},
): Promise<[Key, unknown][]> {
  const rows: [Key, unknown][] = []
  const { storage, ...given } = spilled(lists)
  await runReduceTask({
    ...given,
    storage,
    tables: [table('result', reducer)],
    onRow: (_, key, value) => rows.push([key, value]),
    tick: async () => undefined,
    ...more,
  })
  expect(storage.openCount).toBe(0)
  return rows
}

/** What is in the part files, and which files are left beside the spills. */
async function partsOf(
  reducer: unknown,
  lists: Parameters<typeof spilled>[0],
  more: Partial<ReduceTask> = {},
) {
  const { storage, ...given } = spilled(lists)
  const report = await runReduceTask({
    ...given,
    storage,
    tables: [table('result', reducer)],
    tick: async () => undefined,
    kernelRecordsMin: 0,
    ...more,
  })
  expect(storage.openCount).toBe(0)
  const left = [...storage.files.keys()].filter((name) => !given.spills.some((spill) => spill.name === name))
  return { report, left, part: storage.files.get('result.part')?.toString('latin1') }
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
/** So many files, all with the same keys. */
const alike = (files: number, keys: number, value: (file: number, key: number) => unknown) =>
  range(files).map((file) => range(keys).map((key) => [key, value(file, key)] as const))

async function reduceAll(
  storage: Storage,
  table: JobTable['reducer'],
  spills: readonly Section[],
  recordsExpected: number,
): Promise<[Key, unknown][]> {
  const rows: [Key, unknown][] = []
  await runReduceTask({
    tables: [{ name: 'result', reducer: table }],
    spills,
    recordsExpected,
    storage,
    onRow: (_, key, value) => rows.push([key, value]),
    tick: async () => undefined,
  })
  return rows
}

const anyFile = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.string({ maxLength: 3 })), {
  maxLength: 8,
  selector: ([key]) => key,
})
/** Often few; now and then so many that several merges come before the last one. */
const anyFiles = fc.oneof(
  { arbitrary: fc.array(anyFile, { maxLength: 200 }), weight: 9 },
  { arbitrary: fc.array(anyFile, { minLength: 2 * mergeFilesMax + 1, maxLength: 200 }), weight: 1 },
)

describe('runReduceTask, of any files', () => {
  test('gives each key once, in order, its values in the order of the files, however many files there are', async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, fc.boolean(), async (files, isGroup) => {
        const storage = new NotingStorage()
        const spills: Section[] = []
        const expected = new Map<number, string[]>()
        for (const [index, rows] of files.entries()) {
          // A spilled state of collect is a list, as a spilled group is.
          const states = rows.map(([key, value]): [Key, unknown] => [
            key,
            isGroup ? [value] : collect().add(collect().empty(), value),
          ])
          spills.push(writeSpill(storage, `${index}.spill`, states))
          for (const [key, value] of rows) expected.set(key, [...(expected.get(key) ?? []), value])
        }
        const table = isGroup ? groupReduce((_key: Key, values: Iterable<unknown>) => [...values]) : collect()
        const total = files.reduce((sum, rows) => sum + rows.length, 0)
        const rows = await reduceAll(storage, table as JobTable['reducer'], spills, total)
        expect(rows).toEqual([...expected].sort(([a], [b]) => a - b))
        expect(storage.openCount).toBe(0)
        expect(storage.mostOpen).toBeLessThanOrEqual(mergeFilesMax)
      }),
      { numRuns: 150 },
    )
  })

  test('tells how many groups it has merged, those of merges before the last too, in numbers that only grow', async () => {
    const storage = new MemoryStorage()
    const keys = Array.from({ length: 4 * groupsPerTick + 1 }, (_, index) => index)
    const spills = Array.from({ length: mergeFilesMax + 1 }, (_, index) =>
      writeSpill(
        storage,
        `${index}.spill`,
        keys.filter((key) => index < 2 || key === 0).map((key) => [key, 1]),
      ),
    )
    const told: number[] = []
    await runReduceTask({
      tables: [{ name: 'result', reducer: count() as JobTable['reducer'] }],
      spills,
      recordsExpected: 2 * keys.length + mergeFilesMax - 1,
      storage,
      tick: async (groups) => {
        told.push(groups)
      },
    })
    // Two files are merged into one, then all: every key is met twice, and the end of the first merge is told.
    const first = [1, 2, 3, 4].map((times) => times * groupsPerTick)
    expect(told).toEqual([...first, keys.length, ...first.map((groups) => keys.length + groups)])
  })

  test('tells the same where a kernel merges, block by block', async () => {
    const storage = new MemoryStorage()
    const keys = Array.from({ length: 6000 }, (_, index) => `a key of some bytes ${index}`)
    const spills = Array.from({ length: mergeFilesMax + 1 }, (_, index) =>
      writeSpill(
        storage,
        `${index}.spill`,
        (index < 2 ? keys : keys.slice(0, 1)).map((key) => [key, 1]),
      ),
    )
    const told: number[] = []
    const report = await runReduceTask({
      tables: [{ name: 'result', reducer: count() as JobTable['reducer'] }],
      spills,
      recordsExpected: 2 * keys.length + mergeFilesMax - 1,
      storage,
      kernels: flowKernels,
      tick: async (groups) => {
        told.push(groups)
      },
    })
    expect(report.parts).toMatchObject([{ rows: keys.length }])
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    // A block has 64 KB: the first two files are told of before they are merged to their end.
    const first = told.indexOf(keys.length)
    expect(first).toBeGreaterThan(1)
    expect(told.length).toBeGreaterThan(first + 2)
  })

  test('names the keys of which it read most, of all files and also what a reducer did not ask for', async () => {
    const storage = new MemoryStorage()
    const many = (bytes: number): string[] => ['x'.repeat(bytes)]
    const spills = [
      writeSpill(storage, 'a.spill', [
        [['#flu', 'en'], many(40_000)],
        ['small', many(1000)],
      ]),
      writeSpill(storage, 'b.spill', [
        [['#flu', 'en'], many(40_000)],
        ['large', many(100_000)],
      ]),
    ]
    const reducer = groupReduce((_key: Key, _values: Iterable<string>) => 0) as JobTable['reducer']
    const tables = [{ name: 'result', reducer }]
    const tick = async (): Promise<void> => undefined
    const report = await runReduceTask({ tables, spills, recordsExpected: 4, storage, tick })
    expect(report.largestKeys?.map(({ table, key }) => [table, key])).toEqual([
      ['result', '"large"'],
      ['result', '["#flu","en"]'],
    ])
    expect(report.largestKeys?.map(({ bytes }) => Math.floor(bytes / 1000))).toEqual([100, 80])
    const less = writeSpill(storage, 'c.spill', [['small', many(1000)]])
    expect(
      await runReduceTask({ tables, spills: [less], recordsExpected: 1, storage, tick }),
    ).not.toHaveProperty('largestKeys')
  })

  test('fails as internal when a spilled record is missing', async () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [['x', 1]])
    await expect(reduceAll(storage, count() as JobTable['reducer'], [spill], 2)).rejects.toMatchObject({
      code: 'internal',
      message: 'A partition was spilled with 2 records but merged with 1.',
    })
  })

  test('fails as job-threw, with the table and the key, when a reducer throws', async () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [[['#flu', 'en'], ['v']]])
    const broken = groupReduce(() => {
      throw new RangeError('too many')
    })
    await expect(reduceAll(storage, broken as JobTable['reducer'], [spill], 1)).rejects.toMatchObject({
      code: 'job-threw',
      message: 'The reducer of table "result" failed at key ["#flu","en"]: too many',
    })
  })

  test('names the damaged spill, and the byte of its file', async () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [['x', 1]])
    const file = storage.open('a.spill')
    const bytes = Buffer.alloc(file.sizeBytes)
    file.read(bytes, 0)
    const at = spill.atByte + 16
    bytes[at] = (bytes[at] ?? 0) ^ 1
    storage.create('b.spill').close()
    const damaged = storage.create('c.spill')
    damaged.write(bytes)
    damaged.close()
    const spills = [spill, { ...spill, name: 'c.spill' }]
    const failure = await reduceAll(storage, count() as JobTable['reducer'], spills, 2).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(TallymanError)
    expect(failure).toMatchObject({ code: 'file-damaged', file: 'c.spill' })
    expect(failure).toHaveProperty('message', expect.stringMatching(/, at byte 26\.$/))
  })

  test('takes the values a reducer did not read, and shows none of the next group to one that kept its iterable', async () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [
      ['a', [1, 2, 3]],
      ['b', [4]],
    ])
    const kept: Iterable<unknown>[] = []
    const greedy = groupReduce((_key: Key, values: Iterable<unknown>) => {
      kept.push(values)
      for (const value of values) return value
      return null
    })
    expect(await reduceAll(storage, greedy as JobTable['reducer'], [spill], 2)).toEqual([
      ['a', 1],
      ['b', 4],
    ])
    expect([...(kept[0] ?? [])]).toEqual([])
  })

  test.each([
    ['all of them', (values: Iterable<unknown>) => [...values].length],
    ['the first of them', ([first]: Iterable<unknown>) => first],
  ])('does not pass for empty what a reducer goes through again after %s', async (_, begin) => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [['a', [1, 2, 3]]])
    const mean = groupReduce((_key: Key, values: Iterable<unknown>) => {
      begin(values)
      return [...values].length
    })
    await expect(reduceAll(storage, mean as JobTable['reducer'], [spill], 1)).rejects.toMatchObject({
      code: 'job-threw',
      message:
        'The reducer of table "result" failed at key "a": the values of a key can be gone through once. To do so again, keep them: const kept = [...values].',
    })
  })
})

describe('runReduceTask, of more files than one merge takes', () => {
  test.each([mergeFilesMax - 1, mergeFilesMax, mergeFilesMax + 1, 3 * mergeFilesMax + 5])(
    'keeps the values of %i files in their order',
    async (files) => {
      const expected = range(3).map((key) => [key, range(files).map((file) => `${file}/${key}`)])
      const group = groupReduce((_: Key, values: Iterable<unknown>) => [...values])
      const lists = alike(files, 3, (file, key) => [`${file}/${key}`])
      expect(await rowsOf(group, lists)).toEqual(expected)
      expect(await rowsOf(collect(), lists)).toEqual(expected)
    },
  )

  test.each([
    [mergeFilesMax, 0],
    [mergeFilesMax + 1, 1],
    [2 * mergeFilesMax - 1, 1],
    [2 * mergeFilesMax, 2],
    [3 * mergeFilesMax - 2, 2],
    [mergeFilesMax ** 2, mergeFilesMax],
    [mergeFilesMax ** 2 + 1, mergeFilesMax + 1],
  ])('merges of %i files no more than it has to, %i times', async (files, merges) => {
    const { storage, ...given } = spilled(range(files).map((file) => [[file % 5, 1]]))
    const report = await runReduceTask({
      ...given,
      storage,
      tables: [table('result', count())],
      tick: async () => undefined,
    })
    expect(storage.created.filter((name) => name.startsWith('merge-'))).toHaveLength(merges)
    expect(new Set(storage.created).size).toBe(storage.created.length)
    expect(report).toMatchObject({ records: files, parts: [{ rows: 5 }] })
    expect([...storage.files.keys()].filter((name) => name.startsWith('merge-')).length).toBeLessThan(
      mergeFilesMax + 1,
    )
    expect(storage.openCount).toBe(0)
    expect(given.spills.every(({ name }) => storage.files.has(name))).toBe(true)
  })

  test.each([true, false])(
    'breathe at the end of every merge, however few groups it has, kernels: %s',
    async (hasKernels) => {
      const told: number[] = []
      const lists = alike(3 * mergeFilesMax, 2, () => 1)
      await partsOf(count(), lists, {
        tick: async (groups) => void told.push(groups),
        ...(hasKernels ? { kernels: flowKernels } : {}),
      })
      expect(told).toEqual([2, 4, 6])
    },
  )

  test.each([
    ['sums', sum(), (file: number, key: number) => file * key - 40],
    ['largest ones', max(), (file: number, key: number) => (file * 7919 + key) % 101],
    ['counts', count(), () => 1],
    // No safe integers on the way, and back again.
    ['sums too large', sum(), (file: number) => (file % 2 === 0 ? 2 ** 53 - 1 : 1 - 2 ** 53)],
    ['sums that stay too large', sum(), () => 2 ** 53 - 1],
  ])('writes the same %s with a kernel and without', async (_, reducer, value) => {
    const lists = alike(mergeFilesMax + 9, 50, value)
    const slow = await partsOf(reducer, lists)
    const fast = await partsOf(reducer, lists, { kernels: flowKernels })
    expect(slow.part).toBeDefined()
    expect(fast.part).toBe(slow.part)
    expect(fast.report).toEqual(slow.report)
    expect(fast.left).toEqual(slow.left)
  })
})

describe('runReduceTask, with kernels', () => {
  async function kernelsTaken(reducers: readonly unknown[], more: Partial<ReduceTask> = {}): Promise<number> {
    let taken = 0
    const merge = (): object | null => {
      taken += 1
      return flowKernels.merge()
    }
    const { storage, ...given } = spilled([[['a', 1]]])
    await runReduceTask({
      ...given,
      storage,
      tables: reducers.map((reducer, index) => table(`t${index}`, reducer)),
      tick: async () => undefined,
      kernels: { ...flowKernels, merge },
      kernelRecordsMin: 1,
      ...more,
    })
    return taken
  }

  test('takes one where all tables have amounts, there are enough records, and nobody wants to see rows', async () => {
    expect(await kernelsTaken([sum(), count()])).toBe(1)
    expect(await kernelsTaken([sum(), collect()])).toBe(0)
    expect(await kernelsTaken([sum()], { kernelRecordsMin: 2 })).toBe(0)
    expect(await kernelsTaken([sum()], { onRow: () => undefined })).toBe(0)
    const usual: Partial<ReduceTask> = { kernelRecordsMin: undefined as never }
    expect(await kernelsTaken([sum()], usual)).toBe(0)
    expect(kernelRecordsMin).toBeGreaterThan(1)
  })

  test('tells how far it is as it goes', async () => {
    const told: number[] = []
    const lists = alike(2, 30_000, () => 1)
    const tick = async (groups: number): Promise<void> => void told.push(groups)
    const { report } = await partsOf(count(), lists, { kernels: flowKernels, tick })
    expect(report).toMatchObject({ records: 60_000, parts: [{ rows: 30_000 }] })
    expect(told.length).toBeGreaterThan(2)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told[0]).toBeGreaterThan(0)
    expect(told.at(-1)).toBeLessThanOrEqual(30_000)
  })

  test.each([true, false])(
    'closes every file where a tick ends the task, kernels: %s',
    async (hasKernels) => {
      const { storage, ...given } = spilled(alike(70, 3000, () => 1))
      const task = {
        ...given,
        storage,
        tables: [table('result', count())],
        tick: () => Promise.reject(new Error('enough')),
        ...(hasKernels ? { kernels: flowKernels } : {}),
      }
      await expect(runReduceTask(task)).rejects.toThrow('enough')
      expect(storage.openCount).toBe(0)
    },
  )
})

describe('runReduceTask, of what goes wrong', () => {
  test('names the table and the key whose result is no plain data', async () => {
    const reducer = groupReduce(() => () => 1)
    await expect(rowsOf(reducer, [[['a', [1]]]])).rejects.toMatchObject({
      code: 'job-threw',
      message: expect.stringMatching(/^The reducer of table "result" failed at key "a": .*function/),
      wayOut: 'Mend the reducer; nothing was committed.',
    })
  })

  test('lets pass what says itself what is wrong', async () => {
    const error = new TallymanError('io', 'The disk is gone.')
    const reducer = groupReduce(() => {
      throw error
    })
    await expect(rowsOf(reducer, [[['a', [1]]]])).rejects.toBe(error)
  })

  test.each([1, mergeFilesMax + 1])('refuses %i spills of a table that the job has not', async (files) => {
    const lists = alike(files, 2, () => 1)
    for (const kernels of [{}, { kernels: flowKernels, kernelRecordsMin: 0 }]) {
      const { storage, ...given } = spilled(lists, 3)
      const tables = [table('result', count())]
      const task = { ...given, ...kernels, storage, tables, tick: async () => undefined }
      await expect(runReduceTask(task)).rejects.toMatchObject({
        code: 'internal',
        message: 'A spill names table 3, which the job has not.',
      })
      expect(storage.openCount).toBe(0)
    }
  })

  test('refuses a group that was spilled as something else than a list', async () => {
    const group = groupReduce((_: Key, values: Iterable<unknown>) => [...values])
    await expect(rowsOf(group, [[['a', 'text']]])).rejects.toMatchObject({
      code: 'internal',
      message: 'A spilled group is no list.',
    })
  })
})

test('a table of which nothing was spilled has no part file', async () => {
  const storage = new NotingStorage()
  const report = await runReduceTask({
    ...{ spills: [], recordsExpected: 0, storage, tick: async () => undefined },
    tables: [table('result', topK(1))],
  })
  expect(report).toEqual({ parts: [], records: 0 })
  expect(storage.created).toEqual([])
})
