import { describe, expect, test } from 'vitest'
import {
  discoveryOf,
  mapReport,
  plainFile,
  planOf,
  ran,
  reduceReport,
  sourceOf,
  zipFile,
} from '../../../test/fixtures/plans.ts'
import type { Fault } from '../../errors.ts'
import type { RunEvent } from '../journal/events.ts'
import type { Plan } from '../plan/plan.ts'
import { apply, initialState } from '../state/state.ts'
import { explainTasks, namesReadBy, sayMiss } from './explain.ts'

const at = 0
const fault: Fault = { code: 'job-threw', message: 'It went wrong.' }
/** Two tasks of ten bytes, and one partition. */
const plan = planOf([plainFile('a.txt', 20)])
const [first, reduce] = ['map-00000', 'reduce-00000']

function started(task: string, attempt = 1, beside?: number): RunEvent {
  return { type: 'attempt-started', at, task, attempt, seat: 0, ...(beside === undefined ? {} : { beside }) }
}
function failed(task: string, attempt: number, message = 'It went wrong.'): RunEvent {
  return { type: 'attempt-failed', at, task, attempt, fault: { ...fault, message }, charged: false }
}
function committed(task: string, attempt = 1): RunEvent {
  const split = plan.splits[task === first ? 0 : 1]!
  return { type: 'map-committed', at, task, attempt, report: mapReport([sourceOf(split)]) }
}
const resumed: RunEvent = { type: 'resumed', at, accept: [], badRecords: { kind: 'count', count: 0 } }
const interrupted: RunEvent = { type: 'interrupted', at }

function explained(events: readonly RunEvent[], of: Plan = plan) {
  return explainTasks(events.reduce(apply, initialState(of)), events)
}

/** What is told of the first map task. */
const firstOf = (...events: readonly RunEvent[]) => explained(events)[0]

