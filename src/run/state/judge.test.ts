import { describe, expect, test } from 'vitest'
import {
  discoveryOf,
  gzipFile,
  mapReport,
  plainFile,
  planOf,
  sourceOf,
  zipFile,
} from '../../../test/fixtures/plans.ts'
import type { MapReport, SourceTotals } from '../../flow/index.ts'
import type { InputFile, InputProblem } from '../../input/index.ts'
import type { RunEvent } from '../journal/events.ts'
import type { BadRecordLimit } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import { findShortfalls, judgeMapStage } from './judge.ts'
import { apply, initialState, type RunState } from './state.ts'

type Totals = Partial<SourceTotals>

/** A run whose map tasks are all done: what each split gave, by ordinal; `broken` ones could not be read. */
function mapped(plan: Plan, totals: Readonly<Record<number, Totals | 'broken'>> = {}): RunState {
  const events = plan.splits.flatMap((split, index): RunEvent[] => {
    const given = totals[split.ordinal]
    const [at, task] = [0, `map-0000${index}`]
    const fault = {
      code: 'input-damaged',
      message: `${split.path} ends early.`,
      wayOut: 'Get it again.',
    } as const
    const sources = given === 'broken' ? [] : [sourceOf(split, given ?? {})]
    const damage: RunEvent = {
      type: 'inputs-damaged',
      at,
      task,
      attempt: 1,
      splits: [{ ordinal: split.ordinal, fault }],
    }
    return [
      ...(given === 'broken' ? [damage] : []),
      { type: 'map-committed', at, task, attempt: 1, report: mapReport(sources) },
    ]
  })
  return events.reduce((state, event) => apply(state, event), initialState(plan))
}

const none = { records: 0, rejected: 0, lines: 0, bytes: 0 }
const [day1, day2, empty] = ['d/day1.zip', 'd/day2.zip', 'd/empty.gz']
const files: readonly InputFile[] = [zipFile(day1, ['x', 'y']), zipFile(day2, ['x']), gzipFile(empty, 20)]

