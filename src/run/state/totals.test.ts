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
import type { MapReport } from '../../flow/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { apply, initialState, type RunState } from './state.ts'
import { inputTotals, notesOf, totalsOf } from './totals.ts'

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
})
