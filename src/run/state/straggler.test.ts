import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport, sourceOf } from '../../../test/fixtures/plans.ts'
import type { RunEvent } from '../journal/events.ts'
import { decide } from './decide.ts'
import { apply, initialState, type RunState } from './state.ts'
import { findStraggler } from './straggler.ts'
import { taskId } from './task-id.ts'

/** Six tasks of ten bytes. */
const plan = planOf([plainFile('a.txt', 50), plainFile('b.txt', 10)], { workers: 3 })

function started(index: number, at: number, attempt = 1, beside?: number): RunEvent {
  const more = beside === undefined ? {} : { beside }
  return { type: 'attempt-started', at, task: taskId('map', index), attempt, seat: 0, ...more }
}

function committed(index: number, at: number): RunEvent {
  const split = plan.splits[index]!
  return {
    type: 'map-committed',
    at,
    task: taskId('map', index),
    attempt: 1,
    report: mapReport([sourceOf(split)]),
  }
}

function failed(index: number, attempt: number): RunEvent {
  const fault = { code: 'worker-died', message: 'It died.' } as const
  return { type: 'attempt-failed', at: 0, task: taskId('map', index), attempt, fault, charged: true }
}

function replay(events: readonly RunEvent[], more: Partial<typeof plan> = {}): RunState {
  return events.reduce(apply, initialState({ ...plan, ...more }))
}

/** The first four tasks took a second each, the fifth has run since then, the sixth since a little later. */
const begun = [0, 1, 2, 3].flatMap((index) => [started(index, 0), committed(index, 1000)])
const events = [...begun, started(4, 1000), started(5, 2000)]