describe('explainTasks', () => {
  test('tells of every task what it reads, and that its turn has not come', () => {
    const waiting = { what: 'waiting', attempts: 0, why: 'its turn has not come', troubles: [] }
    expect(explained([])).toEqual([
      { task: first, stage: 'map', reads: 'a.txt, bytes 0 to 10', ...waiting },
      { task: 'map-00001', stage: 'map', reads: 'a.txt, bytes 10 to 20', ...waiting },
      { task: reduce, stage: 'reduce', reads: 'partition 0', ...waiting },
    ])
  })

  test('tells that the run ended before the turn of a task came', () => {
    expect(firstOf(interrupted)).toMatchObject({ what: 'waiting', why: 'the run ended before its turn came' })
  })

  test('names the first and the last of what a task reads', () => {
    const zip = planOf([zipFile('b.zip', ['m', 'n', 'o'])], {
      tasks: [
        { firstSplit: 0, endSplit: 2, reuse: ran },
        { firstSplit: 2, endSplit: 3, reuse: ran },
        { firstSplit: 3, endSplit: 3, reuse: ran },
      ],
    })
    expect(explained([], zip).map(({ reads }) => reads)).toEqual([
      'b.zip!m to b.zip!n',
      'b.zip!o',
      'nothing',
      'partition 0',
    ])
  })

  test('tells why a task ran, and that reduce tasks always do', () => {
    const reduced: RunEvent = {
      type: 'reduce-committed',
      at,
      task: reduce,
      attempt: 1,
      report: reduceReport(),
    }
    const mapped = [first, 'map-00001'].flatMap((task) => [started(task), committed(task)])
    const ended: RunEvent = { type: 'map-stage-ended', at, accepted: [] }
    const tasks = explained([...mapped, ended, started(reduce), reduced])
    expect(tasks[0]).toMatchObject({
      what: 'ran',
      attempts: 1,
      why: 'nothing was kept of it before',
      troubles: [],
    })
    expect(tasks[2]).toMatchObject({ what: 'ran', attempts: 1, why: 'reduce tasks are always done' })
  })

  test('tells why a task that is at work runs', () => {
    expect(firstOf(started(first))).toMatchObject({
      what: 'running',
      attempts: 1,
      why: 'nothing was kept of it before',
    })
    const one = explained([started(first), committed(first), started(reduce)]).find(
      ({ task }) => task === reduce,
    )
    expect(one).toMatchObject({ what: 'running', attempts: 1, why: '', troubles: [] })
  })

  test('tells which run kept what took the place of a task', () => {
    const [split] = plan.splits
    const kept = { kind: 'kept', key: 'k', run: 'before' } as const
    const reused: RunEvent = {
      type: 'map-reused',
      at,
      task: first,
      run: 'before',
      report: mapReport([sourceOf(split!)]),
    }
    const reusing = { ...plan, tasks: [{ firstSplit: 0, endSplit: 1, reuse: kept }] }
    expect(explained([reused], reusing)[0]).toMatchObject({
      what: 'reused',
      why: 'kept by run before',
      troubles: [],
    })
    // It was lost, and done here.
    const lost: RunEvent = { type: 'output-lost', at, task: first, fault }
    expect(explained([reused, lost, started(first), committed(first)], reusing)[0]).toMatchObject({
      what: 'ran-again',
      why: 'what it wrote was lost: It went wrong.',
    })
  })

  test('tells what became of each attempt', () => {
    expect(firstOf(started(first), failed(first, 1), started(first, 2), committed(first, 2))).toMatchObject({
      what: 'ran-again',
      attempts: 2,
      why: 'attempt 1: It went wrong.',
    })
    expect(firstOf(started(first), failed(first, 1))).toMatchObject({
      what: 'waiting',
      why: 'attempt 1: It went wrong.',
    })
    expect(firstOf(started(first), failed(first, 1), started(first, 2))).toMatchObject({
      what: 'running',
      why: 'attempt 1: It went wrong.',
    })
  })

  test('tells all that a task met, also where it is at work, or has yet to be', () => {
    const met = [started(first), failed(first, 1), started(first, 2), failed(first, 2, 'It was killed.')]
    const why = 'attempt 1: It went wrong.; attempt 2: It was killed.'
    expect(firstOf(...met)).toMatchObject({ what: 'waiting', why })
    expect(firstOf(...met, started(first, 3))).toMatchObject({ what: 'running', why })
    expect(firstOf(...met, started(first, 3), committed(first, 3))).toMatchObject({ what: 'ran-again', why })
  })

  test('tells of a reduce task that its turn has not come, also once they have begun', () => {
    const mapped = [first, 'map-00001'].flatMap((task) => [started(task), committed(task)])
    const ended: RunEvent = { type: 'map-stage-ended', at, accepted: [] }
    expect(explained([...mapped, ended])[2]).toMatchObject({ what: 'waiting', why: 'its turn has not come' })
  })

  test('tells of neighbouring attempts that came to nothing for one reason as one', () => {
    const events = [1, 2, 3].flatMap((attempt) => [started(first, attempt), failed(first, attempt)])
    const other = [started(first, 4), failed(first, 4, 'It was killed.')]
    const again = [started(first, 5), failed(first, 5)]
    const last = [started(first, 6), committed(first, 6)]
    const { troubles, why } = firstOf(...events, ...other, ...again, ...last)!
    expect(troubles).toEqual([
      'attempts 1 to 3: It went wrong.',
      'attempt 4: It was killed.',
      'attempt 5: It went wrong.',
    ])
    expect(why).toBe(troubles.join('; '))
  })

  test('tells of an attempt that was begun beside a slow one, and of the one that was not first', () => {
    const superseded: RunEvent = { type: 'attempt-superseded', at, task: first, attempt: 1 }
    expect(firstOf(started(first), started(first, 2, 1), committed(first, 2), superseded)?.troubles).toEqual([
      'attempt 1 was slow, so attempt 2 was begun beside it',
      'attempt 1: another one was first',
    ])
  })

  test('tells what the damage was', () => {
    const damaged = (splits: readonly { ordinal: number; fault: Fault }[]): RunEvent[] => [
      started(first),
      { type: 'inputs-damaged', at, task: first, attempt: 1, splits },
    ]
    expect(firstOf(...damaged([{ ordinal: 0, fault }]))?.troubles).toEqual(['attempt 1: It went wrong.'])
    expect(firstOf(...damaged([]))?.troubles).toEqual(['attempt 1: an input is damaged'])
  })

  test('tells that a run ended in the middle of attempts, which have no event for that', () => {
    const both = [started(first), started(first, 2, 1)]
    expect(firstOf(...both, interrupted, resumed)?.troubles).toEqual([
      'attempt 1 was slow, so attempt 2 was begun beside it',
      'attempts 1 to 2: the run ended in the middle of it',
    ])
    // Only of those that had not ended, and once.
    expect(firstOf(started(first), failed(first, 1), resumed)?.troubles).toEqual([
      'attempt 1: It went wrong.',
    ])
    expect(firstOf(...both, failed(first, 1), resumed)?.troubles.slice(1)).toEqual([
      'attempt 1: It went wrong.',
      'attempt 2: the run ended in the middle of it',
    ])
    expect(firstOf(started(first), committed(first), resumed)?.troubles).toEqual([])
    expect(firstOf(started(first), resumed, resumed)?.troubles).toHaveLength(1)
    const damaged: RunEvent = { type: 'inputs-damaged', at, task: first, attempt: 1, splits: [] }
    expect(firstOf(started(first), damaged, resumed)?.troubles).toHaveLength(1)
  })

  test('tells of an attempt that was ended for another part of its file that it was not first, and of no end in the middle', () => {
    const middle = { byte: 10, dataByte: 100, members: 1 }
    const parts = [
      { start: null, end: middle },
      { start: middle, end: null },
    ]
    const inParts: Plan = {
      ...plan,
      splits: plan.splits.map(({ ordinal, path, identity }, index) => {
        return { kind: 'gzip', ordinal, path, identity, part: parts[index]! }
      }),
    }
    const superseded: RunEvent = { type: 'attempt-superseded', at, task: first, attempt: 1 }
    const damaged: RunEvent = {
      type: 'inputs-damaged',
      at,
      task: 'map-00001',
      attempt: 1,
      splits: [{ ordinal: 1, fault }],
    }
    const events = [started(first), started('map-00001'), damaged, superseded, interrupted, resumed]
    expect(explained(events, inParts)[0]).toMatchObject({
      what: 'waiting',
      troubles: ['attempt 1: another one was first'],
    })
  })

  test('tells nothing of a task because of what happens to the run', () => {
    const events: RunEvent[] = [
      { type: 'planned', at, tasks: 2, partitions: 1, inputBytes: 20 },
      { type: 'spark-started', at, application: 'a', spark: '4' },
      { type: 'executor-came', at, executor: '1', host: 'h', cores: 1 },
      { type: 'shuffled', at, writtenBytes: 1, readBytes: 1 },
      { type: 'executor-lost', at, executor: '1', reason: 'gone' },
    ]
    expect(explained(events)).toEqual(explained([]))
  })
})

