import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { playRun } from '../../../test/fixtures/histories.ts'
import { mapReport, plainFile, planOf, reduceReport, sourceOf } from '../../../test/fixtures/plans.ts'
import type { ErrorCode } from '../../errors.ts'
import type { RunEvent } from '../journal/events.ts'
import { decide, mayBlameRecord } from './decide.ts'
import { apply, initialState, type RunState } from './state.ts'
import { TaskList } from './task-list.ts'

const plan = planOf([plainFile('a.txt', 30)], { partitions: 2, attemptsMax: 3 })
const at = 0
const ordinary = { careful: false, alone: false }

function replay(...events: readonly RunEvent[]): RunState {
  return events.reduce((state, event) => apply(state, event), initialState(plan))
}

const started = (task: string, attempt = 1): RunEvent => ({
  type: 'attempt-started',
  at,
  task,
  attempt,
  seat: 0,
})
const failed = (task: string, attempt: number, code: ErrorCode): RunEvent => ({
  type: 'attempt-failed',
  at,
  task,
  attempt,
  fault: { code, message: 'It went wrong.', wayOut: 'Mend it.' },
  charged: true,
})
const mapped = plan.splits.map(
  (split, index): RunEvent => ({
    type: 'map-committed',
    at,
    task: `map-0000${index}`,
    attempt: 1,
    report: mapReport([sourceOf(split)]),
  }),
)
/** The same state of which no part is the same object. A clone of a list would have lost its class. */
function copyOf(state: RunState): RunState {
  return {
    ...structuredClone(state),
    map: TaskList.of(structuredClone(state.map.toArray())),
    reduce: TaskList.of(structuredClone(state.reduce.toArray())),
  }
}

const mapStageEnded: RunEvent = { type: 'map-stage-ended', at, accepted: [] }
const reduced = [0, 1].map(
  (index): RunEvent => ({
    type: 'reduce-committed',
    at,
    task: `reduce-0000${index}`,
    attempt: 1,
    report: reduceReport(),
  }),
)

