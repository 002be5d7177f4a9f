import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { text } from '../input/index.ts'
import {
  type AnyJob,
  type AnyReducer,
  all,
  collect,
  count,
  countDistinct,
  defineJob,
  first,
  groupReduce,
  histogram,
  jobTables,
  last,
  max,
  mean,
  min,
  sum,
  topK,
  variance,
} from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { type FlowKernels, noKernels } from './flow-kernels.ts'
import { releaseKeyAmounts } from './key-amounts.ts'
import { type MapReport, runMapTask } from './map-task.ts'
import type { RecordSource } from './record-source.ts'
import { runReduceTask } from './reduce-task.ts'
import { MemoryStorage } from './storage.ts'

/** Whole tasks, in the memory of a kernel and without: every file they write is the same to the byte. */

/** What one record emits, table, key and value each, and whether its map refuses it afterwards. */
interface Turn {
  readonly emits: readonly (readonly [table: number, key: Key, value: number])[]
  readonly refuses: boolean
}

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Key & (number | bigint | boolean | null)>(
    -0,
    1n,
    2n ** 70n,
    1.5,
    -1e300,
    true,
    false,
    null,
  ),
  fc.string({ unit: anyPoint, maxLength: 4 }),
  fc.constantFrom(
    '',
    'é',
    '오늘',
    '\ud800',
    '\udc00!',
    'a\0',
    'a\0b',
    'https://example.org/a',
    'https://example.org/b',
  ),
)
const words = fc.integer({ min: 0, max: 400 }).map((number) => `word-${number % 7}-${number}`)
/** Equal beginnings, and lengths around those that a byte, a group of eight and a loop tell apart. */
const alike = fc
  .tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom('', 'a', 'b', '\0', '\uffff'))
  .map(([length, end]) => 'x'.repeat(length) + end)
const long = fc
  .tuple(fc.constantFrom(65_500, 65_519, 65_530, 131_060, 131_072, 200_000), fc.constantFrom('a', 'b'))
  .map(([length, end]) => 'y'.repeat(length) + end)
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  { weight: 60, arbitrary: words },
  { weight: 20, arbitrary: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })) },
  { weight: 20, arbitrary: alike },
  { weight: 1, arbitrary: long },
)
const small = fc.integer({ min: -200, max: 200 })
const whole = fc.oneof(
  { weight: 9, arbitrary: small },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 127, 128, -128, -129, 2 ** 31, -(2 ** 32), 2 ** 40 + 1) },
)
/** Some are no whole numbers, or no number, or so large that sums of two are no safe integers. */
const anyValue = fc.oneof(
  { weight: 30, arbitrary: whole },
  {
    weight: 1,
    arbitrary: fc.constantFrom(2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, -(2 ** 60), 0.1, -1e300, 5e-324, NaN),
  },
)

function turnsOf(value: fc.Arbitrary<number>): fc.Arbitrary<Turn[]> {
  return fc.array(
    fc.record({
      emits: fc.array(fc.tuple(fc.nat({ max: 2 }), anyKey, value), { maxLength: 12 }),
      refuses: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    }),
    { maxLength: 150 },
  )
}

/** Built-in reducers of every kind. */
const reducers: Readonly<Record<string, () => unknown>> = {
  count,
  sum,
  max,
  min,
  mean,
  variance,
  first,
  last,
  collect,
  countDistinct,
  topK: () => topK(2),
  histogram: () => histogram({ from: 0, to: 10, bins: 3 }),
  all: () => all({ total: sum(), largest: max() }),
  group: () => groupReduce((_: Key, values: Iterable<unknown>) => [...values].length),
}

function jobOf(kinds: readonly string[]): AnyJob {
  const tables = ['a', 'b', 'c'].map(
    (name, number) => [name, reducers[kinds[number] ?? 'count']?.()] as const,
  )
  return defineJob({
    input: text(),
    reduce: Object.fromEntries(tables) as Record<string, AnyReducer>,
    map: (record: unknown, emit: unknown, ctx: { reject(reason: string): never }) => {
      const { emits, refuses } = record as Turn
      for (const [table, key, value] of emits) {
        const name = 'abc'.charAt(table)
        const to = (emit as Record<string, (key: Key, value?: unknown) => void>)[name]
        if (kinds[table] === 'count') to?.(key)
        else to?.(key, value)
      }
      if (refuses) ctx.reject('not this one')
    },
  } as never) as unknown as AnyJob
}

function sourceOf(list: readonly Turn[]): RecordSource {
  let at = -1
  let batches = 0
  return {
    ordinal: 0,
    path: 'records',
    member: null,
    fromStart: true,
    open: async () => ({
      nextChunk: async () => ++batches === 1,
      next: () => (++at < list.length ? 'record' : 'end-of-chunk'),
      get record() {
        return list[at]
      },
      get rejection(): never {
        throw new Error('Nothing is rejected.')
      },
      get startByte() {
        return at
      },
      get endByte() {
        return at + 1
      },
      get line() {
        return at + 1
      },
      excerpt: () => '',
      totals: { readBytes: 0, bytes: 0, lines: 0 },
      close: async () => undefined,
    }),
  }
}

