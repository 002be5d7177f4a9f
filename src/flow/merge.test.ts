import { describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { writeSpill } from '../../test/fixtures/spills.ts'
import { type AnyReducer, collect, groupReduce, type JobTable, reducer, sum } from '../job/index.ts'
import { decodeValue, type Key, RecordFileReader } from '../record/index.ts'
import { groupKey, Merge, mergeFilesMax, narrow } from './merge.ts'
import {
  type InputBytes,
  MemoryStorage,
  type OutputFile,
  openSection,
  type Section,
  type Storage,
} from './storage.ts'

const tableOf = (reducer: unknown): JobTable => ({ name: 'result', reducer: reducer as AnyReducer })

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

describe('Merge', () => {
  function mergeOf(...files: readonly (readonly (readonly [Key, unknown])[])[]): Merge {
    const storage = new MemoryStorage()
    return new Merge(
      storage,
      files.map((rows, index) => writeSpill(storage, `${index}.spill`, rows)),
    )
  }

  it('passes over what is left of a group, read or not', () => {
    const merge = mergeOf(
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ],
      [
        ['a', 4],
        ['b', 5],
      ],
    )
    const found: unknown[] = []
    for (let reads = 0; merge.nextGroup(); reads++) {
      found.push(groupKey(merge))
      for (let read = 0; read < reads && merge.nextValue(); read++) found.push(merge.value())
    }
    expect(found).toEqual(['a', 'b', 2, 'c', 3])
    expect([merge.records, merge.nextGroup(), merge.nextValue()]).toEqual([5, false, false])
  })

  it('has no value before its first group, and none where it stands at none', () => {
    const merge = mergeOf([['a', 1]])
    expect([merge.nextValue(), merge.records]).toEqual([false, 0])
    expect(() => merge.value()).toThrow('A merge was asked for a value it does not stand at.')
    merge.nextGroup()
    expect([merge.nextValue(), merge.value()]).toEqual([true, 1])
    expect(merge.nextValue()).toBe(false)
    expect(() => merge.value()).toThrow('A merge was asked for a value it does not stand at.')
  })

  it('tells how many bytes the values of a group are, those that were not read too', () => {
    const merge = mergeOf(
      [
        ['a', 'x'.repeat(50)],
        ['b', 'x'.repeat(20)],
      ],
      [['a', 'x'.repeat(30)]],
    )
    merge.nextGroup()
    merge.nextValue()
    // Each text has its tag and its length before it.
    expect(merge.finishGroup()).toBe(80 + 2 * 2)
    merge.nextGroup()
    expect(merge.finishGroup()).toBe(20 + 2)
  })

  it('refuses more files than it may hold open', () => {
    const storage = new MemoryStorage()
    const spill = writeSpill(storage, 'a.spill', [['a', 1]])
    const files = Array.from({ length: mergeFilesMax + 1 }, () => spill)
    expect(() => new Merge(storage, files)).toThrow(
      expect.objectContaining({ code: 'internal', message: 'A merge of 65 files was asked for.' }),
    )
    const merge = new Merge(storage, files.slice(1))
    merge.nextGroup()
    merge.finishGroup()
    expect(merge.records).toBe(mergeFilesMax)
  })

  it('closes what is still open, once', () => {
    const storage = new CountingStorage()
    const spills = ['a', 'b', 'c'].map((key) => writeSpill(storage, key, key === 'c' ? [] : [[key, 1]]))
    const merge = new Merge(storage, spills)
    // A file that holds nothing is closed at once.
    expect(storage.open_).toBe(2)
    merge.nextGroup()
    merge.nextValue()
    merge.nextValue()
    expect(storage.open_).toBe(1)
    merge.close()
    merge.close()
    expect(storage.open_).toBe(0)
  })
})

