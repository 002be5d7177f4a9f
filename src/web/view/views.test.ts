import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeRun } from '../../../test/fixtures/many-runs.ts'
import { mapReport, plainFile, planOf } from '../../../test/fixtures/plans.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { RunDirectory, type RunEvent } from '../../run/index.ts'
import { apply, initialState, type RunState } from '../../run/state/state.ts'
import { stageView } from './cells.ts'
import { inputsView } from './inputs.ts'
import { Lanes } from './lanes.ts'
import { pendingLine, unreadableLine } from './run-line.ts'
import { RunWatch } from './run-watch.ts'
import { skewView } from './skew.ts'

/** A run of so many map tasks. */
function stateOf(tasks: number): RunState {
  return initialState(planOf([plainFile('a.txt', tasks * 10)]))
}

const taskName = (index: number): string => `map-${String(index).padStart(5, '0')}`

function started(index: number, attempt = 1, at = 0): RunEvent {
  return { type: 'attempt-started', at, task: taskName(index), attempt, seat: index % 2 }
}
function committed(index: number, attempt = 1, at = 0): RunEvent {
  return { type: 'map-committed', at, task: taskName(index), attempt, report: mapReport([]) }
}
function failed(index: number, attempt = 1, at = 0): RunEvent {
  const fault = { code: 'worker-died', message: 'killed' } as const
  return { type: 'attempt-failed', at, task: taskName(index), attempt, fault, charged: true }
}

describe('stageView', () => {
  test('has a letter for each task, in their order', () => {
    const events = [
      ...[started(0), committed(0)],
      ...[started(1), failed(1), started(1, 2), committed(1, 2)],
      ...[started(2)],
      ...[started(3), failed(3)],
      { type: 'map-reused', at: 0, task: taskName(4), run: 'r', report: mapReport([]) } as const,
    ]
    const state = events.reduce(apply, stateOf(6))
    expect(stageView(state, 'map')).toEqual({
      name: 'map',
      tasks: 6,
      done: 3,
      running: 1,
      cells: 'darxu.',
      tasksPerCell: 1,
    })
  })

  test('shows of many tasks the worst in each cell, never more than a thousand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4500 }), fc.nat(4499), (tasks, at) => {
        const index = at % tasks
        const events = [started(index), failed(index)]
        const { cells, tasksPerCell } = stageView(events.reduce(apply, stateOf(tasks)), 'map')
        expect(cells.length).toBe(Math.ceil(tasks / tasksPerCell))
        expect(cells.length).toBeLessThanOrEqual(1000)
        expect(cells.indexOf('x')).toBe(Math.floor(index / tasksPerCell))
      }),
      { numRuns: 30 },
    )
  })
})

describe('Lanes', () => {
  test('has what each seat was at, of the last session', () => {
    const lanes = new Lanes()
    const planned: RunEvent = { type: 'planned', at: 500, tasks: 3, partitions: 1, inputBytes: 30 }
    const events = [planned, started(0, 1, 500), failed(0, 1, 600), { type: 'interrupted', at: 700 } as const]
    for (const event of events) lanes.observe(event)
    expect(lanes.view(null)?.lanes).toEqual([
      { seat: 0, spans: [{ from: 0, to: 0.5, how: 'failed', what: taskName(0) }] },
    ])
    const resumed: RunEvent = {
      type: 'resumed',
      at: 1000,
      accept: [],
      badRecords: { kind: 'count', count: 0 },
    }
    for (const event of [resumed, started(0, 2, 1000), started(1, 1, 1100), committed(0, 2, 1200)])
      lanes.observe(event)
    // Of a run that has ended nothing is at work, whatever its journal has no end of.
    expect(lanes.view(null)?.lanes[1]?.spans).toMatchObject([{ how: 'given-up' }])
    expect(lanes.open).toMatchObject([{ seat: 1, attempt: 'map-00001.1' }])
    expect(lanes.view(1400)).toEqual({
      from: 1000,
      to: 1400,
      lanes: [
        { seat: 0, spans: [{ from: 0, to: 0.5, how: 'map', what: taskName(0) }] },
        { seat: 1, spans: [{ from: 0.25, to: 1, how: 'running', what: taskName(1) }] },
      ],
    })
  })

  test('joins what cannot be told apart, so that ten thousand tasks are a few hundred spans', () => {
    const lanes = new Lanes()
    lanes.observe({ type: 'planned', at: 0, tasks: 10_000, partitions: 1, inputBytes: 1 })
    for (let index = 0; index < 10_000; index++) {
      lanes.observe({ ...started(index, 1, index), seat: 0 } as RunEvent)
      lanes.observe(committed(index, 1, index + 1))
    }
    const [lane] = lanes.view(null)?.lanes ?? []
    expect(lane?.spans.length).toBeLessThanOrEqual(650)
    const counted = lane?.spans.map(({ what }) => Number(/^(\d+) tasks$/.exec(what)?.[1] ?? 1)) ?? []
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(10_000)
    expect(lane?.spans.at(-1)?.to).toBe(1)
  })
})