test('every reason why nothing that was kept is used is a clause of its own', () => {
  const reasons = ['new', 'code-changed', 'tallyman-changed', 'params-changed', 'input-changed'] as const
  const others = [
    'surroundings-changed',
    'side-file-changed',
    'seen-from-elsewhere',
    'partitions-changed',
    'on-spark',
    'cleaned',
    'not-wanted',
  ] as const
  expect([...reasons, ...others].map(sayMiss)).toEqual([
    'nothing was kept of it before',
    'the code of the job changed',
    'another version of tallyman kept it',
    'the parameters changed',
    'the input was written to or replaced',
    'it was kept under another time zone or language',
    'a file that the job reads itself was written to or replaced',
    'it was kept in another folder, or in containers or outside of them, where files that the job reads may be others',
    'the run has another number of partitions',
    'tasks on Spark use nothing that was kept',
    'what was kept of it is not there any more',
    'the run was told not to use what was kept',
  ])
})

test('the names that a map task reads are of files and members; a reduce task reads none', () => {
  const files = [plainFile('a', 5), zipFile('b.zip', ['m', 'n'])]
  const packed = planOf(files, {
    discovery: discoveryOf(files),
    tasks: [
      { firstSplit: 0, endSplit: 1, reuse: ran },
      { firstSplit: 1, endSplit: 3, reuse: ran },
    ],
  })
  const state = initialState(packed)
  expect(namesReadBy(state, first)).toEqual(['a'])
  expect(namesReadBy(state, 'map-00001')).toEqual(['b.zip!m', 'b.zip!n'])
  expect(namesReadBy(state, 'map-00002')).toEqual([])
  expect(namesReadBy(state, reduce)).toEqual([])
})
