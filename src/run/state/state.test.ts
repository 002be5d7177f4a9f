import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { playRun } from '../../../test/fixtures/histories.ts'
import {
  gzipFile,
  mapReport,
  plainFile,
  planOf,
  ran,
  reduceReport,
  sourceOf,
  zipFile,
} from '../../../test/fixtures/plans.ts'
import type { GzipCut, GzipSplit } from '../../input/split.ts'
import type { RunEvent } from '../journal/events.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import type { Plan } from '../plan/plan.ts'
import { mapWork, readsAsPlanned } from '../work.ts'
import { findShortfalls } from './judge.ts'
import { settle } from './settle.ts'
import { apply, initialState, type RunState } from './state.ts'
import { taskId } from './task-id.ts'

const files = [plainFile('a.txt', 25), plainFile('b.txt', 5), zipFile('c.zip', ['x', 'y'])]

/** Plans of one to six tasks of one to three splits. */
const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    widths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }),
    partitions: fc.integer({ min: 1, max: 3 }),
    workers: fc.integer({ min: 1, max: 4 }),
    attemptsMax: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ widths, ...numbers }) => {
    const plan = planOf(files, numbers)
    let firstSplit = 0
    const tasks = widths.map((width) => {
      const endSplit = Math.min(firstSplit + width, plan.splits.length)
      const task = { firstSplit, endSplit, reuse: ran }
      firstSplit = endSplit
      return task
    })
    return { ...plan, tasks: tasks.filter(({ firstSplit, endSplit }) => firstSplit < endSplit) }
  })

const anyHistory = fc
  .tuple(anyPlan, fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 120 }))
  .map(([plan, choices]) => ({ plan, history: playRun(plan, choices) }))

/** All events that say something of a task, in short; a loss is of no attempt. */
function taskEvents(events: readonly RunEvent[]): { task: string; type: string; attempt: number | null }[] {
  return events.flatMap((event) =>
    'task' in event
      ? [{ task: event.task, type: event.type, attempt: 'attempt' in event ? event.attempt : null }]
      : [],
  )
}

describe('apply, over random histories', () => {
  test('commits a task once, with the attempt that was begun last; once more only when what it wrote was lost', () => {
    fc.assert(
      fc.property(anyHistory, ({ history }) => {
        const begun = new Map<string, number>()
        const committed = new Set<string>()
        for (const { task, type, attempt } of taskEvents(history.events)) {
          expect(committed.has(task)).toBe(type === 'output-lost')
          if (type === 'output-lost') {
            committed.delete(task)
            continue
          }
          if (type === 'attempt-started') begun.set(task, attempt ?? 0)
          else expect(attempt).toBe(begun.get(task))
          if (type.endsWith('-committed')) committed.add(task)
        }
      }),
    )
  })

  test('numbers the attempts of a task 1, 2, 3, …, through crashes and all', () => {
    fc.assert(
      fc.property(anyHistory, ({ history }) => {
        const last = new Map<string, number>()
        for (const { task, type, attempt } of taskEvents(history.events)) {
          if (type !== 'attempt-started') continue
          expect(attempt).toBe((last.get(task) ?? 0) + 1)
          last.set(task, attempt ?? 0)
        }
      }),
    )
  })

  test('ends: complete with every task done, or in a phase that says why not', () => {
    fc.assert(
      fc.property(anyHistory, ({ history: { state } }) => {
        const tasks = [...state.map, ...state.reduce]
        if (state.phase === 'complete') expect(tasks.every(({ kind }) => kind === 'done')).toBe(true)
        else expect(state.result).toBeNull()
        if (state.phase === 'failed') expect(state.fault).not.toBeNull()
        if (state.phase === 'refused') expect(state.shortfalls.some(({ accepted }) => !accepted)).toBe(true)
      }),
    )
  })

  test('says running of the attempts that run, and of no other', () => {
    fc.assert(
      fc.property(anyHistory, ({ history }) => {
        for (const { after, running } of history.steps) {
          if (after.phase !== 'map' && after.phase !== 'reduce') continue
          const said = (['map', 'reduce'] as const).flatMap((stage) =>
            after[stage]
              .toArray()
              .flatMap(({ kind }, index) => (kind === 'running' ? [`${stage} ${index}`] : [])),
          )
          expect(said.sort()).toEqual(running.map(({ stage, index }) => `${stage} ${index}`).sort())
        }
      }),
    )
  })

  test('never takes back what is done and not lost, nor damage, and reads no damaged split into a committed report', () => {
    fc.assert(
      fc.property(anyHistory, ({ history }) => {
        for (const { event, before, after } of history.steps) {
          before.map.toArray().forEach((task, index) => {
            const isLost = event.type === 'output-lost' && event.task === taskId('map', index)
            if (task.kind !== 'done' || isLost) return
            const { attempt, report } = task
            expect(after.map.at(index)).toMatchObject({ kind: 'done', attempt, report })
          })
          for (const ordinal of before.damaged.keys()) expect(after.damaged.has(ordinal)).toBe(true)
        }
        const { state } = history
        for (const task of state.map) {
          if (task.kind !== 'done') continue
          expect(task.report.sources.some(({ ordinal }) => state.damaged.has(ordinal))).toBe(false)
        }
      }),
    )
  })

  test('changes no state that it was given', () => {
    fc.assert(
      fc.property(anyHistory, ({ plan, history }) => {
        const before = history.steps.map((step) => structuredClone(step.before))
        let state = initialState(plan)
        for (const event of history.events) state = apply(state, event)
        expect(history.steps.map((step) => step.before)).toEqual(before)
        expect(state).toEqual(history.state)
      }),
      { numRuns: 30 },
    )
  })

  test('keeps everything that the result has to carry when a run is resumed in its reduce stage', () => {
    fc.assert(
      fc.property(anyHistory, ({ history }) => {
        for (const { event, before, after } of history.steps) {
          if (event.type === 'resumed' && before.mapStageEnded)
            expect(after.shortfalls).toEqual(before.shortfalls)
        }
      }),
    )
  })
})