describe('inputsView', () => {
  test('has a calendar of a series of days: what is missing, read, damaged, and not read yet', () => {
    const days = ['2020-01-01', '2020-01-03', '2020-01-04', '2020-01-05']
    const files = days.map((day) => plainFile(`in/tweets-${day}.txt`, 10))
    const base = planOf(files)
    const series = {
      pattern: 'tweets-YYYY-MM-DD.txt',
      from: '2020-01-01',
      to: '2020-01-06',
      missing: ['2020-01-02'],
    }
    // Its archive cannot be opened, so that it is none of the files.
    const cut = {
      path: 'in/tweets-2020-01-06.zip',
      member: null,
      byte: null,
      code: 'input-damaged',
      message: 'cut',
    } as const
    const plan = { ...base, discovery: { ...base.discovery, series, problems: [cut] } }
    const source = { ordinal: 0, records: 3, rejected: 0, readBytes: 10, bytes: 10, lines: 3 }
    const events: RunEvent[] = [
      started(0),
      { ...committed(0), report: mapReport([], { sources: [source] }) } as RunEvent,
      started(1),
      {
        ...committed(1),
        report: mapReport([], { sources: [{ ...source, ordinal: 1, rejected: 1 }] }),
      } as RunEvent,
      started(2),
      {
        type: 'inputs-damaged',
        at: 0,
        task: taskName(2),
        attempt: 1,
        splits: [{ ordinal: 2, fault: { code: 'input-damaged', message: 'torn' } }],
      },
    ]
    const { calendar, list } = inputsView(events.reduce(apply, initialState(plan)))
    expect(list).toEqual([])
    expect(calendar?.missing).toBe(1)
    expect(calendar?.days.map(({ state, records }) => `${state} ${records}`)).toEqual([
      'read 3',
      'missing 0',
      'rejected 3',
      'damaged 0',
      'waiting 0',
      'damaged 0',
    ])
  })
})

describe('skewView', () => {
  test('has the slowest tasks and the largest partitions first', () => {
    const spill = (partition: number, bytes: number) => ({
      partition,
      name: 's',
      atByte: 0,
      records: bytes / 10,
      bytes,
      crc32: 0,
    })
    const report = (...spills: ReturnType<typeof spill>[]) => mapReport([], { spills })
    const events: RunEvent[] = [
      started(0, 1, 0),
      { ...committed(0, 1, 5000), report: report(spill(0, 100), spill(1, 700)) } as RunEvent,
      started(1, 1, 0),
      { ...committed(1, 1, 9000), report: report(spill(0, 200)) } as RunEvent,
    ]
    expect(skewView(stateOf(2))).toBeNull()
    expect(skewView(events.reduce(apply, stateOf(2)))).toMatchObject({
      slowest: [
        { name: 'a.txt, bytes 10 to 20', value: '9.0 s' },
        { name: 'a.txt, bytes 0 to 10', value: '5.0 s' },
      ],
      partitions: [
        { name: 'partition 1', value: '700 B, 70 keys' },
        { name: 'partition 0', value: '300 B, 30 keys' },
      ],
      spilledBytes: 1000,
    })
  })
})

test('a run that is not looked at yet has no status, and one that cannot be read says so', () => {
  expect(pendingLine({ id: 'r', job: 'a.job.ts', createdAt: 7 })).toMatchObject({
    ...{ id: 'r', job: 'a.job.ts', createdAt: 7 },
    ...{ status: null, said: 'not looked at yet', tone: 'idle' },
  })
  expect(unreadableLine('r')).toMatchObject({
    id: 'r',
    status: 'unreadable',
    said: 'cannot be read',
    tone: 'bad',
  })
})

test('a run is never read to 100 % as long as a task is open', () => {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  const run = makeRun(folder.path, { id: '20200101-000000-words', tasks: 3, done: 2, at: 1000 })
  const watch = new RunWatch(new RunDirectory(run.directory))
  expect(watch.look(2000).progress).toMatchObject({
    percent: 66,
    readBytes: 20,
    inputBytes: 30,
    leftMs: null,
  })
  run.next()
  // What is left is to reduce.
  expect(watch.look(3000).progress).toMatchObject({ percent: 99, readBytes: 30, leftMs: null })
  run.close()
})
