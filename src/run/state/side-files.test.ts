import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport, sourceOf } from '../../../test/fixtures/plans.ts'
import type { SideFile, SideFileList } from '../../flow/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { decide } from './decide.ts'
import { filesRead } from './files-read.ts'
import type { Shortfall } from './shortfall.ts'
import { mixedInTheEnd, mixedSideFiles, sideFileLists } from './side-files.ts'
import { apply, initialState, type RunState } from './state.ts'

const at = 0
const before: SideFile = { path: '/table', identity: '1 2 3 4' }
const touched: SideFile = { path: '/table', identity: '1 2 3 9' }
const after: SideFile = { path: '/table', identity: '7 8 3 9' }
const other: SideFile = { path: '/label', identity: null }
const otherLater: SideFile = { path: '/label', identity: '5 5 5 5' }

type List = SideFileList | undefined

/** A run of which every task is done, with what the job had read by each. */
function doneWith(
  map: readonly List[],
  reduce: readonly List[],
  accepted: readonly Shortfall[] = [],
): RunState {
  const plan = planOf(
    map.map((_, index) => plainFile(`${index}.txt`, 5)),
    { partitions: reduce.length },
  )
  const of = (list: List): { sideFiles?: SideFileList } => (list === undefined ? {} : { sideFiles: list })
  const events: RunEvent[] = [
    ...plan.splits.map(
      (split, index): RunEvent => ({
        type: 'map-committed',
        at,
        task: `map-0000${index}`,
        attempt: 1,
        report: { ...mapReport([sourceOf(split)]), ...of(map[index]) },
      }),
    ),
    { type: 'map-stage-ended', at, accepted },
    ...reduce.map(
      (list, index): RunEvent => ({
        type: 'reduce-committed',
        at,
        task: `reduce-0000${index}`,
        attempt: 1,
        report: { ...reduceReport(), ...of(list) },
      }),
    ),
  ]
  return events.reduce((state, event) => apply(state, event), initialState(plan))
}

const changed = {
  code: 'input-changed',
  message:
    '/table, which the job reads itself, was changed meanwhile: it was read as it was before, and as it was then.',
  wayOut: 'Run again.',
}

describe('a run whose tasks are all done', () => {
  test.each<[string, List[], List[]]>([
    ['no file at all', [undefined, undefined], [undefined]],
    ['the same files', [[before], [before]], [[before, other], [before]]],
    ['a file whose rights alone were changed', [[before]], [[touched]]],
    ['more than is told apart', [[before]], [null]],
  ])('rests where the job had read %s', (_, map, reduce) => {
    const state = doneWith(map, reduce)
    expect(mixedInTheEnd(state)).toBeNull()
    expect(decide(state, 1)).toEqual({ kind: 'rest' })
  })

  test.each<[string, List[], List[]]>([
    ['the reduce stage than for the map stage', [[before], [before]], [[after], [after]]],
    ['one reduce task than for another', [undefined], [[before], [after]]],
    ['one part of a reduce task than for another', [undefined], [[before, after]]],
  ])('fails where a file was another one for %s', (_, map, reduce) => {
    const state = doneWith(map, reduce)
    expect(mixedInTheEnd(state)).toEqual(changed)
    expect(decide(state, 1)).toEqual({ kind: 'fail', fault: changed })
  })

  test('names the first of several such files, and says how many more there are', () => {
    expect(mixedInTheEnd(doneWith([[before, other]], [[after, otherLater]]))?.message).toMatch(
      /^\/label, which .* So were 1 more\.$/,
    )
  })

  test('goes on without a file that was accepted when the map stage had ended, and not without another', () => {
    const accept = (name: string, accepted = true): Shortfall[] => [
      { kind: 'input', name, message: 'It was changed.', wayOut: null, accepted },
    ]
    const done = (shortfalls: Shortfall[]): RunState => doneWith([[before], [after]], [[after]], shortfalls)
    expect(mixedInTheEnd(done(accept('/table')))).toBeNull()
    expect(mixedInTheEnd(done(accept('/label')))).toEqual(changed)
    expect(mixedInTheEnd(done(accept('/table', false)))).toEqual(changed)
  })
})

test('a file that one task has read twice is mixed where it was another one then', () => {
  const { map } = doneWith([[before, touched], [other]], [undefined])
  expect(mixedSideFiles(map)).toEqual([])
  expect(mixedSideFiles(doneWith([[before, after]], [undefined]).map)).toEqual(['/table'])
})

test('lists of tasks that follow each other and have read the same are one', () => {
  const { map, reduce } = doneWith([[before], [{ ...before }], [after]], [[{ ...after }], [before]])
  expect([...sideFileLists(map, reduce)]).toEqual([[before], [after], [before]])
})

test('what was read is told of both stages', () => {
  const table = { path: '/table', sizeBytes: 1, mtimeNs: '2' }
  expect(filesRead(doneWith([[before]], [[before, other]]))).toEqual([
    { path: '/label', sizeBytes: null, mtimeNs: null },
    table,
  ])
  expect(filesRead(doneWith([undefined], [[before]]))).toEqual([table])
  expect(filesRead(doneWith([[before]], [null]))).toBeNull()
  expect(filesRead(doneWith([undefined], [undefined]))).toEqual([])
})
