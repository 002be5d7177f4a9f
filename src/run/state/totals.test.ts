import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  discoveryOf,
  gzipFile,
  mapReport,
  plainFile,
  planOf,
  reduceReport,
  sourceOf,
  zipFile,
} from '../../../test/fixtures/plans.ts'
import type { MapReport, SourceTotals } from '../../flow/index.ts'
import type { Split } from '../../input/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { apply, initialState, type RunState } from './state.ts'
import { inputBytesOf, inputTotals, notesOf, openInputs, totalsOf } from './totals.ts'

const files = [plainFile('a.txt', 25), gzipFile('b.gz', 77), zipFile('c.zip', ['x', 'y'])]
const plan = planOf(files, { partitions: 2 })

function commit(index: number, report: MapReport): RunEvent {
  return { type: 'map-committed', at: 0, task: `map-0000${index}`, attempt: 1, report }
}

function replay(events: readonly RunEvent[]): RunState {
  return events.reduce((state, event) => apply(state, event), initialState(plan))
}

/** All map tasks, done. */
const commits = plan.splits.map((split, index) =>
  commit(
    index,
    mapReport([sourceOf(split, { records: 10 + index, rejected: index % 2, bytes: 100 })], {
      counters: index === 0 ? { b: 1, a: 2 } : { b: 10, ä: 1 },
    }),
  ),
)

describe('totalsOf', () => {
  test('takes a split that the plan has not, which only a worker gone wrong reports, for one of no bytes on disk', () => {
    const source = { ...sourceOf(plan.splits[0]!, { records: 3, bytes: 100 }), ordinal: 99 }
    const state = replay([commit(0, mapReport([source]))])
    expect(totalsOf(state)).toMatchObject({ tasksDone: 1, readBytes: 0, records: 3, bytes: 100 })
    expect(inputTotals(state).map(({ records }) => records)).toEqual([0, 0, 0])
  })

  test('is nothing but the size of the plan before anything is done', () => {
    expect(totalsOf(initialState(plan))).toEqual({
      tasks: 6,
      tasksDone: 0,
      partitionsDone: 0,
      inputBytes: 122,
      readBytes: 0,
      bytes: 0,
      records: 0,
      rejected: 0,
      emitted: 0,
      workMs: 0,
      counters: {},
    })
  })

  test('counts what was read twice or beside a split once: no more is read than there is', () => {
    const more = plan.splits.map((split, index) =>
      commit(index, mapReport([sourceOf(split, { readBytes: 100_000 })])),
    )
    expect(totalsOf(replay(more.slice(0, 1)))).toMatchObject({ readBytes: 10, inputBytes: 122 })
    expect(totalsOf(replay(more))).toMatchObject({ readBytes: 122, inputBytes: 122 })
  })

  test('adds up what is committed, and nothing else', () => {
    const started: RunEvent = { type: 'attempt-started', at: 0, task: 'map-00005', attempt: 1, seat: 0 }
    expect(totalsOf(replay([...commits.slice(0, 2), started]))).toMatchObject({
      tasksDone: 2,
      readBytes: 20,
      bytes: 200,
      records: 21,
      rejected: 1,
      emitted: 21,
      counters: { a: 2, b: 11, ä: 1 },
    })
    const reduced: RunEvent = {
      type: 'reduce-committed',
      at: 0,
      task: 'reduce-00001',
      attempt: 1,
      report: reduceReport(),
    }
    expect(totalsOf(replay([...commits, reduced]))).toMatchObject({ tasksDone: 6, partitionsDone: 1 })
  })

  test('adds up what committed attempts of both stages took of a core, where that is known', () => {
    const worked = (event: RunEvent, workMs: number): RunEvent => ({ ...event, workMs }) as RunEvent
    const reduced = (index: number): RunEvent => ({
      type: 'reduce-committed',
      at: 0,
      task: `reduce-0000${index}`,
      attempt: 1,
      report: reduceReport(),
    })
    const [first, second, third] = commits
    const mapped = [worked(first!, 30), worked(second!, 500), third!]
    expect(totalsOf(replay(mapped)).workMs).toBe(530)
    expect(totalsOf(replay([...mapped, worked(reduced(0), 7)])).workMs).toBe(537)
    expect(totalsOf(replay([...mapped, worked(reduced(0), 7), reduced(1)])).workMs).toBe(537)
  })

  test('has counters in the order of their names, with whatever name', () => {
    const counters = JSON.parse('{"b":1,"__proto__":2,"a":3}')
    const { counters: found } = totalsOf(replay([commit(0, mapReport([], { counters }))]))
    expect(Object.entries(found)).toEqual([
      ['__proto__', 2],
      ['a', 3],
      ['b', 1],
    ])
  })

  test('does not depend on the order in which tasks were done', () => {
    const inOrder = replay(commits)
    fc.assert(
      fc.property(fc.shuffledSubarray(commits, { minLength: commits.length }), (shuffled) => {
        expect(totalsOf(replay(shuffled))).toEqual(totalsOf(inOrder))
        expect(inputTotals(replay(shuffled))).toEqual(inputTotals(inOrder))
      }),
    )
  })
})

