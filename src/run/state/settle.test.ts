import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, sourceOf } from '../../../test/fixtures/plans.ts'
import type { ErrorCode } from '../../errors.ts'
import type { RunEvent } from '../journal/events.ts'
import { decide } from './decide.ts'
import { type EndedAttempt, type Step, settle } from './settle.ts'
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
    expect(steps.at(-1)).toEqual({ kind: 'end', attempt: 'map-00000.1' })
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
    const doubted = recorded(state, steps)
    expect(doubted).toMatchObject({ phase: 'map', mapStageEnded: false })
    expect(decide(doubted, 2)).toMatchObject({ kind: 'fail', fault: { code: 'not-deterministic' } })
    // Nor does a resumed run believe the one or the other.
    const badRecords = { kind: 'count', count: 0 } as const
    const resumed = apply(doubted, { type: 'resumed', at: 6, accept: [], badRecords })
    const again = apply(resumed, started(3))
    expect(kinds(settle(again, done(3, 8)))).toEqual(['discard', 'attempt-failed'])
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
})
