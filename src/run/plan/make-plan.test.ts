import { writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { discoveryOf, gzipFile, plainFile, planOf, ran, zipFile } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { type GzipCut, type InputFile, likelyGzipBytes } from '../../input/index.ts'
import { noBadRecords, type RunOptions, type SparkOptions } from '../options.ts'
import type { Reuse, Store } from '../store/store.ts'
import type { TaskIdentity } from '../store/task-identity.ts'
import { cutByIndexes, withoutIndex } from './cut-by-index.ts'
import { hashContents, makePlan, type PlanParts } from './make-plan.ts'

const MiB = 2 ** 20
const spark: SparkOptions = { master: 'yarn', deployMode: 'client', home: null, pack: null, conf: {} }

const options: RunOptions = {
  job: 'words.job.ts',
  inputs: ['in'],
  cwd: '/home/ada',
  isolation: 'thread',
  image: null,
  workers: null,
  memoryBytes: null,
  splitBytes: null,
  spillBytes: null,
  params: { limit: '3' },
  expect: null,
  accept: ['a.txt'],
  badRecords: noBadRecords,
  attemptsMax: 4,
  taskTimeoutMs: 1000,
  isPolite: false,
  speculates: false,
  reuse: true,
  hashInputs: false,
  keepBytesMax: 77,
  spark: null,
}

/** A store that answers with what is given here, and lists what it was asked for. */
function storeOf(
  find: (task: TaskIdentity) => Reuse = () => ran,
  findIndex: (path: string) => { index: string; cuts: readonly GzipCut[] } | null = () => null,
): { store: Store; asked: TaskIdentity[] } {
  const asked: TaskIdentity[] = []
  const store = {
    find: (task: TaskIdentity) => {
      asked.push(task)
      return find(task)
    },
    indexes: { find: ({ path }: { path: string }) => findIndex(path) },
  }
  return { store: store as unknown as Store, asked }
}

const { memory, job } = planOf([])

function plan(
  files: readonly InputFile[],
  more: Partial<RunOptions> = {},
  parts: Partial<PlanParts> = {},
  unit: 'line' | 'file' = 'line',
) {
  const description = { ...job.description, input: { ...job.description.input, unit } }
  return makePlan({
    options: { ...options, ...more },
    jobFile: '/home/ada/words.job.ts',
    codeSha256: 'ab'.repeat(32),
    loaded: { description, params: { limit: 3 }, encodedParams: null } as PlanParts['loaded'],
    confinement: null,
    resources: { workers: 5, memory } as PlanParts['resources'],
    discovery: discoveryOf(files),
    store: storeOf().store,
    contents: null,
    ...parts,
  })
}

/** As long as data is where it may be cut. */
function cutAt(dataByte: number): GzipCut {
  return { ...({} as GzipCut), dataByte }
}

describe('makePlan', () => {
  it('says what was asked for, and what was settled', () => {
    const days = { unit: 'day', from: '2020-01-01', to: '2020-01-02' } as unknown as NonNullable<
      RunOptions['expect']
    >
    const made = plan([plainFile('a', 10)], { expect: days }, { contents: new Map([['a', 'cd']]) })
    expect(made).toMatchObject({
      job: {
        path: 'words.job.ts',
        file: '/home/ada/words.job.ts',
        params: { limit: 3 },
        typedParams: { limit: '3' },
      },
      isolation: 'thread',
      workers: 5,
      memory,
      attemptsMax: 4,
      taskTimeoutMs: 1000,
      isPolite: false,
      speculates: false,
      accept: ['a.txt'],
      expect: days,
      contents: { a: 'cd' },
      keepBytesMax: 77,
      spark: null,
    })
    expect(plan([]).expect).toBe(job.description.expect)
    expect(plan([]).contents).toBeNull()
  })

  it('keeps nothing of a run on Spark, and looks for nothing that was kept', () => {
    const { store, asked } = storeOf()
    const made = plan([plainFile('a', 10)], { spark }, { store })
    expect(made.keepBytesMax).toBe(0)
    expect(made.tasks.map(({ reuse }) => reuse)).toEqual([{ kind: 'run', why: 'on-spark' }])
    expect(asked).toEqual([])
  })

  it('looks for what was kept of each task, unless that is not wanted', () => {
    const kept = { kind: 'kept', key: 'k', run: 'r' } as const
    const { store, asked } = storeOf((task) => (task.splits[0]?.path === 'b' ? kept : ran))
    const files = [plainFile('a', 10), plainFile('b', 10)]
    const { tasks } = plan(files, {}, { store })
    expect(tasks).toEqual([
      { firstSplit: 0, endSplit: 1, reuse: ran },
      { firstSplit: 1, endSplit: 2, reuse: kept },
    ])
    expect(asked).toMatchObject([
      {
        jobFile: '/home/ada/words.job.ts',
        codeSha256: 'ab'.repeat(32),
        params: { limit: '3' },
        partitions: 1,
      },
      { splits: [{ path: 'b' }] },
    ])
    const unwanted = plan(files, { reuse: false }, { store })
    expect(unwanted.tasks.map(({ reuse }) => reuse)).toEqual(
      Array(2).fill({ kind: 'run', why: 'not-wanted' }),
    )
    expect(asked).toHaveLength(2)
  })

  it('cuts plain files of lines, and no others', () => {
    const files = [plainFile('a', 33 * MiB), zipFile('b.zip', ['m'])]
    expect(plan(files).splits.map(({ path }) => path)).toEqual(['a', 'a', 'b.zip'])
    expect(plan(files, {}, {}, 'file').splits.map(({ path }) => path)).toEqual(['a', 'b.zip'])
    expect(plan(files, { splitBytes: 11 * MiB }).splits).toHaveLength(4)
  })

  it('makes pieces longer where there would be more than it has room for, and refuses to where their length was said', () => {
    const pieces = 250_000
    // One piece of each file is there anyway, and what is no plain file is not cut so.
    const others = [plainFile('b', 32 * MiB), plainFile('c', 0), gzipFile('d.gz', MiB ** 2)]
    const beyond = plainFile('a', (pieces + 1) * 32 * MiB + 1)
    expect(plan([beyond, ...others]).splitBytes).toBe(64 * MiB)
    expect(plan([plainFile('a', 2)], { splitBytes: 1 }).splitBytes).toBe(1)
    expect(() => plan([plainFile('a', 2 ** 20 * 3)], { splitBytes: 1 })).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'Pieces of 1 byte would be 3,145,727, more than the 250,000 there may be.',
        wayOut: 'Say --split 1K or more, or leave it out.',
      }),
    )
    expect(() => plan([plainFile('a', 2 ** 32)], { splitBytes: 2 ** 13 })).toThrow(
      expect.objectContaining({ wayOut: 'Say --split 32K or more, or leave it out.' }),
    )
  })

  it('has one partition for little input, sixteen for more, and fewer where there are very many tasks', () => {
    expect(plan([plainFile('a', 16 * MiB)]).partitions).toBe(1)
    expect(plan([plainFile('a', 8 * MiB), plainFile('b', 8 * MiB + 1)]).partitions).toBe(16)
    // 6,250 tasks of 16 partitions are 100,000 spills.
    expect(plan([plainFile('a', 6250 * 1024)], { splitBytes: 1024 }).partitions).toBe(1)
    expect(plan([plainFile('a', 6250 * 32 * MiB)]).partitions).toBe(16)
    expect(plan([plainFile('a', 6250 * 32 * MiB + 1)]).partitions).toBe(8)
  })

  it('has sixteen to 512 partitions on Spark, one for each two GiB', () => {
    const partitions = (bytes: number) => plan([plainFile('a', bytes)], { spark }, {}, 'file').partitions
    expect(partitions(16 * MiB)).toBe(1)
    expect(partitions(17 * MiB)).toBe(16)
    expect(partitions(2 ** 31 * 16)).toBe(16)
    expect(partitions(2 ** 31 * 16 + 1)).toBe(32)
    expect(partitions(2 ** 31 * 256)).toBe(256)
    expect(partitions(2 ** 31 * 1024)).toBe(512)
    // Of 8,192 tasks more would leave more than 500,000 spills.
    expect(plan([plainFile('a', 2 ** 31 * 1024)], { spark }).partitions).toBe(32)
  })

  it('cuts a gzip file by its index, and reads it as a whole where that was kept', () => {
    const file = gzipFile('a.gz', 16 * MiB)
    const byIndex = { index: 'i', cuts: [cutAt(40 * MiB)] }
    const indexed = plan([file], {}, { store: storeOf(undefined, () => byIndex).store })
    expect(indexed.discovery.files).toEqual([{ ...file, ...byIndex }])
    expect(indexed.splits).toHaveLength(2)
    const kept = { kind: 'kept', key: 'k', run: 'r' } as const
    const isWhole = (task: TaskIdentity) => task.splits.length === 1 && !('part' in task.splits[0]!)
    const whole = plan(
      [file],
      {},
      {
        store: storeOf(
          (task) => (isWhole(task) ? kept : ran),
          () => byIndex,
        ).store,
      },
    )
    expect(whole.discovery.files).toEqual([file])
    expect(whole.tasks).toEqual([{ firstSplit: 0, endSplit: 1, reuse: kept }])
  })

  it('cuts by their indexes the others of which nothing is kept as a whole', () => {
    const byIndex = { index: 'i', cuts: [cutAt(40 * MiB)] }
    const kept = { kind: 'kept', key: 'k', run: 'r' } as const
    const isKept = ({ splits: [split] }: TaskIdentity) => split?.path === 'b.gz' && !('part' in split)
    const { store } = storeOf(
      (task) => (isKept(task) ? kept : ran),
      () => byIndex,
    )
    const files = ['a.gz', 'b.gz', 'c.gz'].map((name) => gzipFile(name, 16 * MiB))
    const { discovery, splits, tasks } = plan(files, {}, { store })
    expect(discovery.files.map((file) => 'index' in file)).toEqual([true, false, true])
    expect(splits.map((split) => [split.path, 'part' in split])).toEqual([
      ['a.gz', true],
      ['a.gz', true],
      ['b.gz', false],
      ['c.gz', true],
      ['c.gz', true],
    ])
    expect(tasks.map(({ reuse }) => reuse.kind)).toEqual(['run', 'run', 'kept', 'run', 'run'])
  })

  it('says of parts that are new why the whole is not there', () => {
    const changed = { kind: 'run', why: 'code' } as unknown as Reuse
    const isWhole = (task: TaskIdentity) => !('part' in task.splits[0]!)
    const byIndex = { index: 'i', cuts: [cutAt(40 * MiB)] }
    const { store } = storeOf(
      (task) => (isWhole(task) ? changed : ran),
      () => byIndex,
    )
    expect(plan([gzipFile('a.gz', 16 * MiB)], {}, { store }).tasks.map(({ reuse }) => reuse)).toEqual([
      changed,
      changed,
    ])
  })
})

