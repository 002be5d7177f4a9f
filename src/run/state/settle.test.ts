import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport, sourceOf } from '../../../test/fixtures/plans.ts'
import type { ErrorCode } from '../../errors.ts'
import type { RunEvent } from '../journal/events.ts'
import { decide } from './decide.ts'
import { type EndedAttempt, lose, type Step, settle } from './settle.ts'
import { apply, initialState, type RunState } from './state.ts'

const plan = planOf([plainFile('a.txt', 20)], { workers: 2 })
const task = 'map-00000'

function started(attempt: number, beside?: number): RunEvent {
  return {
    type: 'attempt-started',
    at: 0,
    task,
    attempt,
    seat: 0,
    ...(beside === undefined ? {} : { beside }),
  }
}

const both = [started(1), started(2, 1)].reduce(apply, initialState(plan))

function done(attempt: number, crc32 = 7, damaged: readonly number[] = []): EndedAttempt {
  const spills = [{ partition: 0, name: 's0.spill', atByte: 0, records: 1, bytes: 9, crc32 }]
  const fault = { code: 'input-damaged', message: 'It ends early.' } as const
  const report = mapReport([sourceOf(plan.splits[0]!)], {
    spills,
    damaged: damaged.map((ordinal) => ({ ordinal, fault })),
  })
  const outcome = { kind: 'done', report: { kind: 'map', report } } as const
  return { task, attempt, outcome, at: 5, place: null, damagedTask: null }
}

function failed(attempt: number, code: ErrorCode, damagedTask: string | null = null): EndedAttempt {
  const outcome = { kind: 'failed', fault: { code, message: 'It went wrong.' } } as const
  return { task, attempt, outcome, at: 5, place: null, damagedTask }
}

function recorded(state: RunState, steps: readonly Step[]): RunState {
  return steps.reduce((before, step) => (step.kind === 'record' ? apply(before, step.event) : before), state)
}

/** What is done, and of events their type. */
function kinds(steps: readonly Step[]): string[] {
  return steps.map((step) => (step.kind === 'record' ? step.event.type : step.kind))
}

