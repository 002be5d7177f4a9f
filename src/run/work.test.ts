import { describe, expect, test } from 'vitest'
import { gzipFile, mapReport, plainFile, planOf } from '../../test/fixtures/plans.ts'
import type { Fault } from '../errors.ts'
import type { Spill } from '../flow/index.ts'
import type { Split } from '../input/index.ts'
import { RunDirectory } from './directory/directory.ts'
import type { RunEvent } from './journal/events.ts'
import type { Plan } from './plan/plan.ts'
import { apply, initialState, type RunState } from './state/state.ts'
import { mapWork, readsAsPlanned, reduceWork, reduceWorks } from './work.ts'

const directory = new RunDirectory('/runs/one')
const usual = { careful: false, alone: false }

function stateAfter(plan: Plan, ...events: readonly RunEvent[]): RunState {
  return events.reduce(apply, initialState(plan))
}

function spillOf(partition: number, atByte: number, records: number): Spill {
  return { partition, name: 's0.spill', atByte, bytes: 100 + partition, records, crc32: 1 }
}

function committed(index: number, spills: readonly Spill[]): RunEvent {
  const report = mapReport([], { spills })
  return { type: 'map-committed', at: 1, task: `map-0000${index}`, attempt: 1, report }
}

const broken: Fault = { code: 'input-damaged', message: 'It ends early.' }

describe('mapWork', () => {
  test('reads the splits of its task, and is as the plan says', () => {
    const plan = planOf([plainFile('a.txt', 40)], {
      partitions: 7,
      tasks: [
        { firstSplit: 0, endSplit: 3, reuse: { kind: 'run', why: 'new' } },
        { firstSplit: 3, endSplit: 4, reuse: { kind: 'run', why: 'new' } },
      ],
    })
    const state = initialState(plan)
    expect(mapWork(state, 0, usual)).toEqual({
      kind: 'map',
      splits: plan.splits.slice(0, 3),
      partitions: 7,
      combineBytesMax: plan.memory.combineBytesMax,
      skip: [],
      careful: false,
    })
    expect(mapWork(state, 1, { careful: true, alone: true })).toMatchObject({
      splits: [plan.splits[3]],
      careful: true,
    })
  })

  test('leaves out splits that are damaged', () => {
    const plan = planOf([plainFile('a.txt', 30)], {
      tasks: [{ firstSplit: 0, endSplit: 3, reuse: { kind: 'run', why: 'new' } }],
    })
    const started = { type: 'attempt-started', at: 1, task: 'map-00000', attempt: 1, seat: 0 } as const
    const damage: RunEvent = {
      type: 'inputs-damaged',
      at: 2,
      task: 'map-00000',
      attempt: 1,
      splits: [{ ordinal: 1, fault: broken }],
    }
    const state = stateAfter(plan, started, damage)
    expect(mapWork(state, 0, usual).splits.map(({ ordinal }) => ordinal)).toEqual([0, 2])
    expect([readsAsPlanned(initialState(plan), 0), readsAsPlanned(state, 0)]).toEqual([true, false])
  })

  test('passes over records that ended its worker', () => {
    const plan = planOf([plainFile('a.txt', 10)])
    const failed = (attempt: number): RunEvent => ({
      type: 'attempt-failed',
      at: 2,
      task: 'map-00000',
      attempt,
      fault: { code: 'worker-died', message: 'The worker died.' },
      charged: true,
      place: { ordinal: 0, byte: 4 },
    })
    const started = (attempt: number): RunEvent => ({
      type: 'attempt-started',
      at: 1,
      task: 'map-00000',
      attempt,
      seat: 0,
    })
    const state = stateAfter(plan, started(1), failed(1), started(2), failed(2))
    expect(mapWork(state, 0, usual).skip).toMatchObject([{ ordinal: 0, byte: 4 }])
  })

  test('reads the first part of a gzip file as the whole of it, and the others not at all, once it is read so', () => {
    const plan = planOf([gzipFile('a.gz', 50), gzipFile('b.gz', 50)])
    const [a, b] = plan.splits as [Split, Split]
    const cut = (byte: number) => ({ byte, dataByte: byte * 3, members: 0 })
    const splits = [
      { ...a, part: { start: null, end: cut(9) } },
      { ...a, ordinal: 1, part: { start: cut(9), end: null } },
      { ...b, ordinal: 2, part: { start: null, end: cut(9) } },
    ] as Split[]
    const tasks = [0, 1, 2].map((index) => ({
      firstSplit: index,
      endSplit: index + 1,
      reuse: { kind: 'run', why: 'new' } as const,
    }))
    const state = { ...initialState({ ...plan, splits, tasks }), joined: new Set(['a.gz']) }
    expect([0, 1, 2].map((index) => mapWork(state, index, usual).splits)).toEqual([[a], [], [splits[2]]])
    expect([0, 1, 2].map((index) => readsAsPlanned(state, index))).toEqual([false, false, true])
  })

  test('has an index written where that is of use', () => {
    const everyOf = (more: Partial<Plan>): number | undefined => {
      const plan = planOf([gzipFile('a.gz', 50)], { keepBytesMax: 1, ...more })
      return mapWork(initialState(plan), 0, usual).indexEveryBytes
    }
    // As long as pieces of plain files are, but not much shorter than the window that comes with each cut.
    expect([everyOf({ splitBytes: 2 ** 25 }), everyOf({ splitBytes: 10 })]).toEqual([2 ** 25, 2 ** 18])
    expect(everyOf({ keepBytesMax: 0 })).toBeUndefined()
    const { job } = planOf([])
    const { input } = job.description
    const whole = { ...job, description: { ...job.description, input: { ...input, unit: 'file' as const } } }
    expect(everyOf({ job: whole })).toBeUndefined()
  })
})

describe('reduceWork', () => {
  const plan = planOf([plainFile('a.txt', 30)], { partitions: 3 })
  const state = stateAfter(
    plan,
    committed(0, [spillOf(0, 0, 5), spillOf(2, 100, 7)]),
    committed(2, [spillOf(0, 0, 11), spillOf(0, 300, 2)]),
  )

  test('merges what the map tasks that are done wrote for its partition, in their order', () => {
    expect(reduceWork(state, 0, directory)).toEqual({
      kind: 'reduce',
      spills: [
        { name: 'committed/map-00000/s0.spill', atByte: 0, bytes: 100 },
        { name: 'committed/map-00002/s0.spill', atByte: 0, bytes: 100 },
        { name: 'committed/map-00002/s0.spill', atByte: 300, bytes: 100 },
      ],
      recordsExpected: 18,
    })
    expect(reduceWork(state, 1, directory)).toEqual({ kind: 'reduce', spills: [], recordsExpected: 0 })
  })

  test('is the same where that of all partitions is asked for', () => {
    expect(reduceWorks(state, directory)).toEqual(
      [0, 1, 2].map((index) => reduceWork(state, index, directory)),
    )
  })
})
