import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport } from '../../../test/fixtures/plans.ts'
import type { RunEvent } from '../journal/events.ts'
import { apply, initialState } from './state.ts'

const at = 0
const task = 'map-00000'

const came = (executor: string): RunEvent => ({
  type: 'executor-came',
  at,
  executor,
  host: `10.0.0.${executor}`,
  cores: 2,
})
const started = (attempt: number, executor: string, beside?: number): RunEvent => ({
  type: 'attempt-started',
  at,
  task,
  attempt,
  seat: attempt,
  executor,
  ...(beside === undefined ? {} : { beside }),
})
const committed = (attempt: number): RunEvent => ({
  type: 'map-committed',
  at,
  task,
  attempt,
  report: mapReport([]),
})
const stands: RunEvent = { type: 'spark-started', at, application: 'app-1', spark: '4.3.0' }

describe('what only Spark knows', () => {
  const standing = (...events: readonly RunEvent[]) =>
    events.reduce(apply, initialState(planOf([plainFile('a.txt', 10)]))).spark

  test('is nothing in a run on this machine', () => {
    const run: RunEvent[] = [{ type: 'attempt-started', at, task, attempt: 1, seat: 0 }, committed(1)]
    expect(standing(...run)).toBeNull()
  })

  test('is told of executors, attempts begun beside others and which of them were first, and the shuffle', () => {
    const events: RunEvent[] = [
      // Spark logs its executors before the driver is heard.
      ...[came('1'), stands, came('2'), started(1, '1'), started(2, '2', 1)],
      { type: 'executor-lost', at, executor: '1', reason: 'worker lost' },
      { type: 'shuffled', at, writtenBytes: 10, readBytes: 0 },
      { type: 'shuffled', at, writtenBytes: 20, readBytes: 5 },
    ]
    const known = standing(...events)
    expect(known).toMatchObject({ application: 'app-1', spark: '4.3.0', speculativeFirst: 0 })
    expect(known?.executors).toEqual([
      { executor: '1', host: '10.0.0.1', cores: 2, attempts: 1, lost: 'worker lost' },
      { executor: '2', host: '10.0.0.2', cores: 2, attempts: 1, lost: null },
    ])
    expect(known?.shuffle).toEqual({ writtenBytes: 20, readBytes: 5 })
    expect(standing(...events, committed(2))).toMatchObject({
      speculative: ['map-00000.2'],
      speculativeFirst: 1,
    })
    expect(standing(...events, committed(1))?.speculativeFirst).toBe(0)
  })

  test('begins anew with each session, which has an application of its own', () => {
    const resumed: RunEvent = { type: 'resumed', at, accept: [], badRecords: { kind: 'count', count: 0 } }
    expect(standing(stands, came('1'), resumed)).toBeNull()
    expect(standing(stands, came('1'), resumed, came('1'))?.executors).toHaveLength(1)
  })

  test('begins with nothing in the shuffle, whatever is heard first', () => {
    const shuffle = { writtenBytes: 0, readBytes: 0 }
    expect(standing(came('1'))).toEqual({
      ...{ application: null, spark: null, speculative: [], speculativeFirst: 0, shuffle },
      executors: [{ executor: '1', host: '10.0.0.1', cores: 2, attempts: 0, lost: null }],
    })
    expect(standing(stands)).toMatchObject({ application: 'app-1', executors: [], shuffle })
  })

  test('takes no loss of an executor for the beginning of a run on Spark', () => {
    expect(standing({ type: 'executor-lost', at, executor: '1', reason: 'worker lost' })).toBeNull()
  })

  test('counts the attempts of each executor alone, and none whose executor is not known', () => {
    const unknown: RunEvent = { type: 'attempt-started', at, task, attempt: 1, seat: 0 }
    const counted = standing(came('1'), came('2'), unknown, started(2, '2'))?.executors
    expect(counted?.map(({ attempts }) => attempts)).toEqual([0, 1])
  })

  test('knows which reduce attempts that were begun beside others were first', () => {
    const reduce = 'reduce-00000'
    const events = [
      { ...started(1, '1'), task: reduce } as RunEvent,
      { ...started(2, '1', 1), task: reduce } as RunEvent,
    ]
    const first = (attempt: number): RunEvent => ({
      ...{ type: 'reduce-committed', at, task: reduce, attempt, report: reduceReport() },
    })
    expect(standing(came('1'), ...events, first(2))).toMatchObject({
      speculative: ['reduce-00000.2'],
      speculativeFirst: 1,
    })
    expect(standing(came('1'), ...events, first(1))?.speculativeFirst).toBe(0)
  })

  test('counts the shuffle of a run of which it has heard nothing before', () => {
    expect(standing({ type: 'shuffled', at, writtenBytes: 7, readBytes: 5 })).toMatchObject({
      application: null,
      shuffle: { writtenBytes: 7, readBytes: 5 },
    })
  })
})
