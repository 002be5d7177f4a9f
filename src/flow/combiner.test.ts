import { describe, expect, test } from 'vitest'
import { flowKernels } from '../../test/fixtures/flow-kernels.ts'
import { type AnyReducer, collect, count, groupReduce, reducer, sum, topK } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import { Combiner, type CombinerOptions } from './combiner.ts'
import { MemoryStorage } from './storage.ts'

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
    expect(combinerOf([count(), sum()]).finish()).toEqual([])
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
})