describe('cutByIndexes', () => {
  const long = gzipFile('a.gz', 20 * MiB)
  const found = { index: 'i', cuts: [cutAt(1)] }
  const { store } = storeOf(undefined, (path) => (path === 'a.gz' ? found : null))

  it('gives long gzip files the cuts of their indexes', () => {
    const other = plainFile('b', 20 * MiB)
    expect(cutByIndexes([long, other], store, null, MiB)).toEqual([{ ...long, ...found }, other])
  })

  it('returns the list itself where nothing is cut', () => {
    const bytes = likelyGzipBytes(20 * MiB)
    for (const [files, partBytes] of [
      [[long], null],
      [[long], bytes],
      [[{ ...long, cuts: [] }], MiB],
      [[{ ...long, path: 'b.gz' }], MiB],
      [[{ ...long, kind: 'plain' as const }], MiB],
      [Array<InputFile>(1025).fill(long), MiB],
    ] as const)
      expect(cutByIndexes(files, store, null, partBytes)).toBe(files)
    const none = storeOf(undefined, () => ({ index: 'i', cuts: [] })).store
    const files = [long]
    expect(cutByIndexes(files, none, null, MiB)).toBe(files)
    expect(cutByIndexes(files, store, null, bytes - 1)).not.toBe(files)
    expect(cutByIndexes(Array<InputFile>(1024).fill(long), store, null, MiB)[1023]).toEqual({
      ...long,
      ...found,
    })
  })

  it('is taken back with the index, and only with it', () => {
    expect(withoutIndex({ ...long, ...found })).toEqual(long)
    const own = { ...long, cuts: [cutAt(1)] }
    expect(withoutIndex(own)).toBe(own)
  })
})

describe('hashContents', () => {
  it('is the SHA-256 of each file, until it is told to stop', async () => {
    const folder = tempFolder()
    onTestFinished(() => folder.remove())
    writeFileSync(folder.at('a'), 'abc')
    const locate = (path: string) => folder.at(path)
    expect(await hashContents([plainFile('a', 3)], locate)).toEqual(
      new Map([['a', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad']]),
    )
    await expect(hashContents([plainFile('a', 3)], locate, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})