describe('decide', () => {
  test('begins tasks in their order, as long as a seat is free', () => {
    const first = { kind: 'start', stage: 'map', index: 0, task: 'map-00000', attempt: 1, care: ordinary }
    expect(decide(replay(), 1)).toEqual(first)
    expect(decide(replay(started('map-00000')), 1)).toEqual({ ...first, index: 1, task: 'map-00001' })
    expect(decide(replay(started('map-00000')), 0)).toEqual({ kind: 'wait' })
  })

  test('waits while the last tasks run, with seats free or not', () => {
    const state = replay(mapped[0]!, mapped[1]!, started('map-00002'))
    expect(decide(state, 0)).toEqual({ kind: 'wait' })
    expect(decide(state, 5)).toEqual({ kind: 'wait' })
  })

  test('has the map stage judged when all of it is done, whatever the seats', () => {
    expect(decide(replay(...mapped), 0)).toEqual({ kind: 'judge-map-stage' })
  })

  test('begins no reduce task before the map stage has ended, then all of them, then rests', () => {
    expect(decide(replay(...mapped, mapStageEnded), 2)).toMatchObject({ kind: 'start', task: 'reduce-00000' })
    expect(decide(replay(...mapped, mapStageEnded, ...reduced), 2)).toEqual({ kind: 'rest' })
  })

  test('begins again what failed on a worker, with the next number', () => {
    const state = replay(started('map-00000'), failed('map-00000', 1, 'worker-died'))
    expect(decide(state, 1)).toMatchObject({ kind: 'start', task: 'map-00000', attempt: 2 })
  })

  test('fails after as many attempts as the plan allows, and says how many they were', () => {
    const events = [1, 2, 3].flatMap((attempt) => [
      started('map-00001', attempt),
      failed('map-00001', attempt, 'worker-died'),
    ])
    expect(decide(replay(...events.slice(0, 4)), 1)).toMatchObject({ kind: 'start', task: 'map-00000' })
    expect(decide(replay(...events), 1)).toEqual({
      kind: 'fail',
      fault: {
        code: 'worker-died',
        message: 'Task map-00001 (a.txt, bytes 10 to 20) failed 3 times, the last time so: It went wrong.',
        wayOut: 'Mend it.',
      },
    })
  })

  test('fails at once for what no other attempt can mend, even while other tasks run', () => {
    const state = replay(started('map-00000'), started('map-00002'), failed('map-00002', 1, 'job-threw'))
    expect(decide(state, 0)).toEqual({
      kind: 'fail',
      fault: { code: 'job-threw', message: 'It went wrong.', wayOut: 'Mend it.' },
    })
  })

  test('runs a task with care after its worker died, and with none after anything else', () => {
    const next = (code: ErrorCode) => decide(replay(started('map-00000'), failed('map-00000', 1, code)), 2)
    for (const code of ['worker-died', 'job-exited', 'no-progress'] as const)
      expect(next(code)).toMatchObject({ index: 0, attempt: 2, care: { careful: true, alone: false } })
    for (const code of ['io', 'protocol-broken', 'limit-reached', 'file-damaged'] as const)
      expect(next(code)).toMatchObject({ index: 0, attempt: 2, care: ordinary })
  })

  test('runs one that was killed from outside with care too, although its record is not to blame', () => {
    const state = replay(started('map-00000'), failed('map-00000', 1, 'killed'))
    expect(decide(state, 2)).toMatchObject({ index: 0, care: { careful: true, alone: false } })
    expect(mayBlameRecord('killed')).toBe(false)
  })

  test('goes on with care in a resumed run that passes over a record', () => {
    const place = { ordinal: 0, byte: 4 }
    const dies = [1, 2].flatMap((attempt): RunEvent[] => [
      started('map-00000', attempt),
      { ...failed('map-00000', attempt, 'job-exited'), place } as RunEvent,
    ])
    const resumed: RunEvent = { type: 'resumed', at, accept: [], badRecords: { kind: 'count', count: 9 } }
    expect(decide(replay(...dies, resumed), 2)).toMatchObject({ attempt: 3, care: { careful: true } })
    expect(decide(replay(...dies.slice(0, 2), resumed), 2)).toMatchObject({ attempt: 2, care: ordinary })
  })

  test.each<ErrorCode>(['out-of-memory', 'memory-limit'])(
    'gives a task that died of %s the machine to itself, once all seats are free',
    (code) => {
      const state = replay(started('map-00000'), failed('map-00000', 1, code), mapped[1]!, mapped[2]!)
      const alone = { index: 0, attempt: 2, care: { careful: true, alone: true } }
      expect(decide(state, 2)).toMatchObject(alone)
      // An attempt that was told to end still has the other one.
      expect(decide(state, 1)).toEqual({ kind: 'wait' })
    },
  )

  test('has a map task that is to be alone wait for reduce tasks that are still at work', () => {
    const lost: RunEvent = {
      type: 'output-lost',
      at,
      task: 'map-00001',
      fault: { code: 'file-damaged', message: 'A block is damaged.' },
    }
    const hungry = [started('map-00001', 2), failed('map-00001', 2, 'memory-limit')]
    const before = [...mapped, mapStageEnded, started('reduce-00000'), lost, ...hungry]
    expect(decide(replay(...before), 2)).toEqual({ kind: 'wait' })
    expect(decide(replay(...before, reduced[0]!), 2)).toMatchObject({ task: 'map-00001', attempt: 3 })
  })

  test('begins no other attempt while one that is to be alone is at work, be another task waiting', () => {
    const hungry = [started('map-00000'), failed('map-00000', 1, 'out-of-memory')]
    const state = replay(...hungry, mapped[1]!, mapped[2]!, started('map-00000', 2))
    const damaged: RunEvent = {
      type: 'output-lost',
      at,
      task: 'map-00002',
      fault: { code: 'file-damaged', message: 'A block is damaged.' },
    }
    expect(decide(apply(state, damaged), 2)).toEqual({ kind: 'wait' })
  })

  test('says of the only attempt that a run has just what went wrong, and charges nothing that was not its fault', () => {
    const once = { ...plan, attemptsMax: 1 }
    const play = (...events: RunEvent[]): RunState => events.reduce(apply, initialState(once))
    const died = failed('map-00000', 1, 'worker-died')
    expect(decide(play(started('map-00000'), died), 2)).toEqual({
      kind: 'fail',
      fault: {
        code: 'worker-died',
        message: 'Task map-00000 (a.txt, bytes 0 to 10) failed: It went wrong.',
        wayOut: 'Mend it.',
      },
    })
    const innocent = { ...died, charged: false } as RunEvent
    expect(decide(play(started('map-00000'), innocent), 2)).toMatchObject({ kind: 'start', attempt: 2 })
    const hopeless = { ...failed('map-00000', 1, 'job-threw'), charged: false } as RunEvent
    expect(decide(play(started('map-00000'), hopeless), 2)).toMatchObject({ kind: 'start', attempt: 2 })
  })

  test('runs a task that ran out of memory at the end of its stage, when nothing else runs, and nothing beside it', () => {
    const hungry = [started('map-00000'), failed('map-00000', 1, 'out-of-memory')]
    expect(decide(replay(...hungry), 2)).toMatchObject({ index: 1, care: ordinary })
    expect(decide(replay(...hungry, started('map-00001'), mapped[2]!), 2)).toEqual({ kind: 'wait' })
    const rest = [mapped[1]!, mapped[2]!]
    expect(decide(replay(...hungry, ...rest), 2)).toMatchObject({
      index: 0,
      attempt: 2,
      care: { careful: true, alone: true },
    })
    const alone = replay(...hungry, started('map-00001'), mapped[2]!, started('map-00000', 2))
    expect(decide(alone, 2)).toEqual({ kind: 'wait' })
    const died = replay(...hungry, mapped[2]!, started('map-00000', 2), started('map-00001'))
    expect(decide(apply(died, failed('map-00001', 1, 'io')), 2)).toEqual({ kind: 'wait' })
  })

  test('passes over a record at which a worker died twice, forgives the task, and gives up at the sixth', () => {
    const dies = (attempt: number, byte: number): RunEvent[] => [
      started('map-00000', attempt),
      { ...failed('map-00000', attempt, 'job-exited'), place: { ordinal: 0, byte } } as RunEvent,
    ]
    const once = replay(...dies(1, 4))
    expect(once.map.at(0)?.trouble).toMatchObject({ suspect: { ordinal: 0, byte: 4 }, skip: [] })
    const twice = replay(...dies(1, 4), ...dies(2, 4))
    expect(twice.map.at(0)).toMatchObject({
      charged: 0,
      trouble: {
        suspect: null,
        skip: [{ ordinal: 0, byte: 4, reason: 'its worker ended twice at this record: It went wrong.' }],
      },
    })
    expect(decide(twice, 1)).toMatchObject({ kind: 'start', attempt: 3, care: { careful: true } })
    const elsewhere = replay(...dies(1, 4), ...dies(2, 9))
    expect(elsewhere.map.at(0)).toMatchObject({ charged: 2, trouble: { suspect: { byte: 9 }, skip: [] } })
    const many = [0, 1, 2, 3, 4, 5].flatMap((byte) => [
      ...dies(2 * byte + 1, byte),
      ...dies(2 * byte + 2, byte),
    ])
    expect(decide(replay(...many.slice(0, -4)), 1)).toMatchObject({ kind: 'start' })
    expect(decide(replay(...many), 1)).toMatchObject({
      kind: 'fail',
      fault: {
        code: 'job-exited',
        message:
          'Task map-00000 (a.txt, bytes 0 to 10) ended its worker at 6 records, the last time so: It went wrong.',
        wayOut: 'Mend it.',
      },
    })
  })

  test('does a map task again whose output was lost, judges again, keeps what was reduced, and gives up on a bad disk', () => {
    const lost: RunEvent = {
      type: 'output-lost',
      at,
      task: 'map-00001',
      fault: { code: 'file-damaged', message: 'A block is damaged.' },
    }
    const before = replay(...mapped, mapStageEnded, reduced[0]!)
    const state = apply(before, lost)
    expect(state).toMatchObject({ phase: 'map', mapStageEnded: false })
    expect(decide(state, 2)).toMatchObject({ kind: 'start', task: 'map-00001', attempt: 2, care: ordinary })
    const again = replay(...mapped, mapStageEnded, reduced[0]!, lost, {
      ...mapped[1]!,
      attempt: 2,
    } as RunEvent)
    expect(decide(again, 2)).toEqual({ kind: 'judge-map-stage' })
    expect(decide(apply(again, mapStageEnded), 2)).toMatchObject({ kind: 'start', task: 'reduce-00001' })
    const losing = [2, 3, 4, 5].flatMap((attempt) => [lost, { ...mapped[1]!, attempt } as RunEvent])
    expect(decide(replay(...mapped, mapStageEnded, ...losing.slice(0, 4), lost), 2)).toMatchObject({
      kind: 'start',
      attempt: 4,
    })
    expect(decide(replay(...mapped, mapStageEnded, ...losing, lost), 2)).toMatchObject({
      kind: 'fail',
      fault: {
        code: 'io',
        message: 'What task map-00001 (a.txt, bytes 10 to 20) wrote was lost 5 times.',
        wayOut: 'Check the disk.',
      },
    })
  })

  test('begins a task again that found damage, as often as it finds some', () => {
    const fault = { code: 'input-damaged', message: 'a.txt ends early.' } as const
    const events = [1, 2, 3, 4].flatMap((attempt): RunEvent[] => [
      started('map-00000', attempt),
      { type: 'inputs-damaged', at, task: 'map-00000', attempt, splits: [{ ordinal: 0, fault }] },
    ])
    expect(decide(replay(...events), 1)).toMatchObject({ kind: 'start', task: 'map-00000', attempt: 5 })
  })

  test.each<[string, RunEvent]>([
    ['refused', { type: 'refused', at, shortfalls: [] }],
    ['failed', { type: 'failed', at, fault: { code: 'io', message: 'No.' } }],
    ['interrupted', { type: 'interrupted', at }],
    [
      'complete',
      {
        type: 'result-committed',
        at,
        result: { directory: '/r', digest: '', tables: [], manifestSha256: '' },
      },
    ],
  ])('rests when the run is %s', (phase, event) => {
    expect(replay(event).phase).toBe(phase)
    expect(decide(replay(event), 3)).toEqual({ kind: 'rest' })
  })

  const anyHistory = fc
    .record({
      choices: fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 120 }),
      workers: fc.integer({ min: 1, max: 4 }),
      attemptsMax: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ choices, workers, attemptsMax }) => {
      const plan = planOf([plainFile('a.txt', 65)], { workers, attemptsMax, partitions: 3 })
      return { plan, history: playRun(plan, choices) }
    })

  test('never has more attempts at work than there are seats, nor one task twice', () => {
    fc.assert(
      fc.property(anyHistory, ({ plan, history }) => {
        for (const { running } of history.steps) {
          expect(running.length).toBeLessThanOrEqual(plan.workers)
          expect(new Set(running.map(({ task }) => task)).size).toBe(running.length)
        }
      }),
    )
  })

  test('charges no task more than its attempts, and fails no run whose tasks had some left', () => {
    fc.assert(
      fc.property(anyHistory, ({ plan, history }) => {
        for (const { event, before } of history.steps) {
          const tasks = [...before.map, ...before.reduce].flatMap((task) =>
            task.kind === 'done' ? [] : [task],
          )
          for (const { charged } of tasks) expect(charged).toBeLessThanOrEqual(plan.attemptsMax)
          if (event.type !== 'failed') continue
          const isLost = tasks.some(
            ({ charged, lastFault, trouble }) =>
              charged === plan.attemptsMax || lastFault?.code === 'job-threw' || (trouble?.losses ?? 0) > 3,
          )
          expect(isLost).toBe(true)
        }
      }),
    )
  })

  test('says the same of the same state', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat({ max: 4 }), ({ history }, seats) => {
        for (const { after } of history.steps)
          expect(decide(copyOf(after), seats)).toEqual(decide(after, seats))
      }),
      { numRuns: 30 },
    )
  })
})

describe('mayBlameRecord', () => {
  test.each<[ErrorCode, boolean]>([
    ['worker-died', true],
    ['job-exited', true],
    ['out-of-memory', true],
    ['memory-limit', true],
    ['process-limit', true],
    ['no-progress', true],
    ['killed', false],
    ['io', false],
    ['file-damaged', false],
    ['job-threw', false],
  ])('of %s is %s', (code, may) => {
    expect(mayBlameRecord(code)).toBe(may)
  })
})

test('the random histories end in every way there is, and lose what was written', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed < 200; seed += 1) {
    const choices = Array.from({ length: 100 }, (_, index) => (seed * 7919 + index * index * 104_729) % 997)
    const { state, events } = playRun(planOf([plainFile('a.txt', 65)], { partitions: 2 }), choices)
    seen.add(state.phase)
    for (const { type } of events) seen.add(type)
  }
  for (const what of [
    'complete',
    'failed',
    'refused',
    'output-lost',
    'inputs-damaged',
    'interrupted',
    'resumed',
  ])
    expect([...seen]).toContain(what)
})