describe('findShortfalls', () => {
  test('finds none where everything was read', () => {
    expect(findShortfalls(mapped(planOf(files)))).toEqual([])
  })

  test('passes on what planning found missing or damaged', () => {
    const problem: InputProblem = {
      path: '2020-02-20',
      member: null,
      byte: null,
      code: 'input-missing',
      message: '2020-02-20: no file holds this day.',
    }
    const plan = planOf(files, { discovery: discoveryOf(files, { problems: [problem] }) })
    const lacking = { kind: 'input', name: '2020-02-20', message: problem.message, wayOut: null }
    expect(findShortfalls(mapped(plan))).toEqual([{ ...lacking, accepted: false }])
    expect(findShortfalls(mapped({ ...plan, accept: ['2020-02-20'] }))).toEqual([
      { ...lacking, accepted: true },
    ])
  })

  test('names the member that turned out damaged, in the order of inputs', () => {
    const state = mapped(planOf(files), { 3: 'broken', 1: 'broken' })
    expect(findShortfalls(state)).toEqual([
      {
        kind: 'input',
        name: 'd/day1.zip!y',
        message: 'd/day1.zip ends early.',
        wayOut: 'Get it again.',
        accepted: false,
      },
      {
        kind: 'input',
        name: empty,
        message: `${empty} ends early.`,
        wayOut: 'Get it again.',
        accepted: false,
      },
    ])
  })

  test('names damage in the order of inputs, whatever was met first, with what to do where that is known', () => {
    const damaged = (index: number, ordinal: number): RunEvent => ({
      type: 'inputs-damaged',
      at: 0,
      task: `map-0000${index}`,
      attempt: 1,
      splits: [{ ordinal, fault: { code: 'input-damaged', message: `Split ${ordinal} ends early.` } }],
    })
    const [plan, ordinals] = [planOf(files), [3, 1, 2]]
    const events = ordinals.map((ordinal) => damaged(ordinal, ordinal))
    const shortfalls = findShortfalls(events.reduce(apply, initialState(plan)))
    expect(shortfalls.map(({ message }) => message)).toEqual(
      [1, 2, 3].map((ordinal) => `Split ${ordinal} ends early.`),
    )
    for (const { wayOut } of shortfalls) expect(wayOut).toBeNull()
  })

  test.each(['d/day1.zip!y', 'day1.zip!y', 'day1.zip', 'd/day1.zip'])('takes %s for accepted', (accept) => {
    const state = mapped(planOf(files, { accept: [accept] }), { 1: 'broken', 2: 'broken' })
    expect(findShortfalls(state).map(({ accepted }) => accepted)).toEqual([true, false])
  })

  test('finds an archive without a record among others that have some', () => {
    const [only, ...more] = findShortfalls(mapped(planOf(files), { 3: none }))
    expect(more).toEqual([])
    expect(only).toEqual({
      kind: 'input',
      name: empty,
      message: 'd/empty.gz holds no record, although others do.',
      wayOut: 'Get it again; if it is known to be empty, say --accept empty.gz.',
      accepted: false,
    })
    expect(findShortfalls(mapped(planOf(files, { accept: ['empty.gz'] }), { 3: none }))).toEqual([
      { ...only, accepted: true },
    ])
  })

  test('finds a plain file without a record in a series, and not elsewhere', () => {
    const day = 'd/2020-01-02.jsonl'
    const plain = [...files, plainFile(day, 5)]
    const series = { pattern: 'd/%Y-%m-%d.jsonl', from: '2020-01-01', to: '2020-01-02', missing: [] }
    const ordinal = planOf(plain).splits.findIndex(({ path }) => path === day)
    const dated = planOf(plain, { discovery: discoveryOf(plain, { series }) })
    expect(findShortfalls(mapped(planOf(plain), { [ordinal]: none }))).toEqual([])
    expect(findShortfalls(mapped(dated, { [ordinal]: none }))).toMatchObject([
      { name: day, wayOut: expect.stringContaining('--accept 2020-01-02.jsonl'), accepted: false },
    ])
  })

  test('takes an archive for empty only when all its members are, and rejected records for records', () => {
    expect(findShortfalls(mapped(planOf(files), { 0: none }))).toEqual([])
    expect(findShortfalls(mapped(planOf(files), { 0: none, 1: none }))).toMatchObject([{ name: day1 }])
    const badRecords: BadRecordLimit = { kind: 'count', count: 1 }
    const state = mapped(planOf(files, { badRecords }), { 3: { ...none, rejected: 1 } })
    expect(findShortfalls(state)).toMatchObject([{ kind: 'rejected', accepted: true }])
  })

  test('does not call a damaged archive empty, nor one that planning found fault with, nor a plain file', () => {
    expect(findShortfalls(mapped(planOf(files), { 0: none, 1: 'broken' }))).toHaveLength(1)
    const problem: InputProblem = {
      path: empty,
      member: null,
      byte: 3,
      code: 'input-damaged',
      message: `${empty} is cut off.`,
    }
    const known = planOf(files, { discovery: discoveryOf(files, { problems: [problem] }) })
    expect(findShortfalls(mapped(known, { 3: none }))).toHaveLength(1)
    const plain = planOf([plainFile('a', 5), plainFile('b', 5)])
    expect(findShortfalls(mapped(plain, { 0: none }))).toEqual([])
  })

  test('finds files that the job reads itself, and that were others for some of its tasks', () => {
    const plan = planOf([day1, day2].map((path) => zipFile(path, ['x'])))
    const lists = [
      [
        { path: '/b', identity: '1 2 3 4' },
        { path: '/c', identity: '1 2 3 4' },
        { path: '/d', identity: null },
      ],
      [
        { path: '/c', identity: '1 2 3 5' },
        { path: '/d', identity: '9 9 9 9' },
        { path: '/b', identity: '1 2 4 4' },
      ],
    ]
    const read = (...sideFiles: readonly (MapReport['sideFiles'] | undefined)[]): RunState =>
      plan.splits.reduce<RunState>((state, split, index) => {
        const report = mapReport([sourceOf(split)])
        const files = sideFiles[index]
        return apply(state, {
          type: 'map-committed',
          at: 0,
          task: `map-0000${index}`,
          attempt: 1,
          report: files === undefined ? report : { ...report, sideFiles: files },
        })
      }, initialState(plan))
    // That its rights or links were changed makes no other file of it.
    expect(findShortfalls(read(lists[0], lists[1])).map(({ kind, message }) => [kind, message])).toEqual(
      ['/b', '/d'].map((path) => [
        'input',
        `${path}, which the job reads itself, was changed meanwhile: it was read as it was before, and as it was then.`,
      ]),
    )
    expect(findShortfalls(read(lists[0], lists[1]))[0]).toMatchObject({
      name: '/b',
      accepted: false,
      wayOut: 'Run again; where that makes no difference, say --accept b.',
    })
    for (const same of [
      read(lists[0], [...(lists[0] ?? [])]),
      read(lists[0]),
      read(undefined, lists[1]),
      read(lists[0], null),
    ])
      expect(findShortfalls(same)).toEqual([])
  })

  test('says nothing of empty archives where no input holds a record', () => {
    const nothing = { 0: none, 1: none, 2: none, 3: none }
    expect(findShortfalls(mapped(planOf(files), nothing))).toEqual([])
  })

  const oneFile = (badRecords: BadRecordLimit): Plan => planOf([plainFile('a', 10)], { badRecords })

  test.each<[string, BadRecordLimit, Totals, boolean]>([
    ['2 of 2 tolerated', { kind: 'count', count: 2 }, { records: 8, rejected: 2 }, true],
    ['3 of 2 tolerated', { kind: 'count', count: 2 }, { records: 7, rejected: 3 }, false],
    ['1 of none tolerated', { kind: 'count', count: 0 }, { records: 9, rejected: 1 }, false],
    ['1% of 1% tolerated', { kind: 'percent', percent: 1 }, { records: 99, rejected: 1 }, true],
    ['just above 1%', { kind: 'percent', percent: 1 }, { records: 98, rejected: 1 }, false],
    ['all of 100% tolerated', { kind: 'percent', percent: 100 }, { records: 0, rejected: 5 }, true],
  ])('judges rejected records: %s', (_, limit, totals, accepted) => {
    expect(findShortfalls(mapped(oneFile(limit), { 0: totals }))).toMatchObject([
      { kind: 'rejected', accepted },
    ])
  })

  test.each<[Totals, string]>([
    [{ records: 1, rejected: 2 }, '2 records were rejected, 66.7% of all; 0 tolerated.'],
    [{ records: 0, rejected: 5 }, '5 records were rejected, 100% of all; 0 tolerated.'],
  ])('proposes to tolerate none where more than half were rejected: %j', (totals, message) => {
    const [shortfall] = findShortfalls(mapped(oneFile({ kind: 'count', count: 0 }), { 0: totals }))
    expect(shortfall).toMatchObject({
      message,
      wayOut:
        'More than half of all records are rejected: the job or its input format does not fit these files. Look at the first of them and why, mend the job, and run it again.',
    })
  })

  test.each<[Totals, string]>([
    [{ records: 1500, rejected: 1500 }, '1500 records were rejected, 50% of all; 0 tolerated.'],
    [{ records: 999, rejected: 1 }, '1 record was rejected, 0.1% of all; 0 tolerated.'],
    [{ records: 9999, rejected: 1 }, '1 record was rejected, 0.01% of all; 0 tolerated.'],
    [{ records: 1_304_111_268, rejected: 1 }, '1 record was rejected, less than 0.01% of all; 0 tolerated.'],
  ])('says how many were rejected: %j', (totals, message) => {
    const [shortfall] = findShortfalls(mapped(oneFile({ kind: 'count', count: 0 }), { 0: totals }))
    expect(shortfall).toMatchObject({
      message,
      wayOut: expect.stringContaining(`--max-bad ${totals.rejected}.`),
    })
  })

  test('says of a share that is tolerated that it is one', () => {
    const state = mapped(oneFile({ kind: 'percent', percent: 2.5 }), { 0: { records: 1, rejected: 1 } })
    expect(findShortfalls(state)).toMatchObject([
      { message: '1 record was rejected, 50% of all; 2.5% tolerated.' },
    ])
  })
})

describe('judgeMapStage', () => {
  test('goes on where nothing is lacking', () => {
    expect(judgeMapStage(mapped(planOf(files)), 7)).toEqual({ type: 'map-stage-ended', at: 7, accepted: [] })
  })

  test('goes on with what is lacking where all of it was accepted, and refuses where one thing was not', () => {
    const broken = { 1: 'broken', 2: 'broken' } as const
    const judged = (accept: readonly string[]) => judgeMapStage(mapped(planOf(files, { accept }), broken), 7)
    expect(judged(['day1.zip', 'day2.zip'])).toMatchObject({
      type: 'map-stage-ended',
      accepted: [
        { name: 'd/day1.zip!y', accepted: true },
        { name: 'd/day2.zip!x', accepted: true },
      ],
    })
    expect(judged(['day1.zip'])).toMatchObject({
      type: 'refused',
      at: 7,
      shortfalls: [
        { name: 'd/day1.zip!y', accepted: true },
        { name: 'd/day2.zip!x', accepted: false },
      ],
    })
  })
})