describe('settle', () => {
  test('commits the first of two attempts that ends well, and ends the other', () => {
    const steps = settle(both, done(2))
    expect(kinds(steps)).toEqual(['commit', 'map-committed', 'keep', 'end'])
    expect(steps.at(-1)).toEqual({ kind: 'end', attemptId: 'map-00000.1' })
    const state = recorded(both, steps)
    expect(state.map.at(0)).toMatchObject({ kind: 'done', attempt: 2, tookMs: 5 })
    for (const late of [failed(1, 'killed'), failed(1, 'job-threw'), done(1), done(1, 7, [0])]) {
      const heard = settle(state, late)
      expect(kinds(heard)).toEqual(['discard', 'attempt-superseded'])
      expect(recorded(state, heard)).toEqual(state)
    }
  })

  test('opens the task again and has the run fail when both end well and differ', () => {
    const state = recorded(both, settle(both, done(2)))
    const steps = settle(state, done(1, 8))
    expect(kinds(steps)).toEqual(['discard', 'attempt-failed'])
    expect(steps[1]).toMatchObject({ event: { charged: true, fault: { code: 'not-deterministic' } } })
    const doubted = recorded(state, steps)
    expect(doubted).toMatchObject({ phase: 'map', mapStageEnded: false })
    expect(decide(doubted, 2)).toMatchObject({ kind: 'fail', fault: { code: 'not-deterministic' } })
    // Nor does a resumed run believe the one or the other.
    const badRecords = { kind: 'count', count: 0 } as const
    const resumed = apply(doubted, { type: 'resumed', at: 6, accept: [], badRecords })
    const again = apply(resumed, started(3))
    const differing = settle(again, done(3, 8))
    expect(kinds(differing)).toEqual(['discard', 'attempt-failed'])
    expect(differing[1]).toMatchObject({ event: { charged: true } })
    expect(kinds(settle(again, done(3, 7)))).toEqual(['commit', 'map-committed', 'keep'])
  })

  test('holds nothing against a task while another attempt is at work, unless trying again is of no use', () => {
    const one = recorded(both, settle(both, failed(1, 'out-of-memory')))
    expect(one.map.at(0)).toMatchObject({
      kind: 'running',
      charged: 0,
      lastFault: null,
      running: [{ attempt: 2 }],
    })
    const none = recorded(one, settle(one, failed(2, 'out-of-memory')))
    expect(none.map.at(0)).toMatchObject({
      kind: 'waiting',
      charged: 1,
      lastFault: { code: 'out-of-memory' },
    })
    const threw = recorded(both, settle(both, failed(1, 'job-threw')))
    expect(decide(threw, 1)).toMatchObject({ kind: 'fail', fault: { code: 'job-threw' } })
  })

  test('ends the other attempt when one finds its input damaged', () => {
    const steps = settle(both, done(1, 7, [0]))
    expect(kinds(steps)).toEqual(['discard', 'inputs-damaged', 'end'])
    const state = recorded(both, steps)
    expect(state.map.at(0)).toMatchObject({ kind: 'waiting', running: [] })
    expect(kinds(settle(state, done(2)))).toEqual(['discard', 'attempt-superseded'])
  })

  test('opens a task again once, whose damaged files several attempts met', () => {
    const state = [
      { type: 'map-committed', at: 0, task: 'map-00001', attempt: 1, report: mapReport([]) } as const,
      started(1),
      started(2, 1),
    ].reduce(apply, initialState(plan))
    const first = settle(state, failed(1, 'file-damaged', 'map-00001'))
    expect(kinds(first)).toEqual(['discard', 'attempt-failed', 'forget', 'output-lost'])
    const second = settle(recorded(state, first), failed(2, 'file-damaged', 'map-00001'))
    expect(kinds(second)).toEqual(['discard', 'attempt-failed'])
  })

  test('opens a task again whose map emitted too late, and ends the run for the attempt that found it', () => {
    const state = [
      { type: 'map-committed', at: 0, task: 'map-00001', attempt: 1, report: mapReport([]) } as const,
      started(1),
    ].reduce(apply, initialState(plan))
    const fault = { code: 'job-threw', message: 'Too late.', lateFrom: 'map-00001.1' } as const
    const outcome = { kind: 'failed', fault } as const
    const steps = settle(state, { ...failed(1, 'job-threw', 'map-00001'), outcome })
    expect(kinds(steps)).toEqual(['discard', 'attempt-failed', 'forget', 'output-lost'])
    expect(decide(recorded(state, steps), 1)).toMatchObject({ kind: 'fail', fault })
  })

  test('commits a reduce task, and keeps nothing of it for later runs', () => {
    const reduce = 'reduce-00000'
    const state = [
      ...['map-00000', 'map-00001'].map(
        (id): RunEvent => ({ type: 'map-committed', at: 0, task: id, attempt: 1, report: mapReport([]) }),
      ),
      { type: 'map-stage-ended', at: 0, accepted: [] } as const,
      { type: 'attempt-started', at: 0, task: reduce, attempt: 1, seat: 0 } as const,
    ].reduce(apply, initialState(plan))
    const report = reduceReport(3)
    const ended = { task: reduce, attempt: 1, at: 5, place: null, damagedTask: null } as const
    const steps = settle(state, {
      ...ended,
      outcome: { kind: 'done', report: { kind: 'reduce', report }, workMs: 12 },
    })
    expect(steps).toEqual([
      { kind: 'commit', attemptId: 'reduce-00000.1', task: reduce },
      {
        kind: 'record',
        event: { type: 'reduce-committed', at: 5, task: reduce, attempt: 1, report, workMs: 12 },
      },
    ])
    const silent = settle(state, { ...ended, outcome: { kind: 'done', report: { kind: 'reduce', report } } })
    expect(silent[1]).toStrictEqual({
      kind: 'record',
      event: { type: 'reduce-committed', at: 5, task: reduce, attempt: 1, report },
    })
  })

  test('notes the record its worker died at, where that is known, and charges the attempt', () => {
    const place = { ordinal: 0, byte: 3 }
    const fault = { code: 'worker-died', message: 'It went wrong.' } as const
    const event = { type: 'attempt-failed', at: 5, task, attempt: 1, fault, charged: true }
    expect(settle(both, { ...failed(1, 'worker-died'), place })).toEqual([
      { kind: 'discard', attemptId: 'map-00000.1' },
      { kind: 'record', event: { ...event, place } },
    ])
    expect(settle(both, failed(1, 'worker-died'))[1]).toEqual({ kind: 'record', event })
  })

  test('does not charge an attempt that met the damage of another task', () => {
    const [, heard] = settle(both, failed(1, 'file-damaged', 'map-00001'))
    expect(heard).toMatchObject({ kind: 'record', event: { type: 'attempt-failed', charged: false } })
  })

  test('fails a task that finds its input damaged when what it wrote before was lost: that cannot be done again', () => {
    const lost = recorded(
      recorded(both, settle(both, done(2))),
      lose(task, { code: 'io', message: 'Gone.' }, 6),
    )
    const again = apply(lost, started(3))
    const steps = settle(again, done(3, 7, [0]))
    expect(kinds(steps)).toEqual(['discard', 'attempt-failed'])
    expect(decide(recorded(again, steps), 2)).toMatchObject({
      kind: 'fail',
      fault: {
        code: 'input-damaged',
        message:
          'What task map-00000 (a.txt, bytes 0 to 10) wrote was lost, and it cannot be done again: It ends early.',
        wayOut: expect.stringContaining('--accept'),
      },
    })
  })
})

describe('lose', () => {
  const fault = { code: 'file-damaged', message: 'It is damaged.' } as const

  test('forgets what was kept of a map task, and opens it again', () => {
    expect(lose('map-00001', fault, 5)).toEqual([
      { kind: 'forget', task: 'map-00001' },
      { kind: 'record', event: { type: 'output-lost', at: 5, task: 'map-00001', fault } },
    ])
  })

  test('opens a reduce task again, of which nothing is kept', () => {
    expect(lose('reduce-00001', fault, 5)).toEqual([
      { kind: 'record', event: { type: 'output-lost', at: 5, task: 'reduce-00001', fault } },
    ])
  })
})