describe('inputTotals', () => {
  test('gives what each file gave, in the order of files', () => {
    const found = inputTotals(replay(commits))
    expect(
      found.map(({ path, kind, sizeBytes, members, records, rejected, bytes }) => [
        path,
        kind,
        sizeBytes,
        members,
        records,
        rejected,
        bytes,
      ]),
    ).toEqual([
      ['a.txt', 'plain', 25, 0, 33, 1, 300],
      ['b.gz', 'gzip', 77, 0, 13, 1, 100],
      ['c.zip', 'zip', 1000, 2, 29, 1, 200],
    ])
  })

  test('adds up to the totals of the run', () => {
    const state = replay(commits)
    const sum = (of: 'records' | 'rejected' | 'bytes'): number =>
      inputTotals(state).reduce((total, input) => total + input[of], 0)
    const { records, rejected, bytes } = totalsOf(state)
    expect([sum('records'), sum('rejected'), sum('bytes')]).toEqual([records, rejected, bytes])
  })

  test('has a file of which nothing was read', () => {
    expect(inputTotals(initialState(plan))).toMatchObject([
      { path: 'a.txt', records: 0 },
      { path: 'b.gz', records: 0 },
      { path: 'c.zip', records: 0, emptyMembers: [] },
    ])
  })

  test('names members without a record; one whose records were all rejected is not one', () => {
    const [x, y] = plan.splits.slice(4)
    const empty = { records: 0, rejected: 0 }
    const gave = (rejected: number) =>
      inputTotals(
        replay([
          commit(4, mapReport([sourceOf(x!, empty)])),
          commit(5, mapReport([sourceOf(y!, { records: 0, rejected })])),
        ]),
      )[2]?.emptyMembers
    expect(gave(0)).toEqual(['x', 'y'])
    expect(gave(1)).toEqual(['x'])
  })

  test('names no member of a file that has none, nor one that held as many good records as bad ones', () => {
    const [gzip, x] = plan.splits.slice(3)
    const found = inputTotals(
      replay([
        commit(3, mapReport([sourceOf(gzip!, { records: 0, rejected: 0 })])),
        commit(4, mapReport([sourceOf(x!, { records: 1, rejected: 1 })])),
      ]),
    )
    expect(found.map(({ emptyMembers }) => emptyMembers)).toEqual([[], [], []])
  })
})