interface Run {
  readonly files: ReadonlyMap<string, Buffer>
  readonly report: MapReport
}

async function run(
  job: AnyJob,
  list: readonly Turn[],
  options: {
    readonly partitions: number
    readonly combineBytesMax: number
    readonly mappedKeysMax?: number
    readonly kernels?: FlowKernels
  },
): Promise<Run> {
  const files = new Map<string, Buffer>()
  const storage = new MemoryStorage(files)
  const { partitions } = options
  const tick = async (): Promise<void> => undefined
  const source = sourceOf(list)
  const task = { job, params: {}, sources: [source], storage: storage.within('map/'), tick: () => undefined }
  const report = await runMapTask({ ...task, ...options })
  for (let partition = 0; partition < partitions; partition++) {
    const own = report.spills.filter((spill) => spill.partition === partition)
    await runReduceTask({
      tables: jobTables(job),
      spills: own.map((spill) => ({ ...spill, name: `map/${spill.name}` })),
      recordsExpected: own.reduce((total, { records }) => total + records, 0),
      storage: storage.within(`reduce-${partition}/`),
      tick,
      kernels: options.kernels ?? noKernels,
      kernelRecordsMin: 0,
    })
  }
  return { files, report }
}

/** Buffers are compared by their text: a failure is shown sooner then. */
function plain({ files, report }: Run): unknown {
  return { files: [...files].map(([name, bytes]) => [name, bytes.toString('latin1')]), report }
}

