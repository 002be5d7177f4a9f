import { describe, expect, test } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { type AnyReducer, collect, count, groupReduce, reducer, sum, topK } from '../job/index.ts'
import { decodeKey, decodeValue, type Key, RecordFileReader } from '../record/index.ts'
import { Combiner, type CombinerOptions } from './combiner.ts'
import { releaseKeyAmounts, takeKeyAmounts } from './key-amounts.ts'
import type { Spill } from './spill.ts'
import { MemoryStorage, openSection } from './storage.ts'

function combinerOf(reducers: readonly unknown[], options: Partial<CombinerOptions> = {}): Combiner {
  const tables = reducers.map((one, index) => ({ name: `t${index}`, reducer: one as AnyReducer }))
  const usual = { partitions: 1, combineBytesMax: 2 ** 20, storage: new MemoryStorage() }
  return new Combiner(tables, { ...usual, ...options })
}

/** One record that emits these to the first table. */
function record(combiner: Combiner, emits: readonly (readonly [Key, unknown])[], where = 'here'): void {
  for (const [key, value] of emits) combiner.push(0, key, value)
  combiner.fold(where)
}

/** What was spilled, by table and key: the states in the order in which they were spilled. */
function statesIn(storage: MemoryStorage, spills: readonly Spill[]): Map<string, unknown[]> {
  const states = new Map<string, unknown[]>()
  for (const spill of spills) {
    const reader = new RecordFileReader(openSection(storage, spill), 'spill')
    while (reader.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
      const name = `${bytes.readUInt8(keyStart)} ${decodeKey(bytes, keyStart + 1, keyEnd)}`
      states.set(name, [...(states.get(name) ?? []), decodeValue(bytes, valueStart, valueEnd)])
    }
  }
  return states
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

describe('Combiner', () => {
  test('counts what was folded, and nothing of what was dropped', () => {
    const combiner = combinerOf([count()])
    expect([combiner.emitted, combiner.hasPending]).toEqual([0, false])
    combiner.push(0, 'a', undefined)
    combiner.push(0, 'b', undefined)
    expect([combiner.emitted, combiner.hasPending]).toEqual([0, true])
    combiner.drop()
    expect([combiner.emitted, combiner.hasPending]).toEqual([0, false])
    record(combiner, [
      ['a', undefined],
      ['a', undefined],
    ])
    expect(combiner.emitted).toBe(2)
    expect(combiner.finish()).toMatchObject([{ records: 1 }])
  })

  test('spills nothing where nothing was emitted', () => {
    const storage = new MemoryStorage()
    expect(combinerOf([count(), sum()], { storage }).finish()).toEqual([])
    // Not even a file.
    expect(() => storage.open('s0.spill')).toThrow('No file s0.spill in memory.')
  })

  test('spills one table where nothing was emitted to another', () => {
    for (const table of [0, 1]) {
      const combiner = combinerOf([count(), count()])
      combiner.push(table, 'a', undefined)
      combiner.fold('here')
      expect(combiner.finish()).toMatchObject([{ records: 1 }])
    }
  })

  test.each([false, true])(
    'folds every emit of every table, in whatever records they come; in a kernel: %s',
    (inKernel) => {
      const kernels = inKernel ? { kernels: flowKernels, mappedKeysMax: 2 } : {}
      const storage = new MemoryStorage()
      const combiner = combinerOf([count(), sum()], { storage, ...kernels })
      const expected = new Map<string, unknown[]>()
      const sums = new Map<string, number>()
      for (const turn of range(200)) {
        const key = `key ${turn % 11}`
        combiner.push(0, key, undefined)
        combiner.push(1, key, turn)
        combiner.push(1, 'all', 1)
        if (turn % 5 === 4) {
          combiner.drop()
          continue
        }
        combiner.fold('here')
        const add = (name: string, by: number): void => {
          sums.set(name, (sums.get(name) ?? 0) + by)
        }
        add(`0 ${key}`, 1)
        add(`1 ${key}`, turn)
        add('1 all', 1)
      }
      for (const [name, total] of sums) expected.set(name, [total])
      expect(combiner.emitted).toBe(3 * 160)
      expect(statesIn(storage, combiner.finish())).toEqual(expected)
      combiner.release()
    },
  )

  test('takes tables back from the kernel where a value is none for it, and goes on', () => {
    const storage = new MemoryStorage()
    const combiner = combinerOf([sum(), count()], { storage, kernels: flowKernels, mappedKeysMax: 0 })
    const emit = (values: readonly number[]): void => {
      for (const value of values) {
        combiner.push(0, 'a', value)
        combiner.push(1, 'a', undefined)
        combiner.push(0, `key ${value}`, value)
      }
      combiner.fold('here')
    }
    emit([1, 2])
    emit([3])
    // In the middle of a record, whose first emit is staged already.
    emit([4, 0.5, 5])
    emit([6])
    expect(combiner.emitted).toBe(21)
    const expected = [1, 2, 3, 4, 5, 6].map((value) => [`0 key ${value}`, [value]] as const)
    const states = statesIn(storage, combiner.finish())
    expect(states.get('1 a')).toEqual([7])
    expect(states.size).toBe(9)
    expect([...states].filter(([name]) => /^0 key \d$/.test(name))).toEqual(expected)
    const exact = sum()
    const [total] = states.get('0 a') ?? []
    expect(exact.finish(total as never, 'a')).toBe(21.5)
    combiner.release()
  })

  test('spills nothing for what is staged, if that proves to be keys that it has', () => {
    const storage = new MemoryStorage()
    const combineBytesMax = 20_000
    const kernels = { kernels: flowKernels, mappedKeysMax: 0 }
    const combiner = combinerOf([count()], { storage, combineBytesMax, ...kernels })
    const emit = (times: number, keys: number): void => {
      for (const turn of range(times)) record(combiner, [[`key ${turn % keys}`, undefined]])
    }
    // Two thirds of what may be held, and then the same keys again and again.
    emit(180, 180)
    emit(3000, 180)
    expect(statesIn(storage, combiner.finish()).size).toBe(180)
    expect(() => storage.open('s1.spill')).toThrow('No file')
    combiner.release()
  })

  test.each([false, true])('holds no more than it may, and spills in rounds; in a kernel: %s', (inKernel) => {
    const kernels = inKernel ? { kernels: flowKernels, mappedKeysMax: 0 } : {}
    const roundsOf = (combineBytesMax: number): number[] => {
      const combiner = combinerOf([count()], { combineBytesMax, ...kernels })
      for (const key of range(3000)) record(combiner, [[`key ${key}`, undefined]])
      const spills = combiner.finish()
      combiner.release()
      expect(spills.reduce((total, { records }) => total + records, 0)).toBe(3000)
      expect(spills.map(({ name }) => name)).toEqual(range(spills.length).map((round) => `s${round}.spill`))
      return spills.map(({ records }) => records)
    }
    const [few, many] = [roundsOf(200_000), roundsOf(20_000)]
    expect(roundsOf(2 ** 30)).toEqual([3000])
    expect(few.length).toBeGreaterThan(1)
    expect(many.length).toBeGreaterThan(5 * few.length)
    // All rounds but the last are of one length, or nearly so: longer keys come later.
    for (const rounds of [few, many])
      expect(Math.max(...rounds.slice(0, -1))).toBeLessThan(1.5 * Math.min(...rounds.slice(0, -1)))
  })

  test('spills nothing for states that are far smaller than what they were given', () => {
    const combiner = combinerOf([topK(1, { by: ({ rank }: { rank: number }) => rank })], {
      combineBytesMax: 20_000,
    })
    for (const rank of range(500)) record(combiner, [['best', { rank, text: 'x'.repeat(200) }]])
    expect(combiner.finish()).toMatchObject([{ name: 's0.spill', records: 1 }])
    const keeping = combinerOf([collect()], { combineBytesMax: 20_000 })
    for (const rank of range(500)) record(keeping, [['all', { rank, text: 'x'.repeat(200) }]])
    expect(keeping.finish().length).toBeGreaterThan(5)
  })

  test('names the table, the place and the key at which a reducer fails, and says what it says to do', () => {
    const failing = reducer({
      empty: () => 0,
      add: (state: number, value: number) => {
        if (value < 0) throw new RangeError('below 0')
        return state + value
      },
      merge: (left: number, right: number) => left + right,
    })
    const combiner = combinerOf([failing])
    record(combiner, [
      ['a', 1],
      [['b', 2], 1],
    ])
    expect(() => record(combiner, [[['b', 2], -1]], 'in flush')).toThrow(
      expect.objectContaining({
        code: 'job-threw',
        message: 'Adding to table "t0" failed in flush, key ["b",2]: below 0',
        wayOut: undefined,
        cause: expect.any(RangeError),
      }),
    )
    const mixing = combinerOf([count(), sum()])
    mixing.push(1, 'a', 1)
    mixing.push(1, 'a', 1n)
    expect(() => mixing.fold(() => 'at the second')).toThrow(
      expect.objectContaining({
        message:
          'Adding to table "t1" failed at the second, key "a": sum() got numbers and bigints for the same key.',
        wayOut: expect.stringContaining('Convert every value'),
      }),
    )
  })

  test('names the table and the key whose state cannot be written down, and is left by it as it was', () => {
    class Mean {
      total = 0
    }
    const classy = reducer({
      empty: (): unknown => null,
      add: (_: unknown, value: number) => (value === 2 ? new Mean() : value),
      merge: (left: unknown) => left,
    })
    const combiner = combinerOf([count(), classy])
    combiner.push(1, 'a', 1)
    combiner.push(1, ['b', 2], 2)
    combiner.fold('here')
    expect(() => combiner.finish()).toThrow(
      expect.objectContaining({
        code: 'job-threw',
        message: expect.stringMatching(
          /^What the reducer of table "t1" holds for key \["b",2\] cannot be written down: Value .*Mean/,
        ),
        wayOut: expect.stringContaining('return plain data'),
      }),
    )
  })

  test('shows a key that JSON has no number for', () => {
    const mixing = combinerOf([groupReduce(() => 0), sum()])
    mixing.push(1, Number.POSITIVE_INFINITY, 1)
    mixing.push(1, Number.POSITIVE_INFINITY, 1n)
    expect(() => mixing.fold('here')).toThrow(/^Adding to table "t1" failed here, key "Infinity": /)
  })

  test('lets go of what it holds: nothing is left to be spilled', () => {
    for (const kernels of [{}, { kernels: flowKernels, mappedKeysMax: 0 }]) {
      const combiner = combinerOf([count()], kernels)
      record(combiner, [
        ['a', undefined],
        ['b', undefined],
      ])
      combiner.release()
      expect(combiner.finish()).toEqual([])
    }
  })

  test('keeps a kernel for the next task, once it is released', () => {
    releaseKeyAmounts()
    const kept: object[] = []
    const amounts = (): object | null => {
      const kernel = flowKernels.amounts()
      if (kernel !== null) kept.push(kernel)
      return kernel
    }
    for (const turn of [1, 2]) {
      const combiner = combinerOf([count()], { kernels: { ...flowKernels, amounts }, mappedKeysMax: 0 })
      for (const key of range(3)) record(combiner, [[key, undefined]])
      combiner.release()
      expect([turn, kept.length]).toEqual([turn, 1])
    }
    expect(takeKeyAmounts(() => null)?.size(0)).toBe(0)
    releaseKeyAmounts()
  })

  test('does without a kernel where there is none', () => {
    const storage = new MemoryStorage()
    const kernels = { amounts: () => null, merge: () => null }
    const combiner = combinerOf([count()], { storage, kernels, mappedKeysMax: 0 })
    for (const key of range(5)) record(combiner, [[key, undefined]])
    expect([...statesIn(storage, combiner.finish()).values()]).toEqual([[1], [1], [1], [1], [1]])
  })
})