describe('narrow', () => {
  /** Refuses what `Storage` does not allow. */
  class StrictStorage extends CountingStorage {
    readonly names = new Set<string>()

    override create(name: string): OutputFile {
      if (this.names.has(name)) throw new Error(`There is a file ${name} already.`)
      this.names.add(name)
      return super.create(name)
    }

    override remove(name: string): void {
      if (!this.names.delete(name)) throw new Error(`There is no file ${name}.`)
      super.remove(name)
    }
  }

  interface Options {
    readonly files: number
    readonly reducer?: unknown
    readonly stateOf?: (file: number, key: number) => unknown
    readonly keys?: number
    readonly inKernel?: boolean
  }

  async function narrowed({
    files,
    reducer = sum(),
    stateOf = () => 1,
    keys = 2,
    inKernel = false,
  }: Options) {
    const storage = new StrictStorage()
    const spills = Array.from({ length: files }, (_, file) =>
      writeSpill(
        storage,
        `${file}`,
        Array.from({ length: keys }, (_, key): [Key, unknown] => [key, stateOf(file, key)]),
      ),
    )
    const told: number[] = []
    const result = await narrow(spills, {
      storage,
      tables: [tableOf(reducer)],
      tick: async (groups) => {
        told.push(groups)
      },
      makeKernel: inKernel ? flowKernels.merge : () => null,
    })
    expect(storage.open_).toBe(0)
    const made = result.spills.filter(({ name }) => name.startsWith('merge'))
    const rows = made.map((spill) => {
      const reader = new RecordFileReader(openSection(storage, spill), 'spill')
      const values: unknown[] = []
      while (reader.next()) values.push(decodeValue(reader.bytes, reader.valueStart, reader.valueEnd))
      return values
    })
    // What was merged once more is gone, and all that was there before is kept.
    const left = [...storage.names].filter((name) => name.startsWith('merge'))
    expect(left.toSorted()).toEqual(made.map(({ name }) => name).toSorted())
    expect(storage.names.size - left.length).toBe(files)
    return { ...result, told, rows }
  }

  it('merges nothing where one merge can take all', async () => {
    const { spills, mergedAway, told } = await narrowed({ files: mergeFilesMax })
    expect([spills.length, mergedAway, told]).toEqual([mergeFilesMax, 0, []])
  })

  it.each([false, true])('merges no more files than it has to, in a kernel: %s', async (inKernel) => {
    for (const [files, rows] of [
      // Two become one, or ten, or as many as one merge takes, and others besides.
      [mergeFilesMax + 1, [[2, 2]]],
      [mergeFilesMax + 9, [[10, 10]]],
      [mergeFilesMax + 63, [[64, 64]]],
      [
        mergeFilesMax + 64,
        [
          [64, 64],
          [2, 2],
        ],
      ],
    ] as const) {
      const result = await narrowed({ files, inKernel })
      expect(result.rows).toEqual(rows)
      expect(result.spills.length).toBe(mergeFilesMax)
      // A merge gives one record for each of the two keys.
      const read = rows.reduce((sum, [first]) => sum + 2 * first, 0)
      expect(result.mergedAway).toBe(read - 2 * rows.length)
      expect(result.spills.at(-1)?.name).toBe(`${files - 1}`)
      expect(result.told).toEqual(rows.map(() => 2))
    }
  })

  it.each([false, true])(
    'merges again what was merged, where there are very many; in a kernel: %s',
    async (inKernel) => {
      const files = mergeFilesMax * mergeFilesMax + 1
      const { spills, rows, mergedAway } = await narrowed({ files, keys: 1, inKernel })
      expect(spills.length).toBeLessThanOrEqual(mergeFilesMax)
      const unmerged = spills.length - rows.length
      expect(rows.flat().reduce((sum: number, state) => sum + (state as number), 0)).toBe(files - unmerged)
      expect(mergedAway).toBe(files - unmerged - rows.length)
    },
  )

  it('keeps the values of a classic group apart', async () => {
    const { rows, mergedAway } = await narrowed({
      files: mergeFilesMax + 2,
      keys: 1,
      reducer: groupReduce(() => 0),
      stateOf: (file) => [file],
    })
    expect([rows, mergedAway]).toEqual([[[[0], [1], [2]]], 0])
  })

  it('begins again without a kernel where a state is none for it, and leaves nothing of the first try', async () => {
    for (const [file, state] of [
      [0, 0.5],
      [2, 0.5],
      [1, Number.MAX_SAFE_INTEGER],
    ] as const) {
      const options: Options = {
        files: mergeFilesMax + 2,
        keys: 3,
        stateOf: (at, key) => (at === file && key === 1 ? state : 1),
      }
      const [slow, fast] = [await narrowed(options), await narrowed({ ...options, inKernel: true })]
      expect(fast).toEqual(slow)
      expect([slow.rows[0]?.length, slow.mergedAway]).toEqual([3, 6])
    }
  })

  it('does without a kernel where a table has no amounts', async () => {
    const { rows } = await narrowed({
      files: mergeFilesMax + 1,
      keys: 1,
      reducer: collect(),
      stateOf: (file) => [file],
      inKernel: true,
    })
    expect(rows).toEqual([[[0, 1]]])
  })

  it.each([false, true])(
    'fails where a spill is damaged or names a table that is not; in a kernel: %s',
    async (inKernel) => {
      const storage = new CountingStorage()
      const spills = Array.from({ length: mergeFilesMax + 1 }, (_, file) =>
        writeSpill(storage, `${file}`, [['a', 1]], 3),
      )
      const options = {
        storage,
        tables: [tableOf(sum())],
        tick: async () => undefined,
        makeKernel: inKernel ? flowKernels.merge : () => null,
      }
      await expect(narrow(spills, options)).rejects.toMatchObject({
        code: 'internal',
        message: 'A spill names table 3, which the job has not.',
      })
      const [first, ...rest] = spills
      const tables = Array.from({ length: 4 }, () => tableOf(sum()))
      // Cut off at its end, cut off in its only record, no spill at all.
      for (const damage of [{ bytes: (first?.bytes ?? 0) - 1 }, { bytes: 20 }, { atByte: 1 }]) {
        const damaged = { ...(first as Section), ...damage }
        for (const files of [
          [damaged, ...rest],
          [...rest.slice(0, 1), damaged, ...rest.slice(1)],
        ])
          await expect(narrow(files, { ...options, tables })).rejects.toMatchObject({
            code: 'file-damaged',
            file: '0',
          })
      }
      expect(storage.open_).toBe(0)
    },
  )

  it('says of what a reducer throws where states are merged on the way: its table, and the key', async () => {
    const storage = new CountingStorage()
    const spills = Array.from({ length: mergeFilesMax + 1 }, (_, file) =>
      writeSpill(storage, `${file}`, [[['a', 1], file]]),
    )
    const failing = (merge: (left: number, right: number) => number) =>
      narrow(spills, {
        storage,
        tables: [tableOf(reducer({ empty: () => 0, add: (state: number) => state, merge }))],
        tick: async () => undefined,
        makeKernel: () => null,
      })
    await expect(failing(() => undefined as never)).rejects.toMatchObject({
      code: 'job-threw',
      message:
        'The reducer of table "result" failed at key ["a",1]: "merge" of reducer() returned undefined: is a return missing? A wanted absence is null.',
    })
    const thrown = new RangeError('too many')
    const merge = (): never => {
      throw thrown
    }
    await expect(failing(merge)).rejects.toMatchObject({
      code: 'job-threw',
      message: 'The reducer of table "result" failed at key ["a",1]: too many',
      wayOut: 'Mend the reducer; nothing was committed.',
      cause: thrown,
    })
    expect(storage.open_).toBe(0)
  })

  it.each([false, true])(
    'tells of all groups of a merge, as they are merged; in a kernel: %s',
    async (inKernel) => {
      const keys = 30_000
      const { told, rows } = await narrowed({ files: mergeFilesMax + 1, keys: 1, inKernel })
      expect([told, rows]).toEqual([[1], [[2]]])
      const storage = new MemoryStorage()
      const row = (key: number): [Key, unknown] => [key, 1]
      const many = [0, 1].map((file) =>
        writeSpill(
          storage,
          `${file}`,
          Array.from({ length: keys }, (_, key) => row(key)),
        ),
      )
      const few = Array.from({ length: mergeFilesMax - 1 }, (_, file) =>
        writeSpill(storage, `few-${file}`, [row(0)]),
      )
      const groups: number[] = []
      await narrow([...many, ...few], {
        storage,
        tables: [tableOf(sum())],
        tick: async (more) => {
          groups.push(more)
        },
        makeKernel: inKernel ? flowKernels.merge : () => null,
      })
      expect(groups.reduce((sum, more) => sum + more, 0)).toBe(keys)
      expect(groups.length).toBeGreaterThan(4)
      expect(Math.min(...groups)).toBeGreaterThanOrEqual(0)
    },
  )
})
