import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeSpill } from '../../test/fixtures/spills.ts'
import { TallymanError } from '../errors.ts'
import { collect, count, groupReduce, type JobTable } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { groupsPerTick, mergeFilesMax } from './merge.ts'
import { runReduceTask } from './reduce-task.ts'
import { type InputBytes, MemoryStorage, type OutputFile, type Section, type Storage } from './storage.ts'

/** Counts files that are open, to see that they stay few. */
class CountingStorage implements Storage {
  open_ = 0
  most = 0
  readonly #inner = new MemoryStorage()

  create(name: string): OutputFile {
    return this.#inner.create(name)
  }

  open(name: string): InputBytes {
    const file = this.#inner.open(name)
    this.open_ += 1
    this.most = Math.max(this.most, this.open_)
    return {
      ...file,
      close: () => {
        this.open_ -= 1
      },
    }
  }

  remove(name: string): void {
    this.#inner.remove(name)
  }
}

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

describe('runReduceTask', () => {
  it('gives each key once, in order, its values in the order of the files, however many files there are', async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, fc.boolean(), async (files, isGroup) => {
        const storage = new CountingStorage()
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
        expect(storage.open_).toBe(0)
        expect(storage.most).toBeLessThanOrEqual(mergeFilesMax)
      }),
      { numRuns: 150 },
    )
  })

  it('tells how many groups it has merged, those of merges before the last too, in numbers that only grow', async () => {
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

  it('names the keys of which it read most, of all files and also what a reducer did not ask for', async () => {
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

  it('fails as internal when a spilled record is missing', async () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [['x', 1]])
    await expect(reduceAll(storage, count() as JobTable['reducer'], [spill], 2)).rejects.toMatchObject({
      code: 'internal',
      message: 'A partition was spilled with 2 records but merged with 1.',
    })
  })

  it('fails as job-threw, with the table and the key, when a reducer throws', async () => {
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

  it('names the damaged spill, and the byte of its file', async () => {
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

  it('takes the values a reducer did not read, and shows none of the next group to one that kept its iterable', async () => {
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
})