describe('runMapTask and runReduceTask', () => {
  it('are given a kernel here', () => {
    expect([flowKernels.amounts(), flowKernels.merge()]).not.toContain(null)
  })

  it('use it for tables that have become large', async () => {
    // Tests before this one may have left one that is taken again.
    releaseKeyAmounts()
    const taken: string[] = []
    const kernels: FlowKernels = {
      amounts: () => {
        taken.push('amounts')
        return flowKernels.amounts()
      },
      merge: () => {
        taken.push('merge')
        return flowKernels.merge()
      },
    }
    const list = [0, 1, 2, 3, 4].map((key): Turn => ({ emits: [[0, key, 1]], refuses: false }))
    const options = { partitions: 1, combineBytesMax: 2 ** 20, kernels }
    await run(jobOf(['count', 'count', 'count']), list, { ...options, mappedKeysMax: 4 })
    expect(taken).toEqual(['amounts', 'merge'])
    await run(jobOf(['count', 'count', 'count']), list, { ...options, mappedKeysMax: 5 })
    await run(jobOf(['mean', 'mean', 'mean']), list, { ...options, mappedKeysMax: 0 })
    expect(taken).toEqual(['amounts', 'merge', 'merge'])
  })

  it('write the same bytes whether large tables are folded in a kernel or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(fc.constantFrom('count', 'sum', 'min', 'max'), { minLength: 3, maxLength: 3 }),
          fc.array(fc.constantFrom(...Object.keys(reducers)), { minLength: 3, maxLength: 3 }),
        ),
        turnsOf(whole),
        fc.constantFrom(1, 2, 5),
        fc.constantFrom(300, 3000, 30_000, 2 ** 28),
        fc.constantFrom(0, 3, 50),
        async (kinds, list, partitions, combineBytesMax, mappedKeysMax) => {
          const options = { partitions, combineBytesMax, mappedKeysMax }
          const slow = await run(jobOf(kinds), list, options)
          const fast = await run(jobOf(kinds), list, { ...options, kernels: flowKernels })
          expect(plain(fast)).toEqual(plain(slow))
        },
      ),
      { numRuns: 300 },
    )
  }, 120_000)

  it('come to the same rows where some values are no whole numbers, or sums too large to be exact', async () => {
    const left: string[] = []
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('count', 'sum', 'min', 'max'), { minLength: 3, maxLength: 3 }),
        turnsOf(anyValue),
        fc.constantFrom(1, 3),
        fc.constantFrom(3000, 2 ** 28),
        fc.constantFrom(0, 3),
        async (kinds, list, partitions, combineBytesMax, mappedKeysMax) => {
          const options = { partitions, combineBytesMax, mappedKeysMax }
          const slow = await run(jobOf(kinds), list, options)
          const fast = await run(jobOf(kinds), list, { ...options, kernels: flowKernels })
          const rows = ({ files }: Run): unknown =>
            [...files].flatMap(([name, bytes]) =>
              name.endsWith('.part') ? [[name, bytes.toString('latin1')]] : [],
            )
          expect(rows(fast)).toEqual(rows(slow))
          expect(fast.report.emitted).toBe(slow.report.emitted)
          left.push(
            ...[...fast.files.keys()].filter((name) => name.startsWith('reduce') && name.endsWith('.spill')),
          )
        },
      ),
      { numRuns: 300 },
    )
    expect(left).toEqual([])
  }, 120_000)

  it('add up exactly where sums come and go over what a double holds, in a kernel before and after', async () => {
    const large = 2 ** 53 - 1
    const values = [large, 2, -large, 5, -large, -7, large, 1, 1, large, -3]
    for (const combineBytesMax of [300, 2 ** 28]) {
      const list = values.map((value, record) => ({
        emits: Array.from({ length: 9 }, (_, key): [number, Key, number] => [
          key % 3,
          `key-${key}`,
          (record + key) % 4 === 0 ? key : value,
        ]),
        refuses: false,
      }))
      const options = { partitions: 1, combineBytesMax, mappedKeysMax: 0, kernels: flowKernels }
      const { files } = await run(jobOf(['sum', 'min', 'sum']), list, options)
      for (const [table, name] of ['a', 'c'].entries()) {
        const sums = new Map<string, bigint>()
        for (const { emits } of list)
          for (const [number, key, value] of emits)
            if (number === 2 * table) sums.set(`${key}`, (sums.get(`${key}`) ?? 0n) + BigInt(value))
        const part = files.get(`reduce-0/${name}.part`)?.toString('latin1') ?? ''
        for (const [key, sum] of sums) expect(part).toContain(`${key}${Number(sum)}`)
      }
    }
  })

  it('add up exactly where the sum of a key that is longer than what is folded at once is none of a double', async () => {
    const [large, key] = [2 ** 53 - 1, 'y'.repeat(200_000)]
    const list: Turn[] = [large, large, -large, 3 - large].map((value) => ({
      emits: [
        [0, 'short', 1],
        [0, key, value],
      ],
      refuses: false,
    }))
    const options = { partitions: 1, combineBytesMax: 2 ** 28, mappedKeysMax: 0, kernels: flowKernels }
    const { files } = await run(jobOf(['sum', 'sum', 'sum']), list, options)
    const part = files.get('reduce-0/a.part')?.toString('latin1') ?? ''
    expect(part).toContain(`${key}3`)
    expect(part).toContain('short4')
  })

  it('keep nothing of a record with very many emits for the next one', async () => {
    const emits = Array.from({ length: 2500 }, (_, at): [number, Key, number] => [2, at % 50, at])
    const list: Turn[] = [emits, [], emits.slice(0, 3)].map((own) => ({ emits: own, refuses: false }))
    const { files } = await run(jobOf(['count', 'count', 'collect']), list, {
      partitions: 1,
      combineBytesMax: 2 ** 28,
    })
    const part = files.get('reduce-0/c.part')?.toString('latin1') ?? ''
    expect(part).toContain('2402,2452,2]')
    expect(part).toContain('2403,2453]')
  })

  it('write the same bytes of a hundred thousand keys', { tags: ['large'], timeout: 60_000 }, async () => {
    const list: Turn[] = Array.from({ length: 12_000 }, (_, record) => ({
      emits: Array.from({ length: 10 }, (_, place): [number, Key, number] => {
        const number = (record * 7919 + place * 104_729) % 100_003
        const key = `${number % 5 === 0 ? 'a common beginning that is long/' : ''}${number.toString(36)}`
        return [place % 2, place % 3 === 0 ? [key, number % 9] : key, number - 50_000]
      }),
      refuses: false,
    }))
    for (const combineBytesMax of [2 ** 20, 2 ** 28]) {
      const options = { partitions: 3, combineBytesMax }
      const kinds = ['count', 'sum', 'max']
      const slow = await run(jobOf(kinds), list, options)
      const fast = await run(jobOf(kinds), list, { ...options, kernels: flowKernels })
      expect([...fast.files.keys()]).toEqual([...slow.files.keys()])
      for (const [name, bytes] of slow.files) expect(fast.files.get(name)?.equals(bytes), name).toBe(true)
      expect(fast.report).toEqual(slow.report)
    }
  })

  it('find every byte of a spill that is damaged', async () => {
    const list: Turn[] = ['a', 'b', 'long '.repeat(30)].map((key) => ({
      emits: [[0, key, 0]],
      refuses: false,
    }))
    const job = jobOf(['count', 'count', 'count'])
    const { files, report } = await run(job, list, { partitions: 1, combineBytesMax: 2 ** 20 })
    const [first] = report.spills
    const name = `map/${first?.name}`
    const whole = files.get(name) ?? Buffer.alloc(0)
    const reduce = async (bytes: Buffer): Promise<unknown> => {
      const storage = new MemoryStorage(new Map([[name, bytes]]), 'reduce/')
      const task = {
        tables: jobTables(job),
        spills: [{ name, atByte: 0, bytes: first?.bytes ?? 0 }],
        recordsExpected: 3,
        storage,
      }
      return runReduceTask({
        ...task,
        kernels: flowKernels,
        kernelRecordsMin: 0,
        tick: async () => undefined,
      })
    }
    expect(await reduce(whole)).toMatchObject({ records: 3, parts: [{ rows: 3 }] })
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole)
      bytes[at]! ^= 1 << (at % 8)
      await expect(reduce(bytes), `byte ${at}`).rejects.toMatchObject({ code: 'file-damaged' })
      await expect(reduce(whole.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({
        code: 'file-damaged',
      })
    }
  })
})