describe('findStraggler', () => {
  test('finds the slowest task once it has taken three times as long as its peers, and five seconds', () => {
    const state = replay(events)
    expect(findStraggler(state, 'map', 6000)).toBeNull()
    expect(findStraggler(state, 'map', 6001)).toEqual({ index: 4, attempt: 1 })
    expect(findStraggler(state, 'map', 9000)).toEqual({ index: 4, attempt: 1 })
    const slower = [0, 1, 2, 3].flatMap((index) => [started(index, 0), committed(index, 4000)])
    const later = replay([...slower, started(4, 4000)])
    expect(findStraggler(later, 'map', 16_000)).toBeNull()
    expect(findStraggler(later, 'map', 16_001)).toEqual({ index: 4, attempt: 1 })
  })

  test('gives a task with more bytes more time', () => {
    const files = [plainFile('a.txt', 40), plainFile('b.txt', 10)]
    const wide = planOf(files, { workers: 3 })
    const tasks = [0, 1, 2, 3, 4].map((index) => wide.tasks[index]!)
    const splits = wide.splits.map((split) =>
      split.ordinal === 4 && split.kind === 'range' ? { ...split, endByte: 100 } : split,
    )
    const state = [...begun, started(4, 1000)].reduce(apply, initialState({ ...wide, tasks, splits }))
    expect(findStraggler(state, 'map', 30_000)).toBeNull()
    expect(findStraggler(state, 'map', 31_001)).toEqual({ index: 4, attempt: 1 })
  })

  test('finds none while most tasks are open, where it is switched off, and after a failure or a second attempt', () => {
    const early = [...begun.slice(0, 4), started(2, 0), started(3, 0), started(4, 0), started(5, 0)]
    expect(findStraggler(replay(early), 'map', 1e9)).toBeNull()
    expect(findStraggler(replay(events, { speculates: false }), 'map', 1e9)).toBeNull()
    const again = replay([...begun, started(4, 0), failed(4, 1), started(4, 0, 2)])
    expect(findStraggler(again, 'map', 1e9)).toBeNull()
    const doubled = replay([...begun, started(4, 0), started(4, 0, 2, 1), failed(4, 2)])
    expect(doubled.map.at(4)).toMatchObject({ kind: 'running', charged: 0, lastFault: null, isDoubled: true })
    expect(findStraggler(doubled, 'map', 1e9)).toBeNull()
  })

  test('finds the one that is slowest by most, not the one that began first or last', () => {
    const [early, late] = [started(4, 1000), started(5, 2000)]
    const state = replay([...begun, started(4, 2000), started(5, 1000)])
    expect(findStraggler(state, 'map', 9000)).toEqual({ index: 5, attempt: 1 })
    expect(findStraggler(replay([...begun, early, late]), 'map', 9000)).toEqual({ index: 4, attempt: 1 })
  })

  test('takes a task of few bytes for no quicker than its peers are', () => {
    const small = planOf([plainFile('a.txt', 41)], { workers: 3 })
    const slow = [0, 1, 2, 3].flatMap((index) => [started(index, 0), committed(index, 4000)])
    const state = [...slow, started(4, 0)].reduce(apply, initialState(small))
    expect(findStraggler(state, 'map', 12_000)).toBeNull()
    expect(findStraggler(state, 'map', 12_001)).toEqual({ index: 4, attempt: 1 })
  })

  test('finds none while fewer tasks are done than are not', () => {
    const wide = planOf([plainFile('a.txt', 70)], { workers: 4 })
    const running = [3, 4, 5, 6].map((index) => started(index, 0))
    const state = [...begun.slice(0, 6), ...running].reduce(apply, initialState(wide))
    expect(findStraggler(state, 'map', 1e9)).toBeNull()
    const half = [...begun, ...running.slice(1)].reduce(apply, initialState(wide))
    expect(findStraggler(half, 'map', 1e9)).toMatchObject({ attempt: 1 })
  })

  test('finds none among fewer than three peers, and none that waits', () => {
    const few = planOf([plainFile('a.txt', 30)], { workers: 3 })
    const two = [...begun.slice(0, 4), started(2, 0)].reduce(apply, initialState(few))
    expect(findStraggler(two, 'map', 1e9)).toBeNull()
    expect(findStraggler(replay(begun), 'map', 1e9)).toBeNull()
  })

  test('measures no peer whose time is not known: what an earlier run kept says nothing', () => {
    const reused = [0, 1, 2, 3].map(
      (index): RunEvent => ({
        type: 'map-reused',
        at: 1000,
        task: taskId('map', index),
        run: 'before',
        report: mapReport([sourceOf(plan.splits[index]!)]),
      }),
    )
    expect(findStraggler(replay([...reused, started(4, 1000)]), 'map', 1e9)).toBeNull()
  })

  test('takes the middle one of the times of peers for usual', () => {
    const times = [1000, 30_000, 2000, 40_000]
    const peers = times.flatMap((ms, index) => [started(index, 0), committed(index, ms)])
    // The middle is the upper one of two: 30 s, so that 90 s are slow.
    const state = replay([...peers, started(4, 0)])
    expect(findStraggler(state, 'map', 90_000)).toBeNull()
    expect(findStraggler(state, 'map', 90_001)).toEqual({ index: 4, attempt: 1 })
  })

  test('gives a reduce task with more spilled bytes more time', () => {
    const spill = (partition: number, bytes: number) => ({
      ...{ partition, bytes, name: 's0.spill', atByte: 0, records: 1, crc32: 0 },
    })
    const reduces = { ...plan, partitions: 4 }
    const spills = [spill(0, 100), spill(1, 100), spill(2, 100), spill(3, 250), spill(3, 250)]
    // The map tasks wrote them by halves.
    const mapEvents = plan.splits.map((split, index): RunEvent => {
      const own = index < 2 ? spills : []
      const report = { ...mapReport([sourceOf(split)]), spills: own }
      return { type: 'map-committed', at: 0, task: taskId('map', index), attempt: 1, report }
    })
    const reduceOf = (index: number, at: number): RunEvent => ({
      ...{ type: 'attempt-started', at, task: taskId('reduce', index), attempt: 1, seat: 0 },
    })
    const done = [0, 1, 2].flatMap((index): RunEvent[] => [
      reduceOf(index, 0),
      {
        ...{ type: 'reduce-committed', at: 4000, task: taskId('reduce', index), attempt: 1 },
        report: reduceReport(),
      },
    ])
    const ended: RunEvent = { type: 'map-stage-ended', at: 0, accepted: [] }
    const state = [...mapEvents, ended, ...done, reduceOf(3, 0)].reduce(apply, initialState(reduces))
    // Five times the bytes in three times the time of its peers: 60 s.
    expect(findStraggler(state, 'reduce', 60_000)).toBeNull()
    expect(findStraggler(state, 'reduce', 60_001)).toEqual({ index: 3, attempt: 1 })
  })

  test('finds none when the clock was set back', () => {
    expect(findStraggler(replay(events), 'map', -1e9)).toBeNull()
  })
})

describe('decide', () => {
  test('begins a straggler beside its first attempt, where a seat is free and it may', () => {
    const state = replay(events)
    const second = { kind: 'start', task: 'map-00004', attempt: 2, beside: 1 }
    expect(decide(state, 1, 9000)).toMatchObject(second)
    expect(decide(state, 0, 9000)).toEqual({ kind: 'wait' })
    expect(decide(state, 1, null)).toEqual({ kind: 'wait' })
    expect(decide(state, 1, 2000)).toEqual({ kind: 'wait' })
    expect(decide(replay(events.slice(0, -1)), 1, 9000)).toMatchObject({ task: 'map-00005', attempt: 1 })
  })

  test('begins none while a task waits to be alone', () => {
    const hungry: RunEvent = {
      ...failed(5, 1),
      fault: { code: 'out-of-memory', message: 'It ran out of heap.' },
    } as RunEvent
    expect(decide(replay([...events, hungry]), 1, 9000)).toEqual({ kind: 'wait' })
  })
})