describe('notesOf', () => {
  test('says what planning noted, and which members are empty in archives that are not', () => {
    const noted = planOf(files, { discovery: discoveryOf(files, { notes: ['Two names differ in case.'] }) })
    const sources = noted.splits.slice(4).map((split, index) => sourceOf(split, { records: index }))
    const state = [commit(4, mapReport(sources))].reduce(apply, initialState(noted))
    expect(notesOf(state)).toEqual(['Two names differ in case.', 'c.zip!x holds no record.'])
  })

  test('says nothing of the members of an archive that is empty as a whole', () => {
    const sources = plan.splits.slice(4).map((split) => sourceOf(split, { records: 0 }))
    expect(notesOf(replay([commit(4, mapReport(sources))]))).toEqual([])
  })

  test.each([
    ['of blank lines', { records: 0, bytes: 20 }, ['a.txt holds no record.']],
    ['without a byte', { records: 0, bytes: 0 }, []],
    ['whose records were all rejected', { records: 0, bytes: 20, rejected: 3 }, []],
    ['with records', { records: 1, bytes: 20 }, []],
  ])('says of a plain file %s: %j', (_, gave, notes) => {
    const [split] = plan.splits
    expect(notesOf(replay([commit(0, mapReport([sourceOf(split!, gave)]))]))).toEqual(notes)
  })

  test('says nothing of a compressed file without a record: where it is lacking, it is no note', () => {
    const [split] = plan.splits.slice(3)
    expect(split?.kind).toBe('gzip')
    expect(notesOf(replay([commit(3, mapReport([sourceOf(split!, { records: 0 })]))]))).toEqual([])
  })

  test.each<[string, number, Partial<SourceTotals>, readonly string[]]>([
    ['emits nothing', 0, { records: 2000 }, ['12,000 records']],
    ['emits once', 1, { records: 2000 }, []],
    ['has all its records rejected', 0, { records: 0, rejected: 5 }, []],
  ])('says so where the map %s', (_, emitted, gave, says) => {
    const done = (splits: readonly Split[]) =>
      splits.map((split, index) =>
        commit(index, mapReport([sourceOf(split, gave)], { emitted: index === 0 ? emitted : 0 })),
      )
    const told = says.map(
      (of) => `The map emitted nothing of ${of}; a value that map returns is ignored: call emit(key).`,
    )
    expect(notesOf(replay(done(plan.splits)))).toEqual(told)
    // Some may be emitted yet.
    expect(notesOf(replay(done(plan.splits.slice(1))))).toEqual([])
  })

  test('says of several tables how the first is emitted to', () => {
    const { job } = plan
    const tables = (['tags', 'words'] as const).map((name) => ({ name, kind: 'sum' }) as const)
    const several = { ...plan, job: { ...job, description: { ...job.description, tables } } }
    const reports = plan.splits.map((split, index) =>
      commit(index, mapReport([sourceOf(split)], { emitted: 0 })),
    )
    expect(notesOf(reports.reduce(apply, initialState(several)))).toEqual([
      expect.stringMatching(/: call emit\.tags\(key, value\)\.$/),
    ])
  })

  test.each([
    [['x.png'], ['One file is not read: x.png is no text.']],
    [['x.png', 'y.png'], ['2 files are not read: x.png is no text; y.png is no text.']],
    [['x', 'y', 'z'], ['3 files are not read: x is no text; y is no text; z is no text.']],
    [
      ['v', 'w', 'x', 'y', 'z'],
      ['5 files are not read: v is no text; w is no text; x is no text; and 2 more, see --dry-run.'],
    ],
    [[], []],
  ])('says which files lie there unread, three of them by name: %j', (paths, notes) => {
    const ignored = [
      { path: '.hidden', reason: 'is hidden: its name begins with "."' },
      ...paths.map((path) => ({ path, reason: 'is no text' })),
    ]
    const noted = planOf(files, { discovery: discoveryOf(files, { ignored }) })
    expect(notesOf(initialState(noted))).toEqual(notes)
  })
})

describe('inputBytesOf', () => {
  const packed = { ...plan, tasks: [{ ...plan.tasks[0]!, firstSplit: 1, endSplit: 4 }] }

  test.each([
    [plan, 'map-00000', 10],
    [plan, 'map-00002', 5],
    [plan, 'map-00003', 77],
    [packed, 'map-00000', 92],
    [plan, 'map-00006', 0],
    [plan, 'reduce-00001', 0],
  ])('is what the splits of a map task take on disk, and nothing of another task', (of, task, bytes) => {
    expect(inputBytesOf(initialState(of), task)).toBe(bytes)
  })
})

describe('openInputs', () => {
  test('are the files of which some task is not done', () => {
    expect([...openInputs(initialState(plan))]).toEqual(['a.txt', 'b.gz', 'c.zip'])
    // One part of the first file and one member of the archive are still to be read.
    expect([...openInputs(replay(commits.filter((_, index) => index !== 1 && index !== 4)))]).toEqual([
      'a.txt',
      'c.zip',
    ])
    expect([...openInputs(replay(commits))]).toEqual([])
  })
})