const plan = planOf([plainFile('a.txt', 20)], { partitions: 2 })
const at = 0
const lostFault = { code: 'file-damaged', message: 'A block is damaged.' } as const

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
const failed = (task: string, attempt = 1): RunEvent => ({
  type: 'attempt-failed',
  at,
  task,
  attempt,
  fault: { code: 'worker-died', message: 'The worker died.' },
  charged: true,
})
const mapped = (index: number): RunEvent => ({
  type: 'map-committed',
  at,
  task: `map-0000${index}`,
  attempt: 1,
  report: mapReport([sourceOf(plan.splits[index]!)]),
})
const resumed = (accept: readonly string[] = []): RunEvent => ({
  type: 'resumed',
  at,
  accept,
  badRecords: { kind: 'percent', percent: 1 },
})

describe('initialState', () => {
  test('has every task of both stages waiting, none of them tried', () => {
    const state = initialState(plan)
    expect(state).toMatchObject({ phase: 'map', mapStageEnded: false, shortfalls: [], result: null })
    expect(state.map).toHaveLength(2)
    expect(state.reduce).toHaveLength(2)
    for (const task of [...state.map, ...state.reduce])
      expect(task).toEqual({
        kind: 'waiting',
        running: [],
        isDoubled: false,
        attempts: 0,
        charged: 0,
        lastFault: null,
      })
  })
})

describe('apply', () => {
  test('remembers how often a task failed, and why the last time', () => {
    const id = 'map-00001'
    expect(replay(started(id), failed(id), started(id, 2)).map.at(1)).toEqual({
      kind: 'running',
      running: [{ attempt: 2, startedAt: 0 }],
      isDoubled: false,
      attempts: 2,
      charged: 1,
      lastFault: { code: 'worker-died', message: 'The worker died.' },
    })
  })

  test('does not count an attempt that found damage against its task', () => {
    const fault = { code: 'input-damaged', message: 'a.txt ends early.' } as const
    const state = replay(started('map-00000'), {
      type: 'inputs-damaged',
      at,
      task: 'map-00000',
      attempt: 1,
      splits: [{ ordinal: 0, fault }],
    })
    expect(state.map.at(0)).toMatchObject({ kind: 'waiting', attempts: 1, charged: 0 })
    expect([...state.damaged]).toEqual([[0, fault]])
  })

  describe('of a gzip file in parts, one of which turns out damaged', () => {
    const cut = (number: number): GzipCut => ({ byte: 10 * number, dataByte: 60 * number, members: number })
    const parted = planOf([
      plainFile('a.txt', 5),
      { ...gzipFile('b.gz', 30), cuts: [cut(1), cut(2)] },
      gzipFile('c.gz', 9),
    ])
    const fault = { code: 'input-damaged', message: 'b.gz, byte 70: it is damaged.' } as const
    const damagedAt = (index: number, attempt = 1): RunEvent => ({
      type: 'inputs-damaged',
      at,
      task: taskId('map', index),
      attempt,
      splits: [{ ordinal: index, fault }],
    })
    const play = (...events: RunEvent[]): RunState => events.reduce(apply, initialState(parted))
    const begun = [0, 1, 2, 3, 4].map((index) => started(taskId('map', index)))
    const worksOf = (state: RunState): unknown[] =>
      [0, 1, 2, 3, 4].map((index) => mapWork(state, index, { careful: false, alone: false }).splits)

    test('has the task of its first part read the whole file, and those of the others nothing', () => {
      const state = play(...begun, mapped(0), mapped(1), damagedAt(2))
      expect(state.damaged.size).toBe(0)
      expect(state.map.toArray().map(({ kind }) => kind)).toEqual([
        'done',
        'waiting',
        'waiting',
        'waiting',
        'running',
      ])
      const { part: _, ...whole } = parted.splits[1] as GzipSplit
      expect(worksOf(state)).toEqual([[parted.splits[0]], [whole], [], [], [parted.splits[4]]])
      expect([0, 1, 2, 3, 4].map((index) => readsAsPlanned(state, index))).toEqual([
        true,
        false,
        false,
        false,
        true,
      ])
    })

    test('is damaged when the whole file is', () => {
      const state = play(...begun, damagedAt(3), started(taskId('map', 1), 2), damagedAt(1, 2))
      expect([...state.damaged]).toEqual([[1, fault]])
      expect(worksOf(state)[1]).toEqual([])
      expect(findShortfalls(state)).toMatchObject([{ name: 'b.gz', message: fault.message }])
    })

    test('does again what was made of another part, which reads nothing then, as long as nobody has used it', () => {
      const state = play(...begun, mapped(0), mapped(1), damagedAt(2))
      expect(state.map.at(1)).toMatchObject({ kind: 'waiting', attempts: 1, charged: 0 })
      expect(state.map.at(1)).not.toHaveProperty('trouble')
    })

    test('has a task that reads other files beside a part of it read them again', () => {
      const packed = {
        ...parted,
        tasks: [
          { ...parted.tasks[0]!, firstSplit: 0, endSplit: 2 },
          { ...parted.tasks[0]!, firstSplit: 2, endSplit: 4 },
          { ...parted.tasks[0]!, firstSplit: 4, endSplit: 5 },
        ],
      }
      const state = [mapped(0), started(taskId('map', 1)), started(taskId('map', 2)), damagedAt(1)].reduce(
        apply,
        initialState(packed),
      )
      expect(state.map.toArray().map(({ kind }) => kind)).toEqual(['waiting', 'waiting', 'running'])
    })

    test('ends the attempts at other parts, and at nothing else', () => {
      const report = { ...mapReport([]), damaged: [{ ordinal: 2, fault }] }
      const steps = settle(play(...begun, mapped(0)), {
        task: taskId('map', 2),
        attempt: 1,
        outcome: { kind: 'done', report: { kind: 'map', report } },
        at,
        place: null,
        damagedTask: null,
      })
      expect(
        steps.map((step) =>
          step.kind === 'record'
            ? step.event.type
            : `${step.kind} ${'attemptId' in step ? step.attemptId : ''}`,
        ),
      ).toEqual(['discard map-00002.1', 'inputs-damaged', 'end map-00001.1', 'end map-00003.1'])
    })
  })

  test.each<[string, RunEvent[]]>([
    ['committed twice', [started('map-00000'), mapped(0), mapped(0)]],
    ['begun after it was done', [started('map-00000'), mapped(0), started('map-00000', 2)]],
    ['failed after it was done', [started('map-00000'), mapped(0), failed('map-00000')]],
    ['of a number the plan does not have', [started('map-00002')]],
    [
      'of the other stage',
      [{ type: 'map-committed', at, task: 'reduce-00000', attempt: 1, report: mapReport([]) }],
    ],
    [
      'reduced twice',
      [1, 2].map(
        (): RunEvent => ({
          type: 'reduce-committed',
          at,
          task: 'reduce-00001',
          attempt: 1,
          report: reduceReport(),
        }),
      ),
    ],
    ['without a name', [started('map-')]],
  ])('refuses a task %s', (_, events) => {
    expect(() => replay(...events)).toThrow(expect.objectContaining({ code: 'internal' }))
  })

  test.each<[string, RunEvent]>([
    ['of which nothing was written', { type: 'output-lost', at, task: 'map-00001', fault: lostFault }],
    ['of which nothing was reduced', { type: 'output-lost', at, task: 'reduce-00001', fault: lostFault }],
    ['that is not there', { type: 'output-lost', at, task: 'map-00002', fault: lostFault }],
  ])('refuses the loss of a task %s', (_, event) => {
    expect(() => replay(event)).toThrow(
      expect.objectContaining({
        code: 'internal',
        message: `Task ${'task' in event ? event.task : ''} lost what it wrote before it was done.`,
      }),
    )
  })

  test('names the task to which something happened that cannot', () => {
    expect(() => replay(started('map-00002'))).toThrow(
      'Task map-00002 is not there, or is done, and something happened to it.',
    )
  })

  test('takes what an earlier run kept for what its task wrote, by no attempt of this run', () => {
    const report = mapReport([sourceOf(plan.splits[1]!)])
    const state = replay({ type: 'map-reused', at: 9, task: 'map-00001', run: 'before', report })
    expect(state.map.at(1)).toEqual({
      kind: 'done',
      attempts: 0,
      attempt: 0,
      report,
      tookMs: null,
      workMs: 0,
    })
    expect(state.map.at(0)).toMatchObject({ kind: 'waiting' })
  })

  test('knows how long the attempt took that was committed, of two at one task', () => {
    const [first, second] = [started('map-00000'), started('map-00000', 2)]
    const events: RunEvent[] = [
      { ...first, at: 1000 } as RunEvent,
      { ...second, at: 1600, beside: 1 } as RunEvent,
    ]
    const committed = (attempt: number) => ({ ...mapped(0), at: 2000, attempt }) as RunEvent
    expect(replay(...events, committed(1)).map.at(0)).toMatchObject({ tookMs: 1000, attempts: 2 })
    expect(replay(...events, committed(2)).map.at(0)).toMatchObject({ tookMs: 400, attempts: 2 })
  })

  test('opens a reduce task again whose part file was lost, and keeps the map stage and the other parts', () => {
    const reduced = [0, 1].map(
      (index): RunEvent => ({
        ...{ type: 'reduce-committed', at, task: taskId('reduce', index), attempt: 1 },
        report: reduceReport(index),
      }),
    )
    const before = [mapped(0), mapped(1), { type: 'map-stage-ended', at, accepted: [] } as const, ...reduced]
    const state = replay(...before, { type: 'output-lost', at, task: 'reduce-00001', fault: lostFault })
    expect(state).toMatchObject({ phase: 'reduce', mapStageEnded: true })
    expect(state.map.done).toBe(2)
    expect(state.reduce.at(0)).toMatchObject({ kind: 'done' })
    expect(state.reduce.at(1)).toMatchObject({
      ...{ kind: 'waiting', attempts: 1, charged: 0 },
      trouble: { losses: 1, earlier: reduceReport(1) },
    })
  })

  test('says of a run how it ended, and why', () => {
    const fault = { code: 'io', message: 'The disk is gone.' } as const
    const shortfalls = [
      { kind: 'rejected', message: 'Some.', wayOut: 'Mend them.', accepted: false } as const,
    ]
    const result = { directory: '/r', digest: 'sha256:', tables: [], manifestSha256: '' }
    expect(replay({ type: 'failed', at, fault })).toMatchObject({ phase: 'failed', fault })
    expect(replay({ type: 'refused', at, shortfalls })).toMatchObject({ phase: 'refused', shortfalls })
    expect(replay({ type: 'interrupted', at })).toMatchObject({ phase: 'interrupted', fault: null })
    expect(replay({ type: 'result-committed', at, result })).toMatchObject({ phase: 'complete', result })
  })

  test('lets a resumed run try again what failed, and keeps what is done', () => {
    const state = replay(
      started('map-00000'),
      mapped(0),
      started('map-00001'),
      failed('map-00001'),
      started('map-00001', 2),
      { type: 'failed', at, fault: { code: 'worker-died', message: 'It died.' } },
      resumed(),
    )
    expect(state).toMatchObject({ phase: 'map', fault: null })
    expect(state.map.at(0)).toMatchObject({ kind: 'done', attempt: 1 })
    expect(state.map.at(1)).toMatchObject({
      kind: 'waiting',
      running: [],
      attempts: 2,
      charged: 0,
      lastFault: null,
    })
  })

  test('carries an accepted shortfall into the result of a run that was resumed in its reduce stage', () => {
    const lacking = {
      kind: 'input',
      name: '2020-02-20',
      message: 'No file holds this day.',
      wayOut: null,
      accepted: true,
    } as const
    const state = replay(
      mapped(0),
      mapped(1),
      { type: 'map-stage-ended', at, accepted: [lacking] },
      { type: 'interrupted', at },
      resumed(['2020-02-20']),
    )
    expect(state).toMatchObject({ phase: 'reduce', shortfalls: [lacking] })
  })

  test('looks for an input that was gone again when it is resumed, unless parts of the result were made without it', () => {
    const fault = { code: 'input-missing', message: 'a.txt is gone.' } as const
    const gone = [
      started('map-00000'),
      { type: 'inputs-damaged', at, task: 'map-00000', attempt: 1, splits: [{ ordinal: 0, fault }] },
      mapped(0),
      mapped(1),
    ] as const
    const again = replay(...gone, { type: 'interrupted', at }, resumed(['a.txt']))
    expect([again.map.at(0)?.kind, again.damaged.size]).toEqual(['waiting', 0])
    const ended = { type: 'map-stage-ended', at, accepted: [] } as const
    const made = {
      type: 'reduce-committed',
      at,
      task: 'reduce-00000',
      attempt: 1,
      report: reduceReport(1),
    } as const
    const lost = { at, type: 'output-lost', fault: { code: 'file-damaged', message: 'Damaged.' } } as const
    const without = [...gone, ended, made, { ...lost, task: 'map-00001' }] as const
    for (const before of [without, [...without, { ...lost, task: 'reduce-00000' }] as const]) {
      const state = replay(...before, { type: 'interrupted', at }, resumed(['a.txt']))
      expect([state.map.at(0)?.kind, state.map.at(1)?.kind]).toEqual(['done', 'waiting'])
      expect([...state.damaged]).toEqual([[0, fault]])
    }
  })

  test('judges a refused run anew when it is resumed', () => {
    const lacking = {
      kind: 'rejected',
      message: '1 record was rejected.',
      wayOut: '',
      accepted: false,
    } as const
    const state = replay(mapped(0), mapped(1), { type: 'refused', at, shortfalls: [lacking] }, resumed())
    expect(state).toMatchObject({ phase: 'map', shortfalls: [] })
  })

  test('gives a resumed run the fingerprint of what it does without from then on', () => {
    const { accept, badRecords, fingerprint: found } = replay(resumed(['a.txt'])).plan
    const { job, engine, surroundings, discovery } = plan
    const { codeSha256, typedParams: params, params: resolved } = job
    const parts = { engine, surroundings, codeSha256, params, resolved, files: discovery.files }
    expect(accept).toEqual(['a.txt'])
    expect(badRecords).toEqual({ kind: 'percent', percent: 1 })
    expect(found).toBe(fingerprint({ ...parts, accept: ['a.txt'] }))
    expect(found).not.toBe(fingerprint({ ...parts, accept: [] }))
  })
})
