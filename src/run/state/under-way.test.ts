import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, sourceOf } from '../../../test/fixtures/plans.ts'
import type { ProgressEvent, RunEvent } from '../journal/events.ts'
import { apply, initialState, type RunState } from './state.ts'
import { UnderWay } from './under-way.ts'

const at = 0
/** Three tasks of ten bytes. */
const plan = planOf([plainFile('a.txt', 30)])
const empty = { readBytes: 0, records: 0, rejected: 0 }

function progress(task: string, attempt: number, more: Partial<ProgressEvent> = {}): ProgressEvent {
  const counted = { readBytes: 4, bytes: 4, records: 2, rejected: 1, groups: 0 }
  return { type: 'progress', at, task, attempt, ...counted, ...more }
}

function started(task: string, attempt = 1): RunEvent {
  return { type: 'attempt-started', at, task, attempt, seat: 0 }
}

const committed: RunEvent = {
  type: 'map-committed',
  at,
  task: 'map-00000',
  attempt: 1,
  report: mapReport([sourceOf(plan.splits[0]!)]),
}
const resumed: RunEvent = { type: 'resumed', at, accept: [], badRecords: { kind: 'count', count: 0 } }

/** What is under way once these events were heard, and the state that those of the journal come to. */
function heard(...events: readonly (RunEvent | ProgressEvent)[]): { underWay: UnderWay; state: RunState } {
  const underWay = new UnderWay()
  let state = initialState(plan)
  for (const event of events) {
    underWay.observe(event)
    if (event.type !== 'progress') state = apply(state, event)
  }
  return { underWay, state }
}

describe('UnderWay', () => {
  test('knows the last word of each attempt', () => {
    const [first, last] = [progress('map-00000', 1), progress('map-00000', 1, { records: 9 })]
    const other = progress('map-00001', 1)
    const { underWay } = heard(started('map-00000'), started('map-00001'), first, other, last)
    expect(underWay.attempts).toEqual([last, other])
    expect(underWay.of('map-00000.1')).toBe(last)
    expect(underWay.of('map-00000.2')).toBeUndefined()
  })

  test('forgets an attempt when something else is heard of it, and keeps the others', () => {
    const begun = [started('map-00000'), started('map-00001')]
    const { underWay } = heard(...begun, progress('map-00000', 1), progress('map-00001', 1), committed)
    expect(underWay.attempts.map(({ task }) => task)).toEqual(['map-00001'])
    underWay.observe({ type: 'note', at, message: 'Others need the machine.' })
    expect(underWay.attempts).toHaveLength(1)
  })

  test.each<RunEvent>([resumed, { type: 'planned', at, tasks: 3, partitions: 1, inputBytes: 30 }])(
    'forgets all attempts when a run begins anew: $type',
    (event) => {
      const { underWay } = heard(started('map-00000'), progress('map-00000', 1))
      underWay.observe(event)
      expect(underWay.attempts).toEqual([])
    },
  )

  test('adds what is under way to what is committed', () => {
    const { underWay, state } = heard(
      ...[started('map-00001'), started('map-00002')],
      ...[progress('map-00001', 1), progress('map-00002', 1, { readBytes: 3, records: 5, rejected: 0 })],
    )
    expect(underWay.addedTo({ readBytes: 10, records: 10, rejected: 1 }, state)).toEqual({
      readBytes: 17,
      records: 17,
      rejected: 2,
    })
  })

  test.each([
    ['first', 7, 3],
    ['second', 3, 7],
  ])('counts of two attempts at one task the one that is further: the %s', (_, one, two) => {
    const { underWay, state } = heard(
      ...[started('map-00000'), progress('map-00000', 1, { records: one, readBytes: one })],
      progress('map-00000', 2, { records: two, readBytes: two }),
    )
    expect(underWay.addedTo(empty, state)).toEqual({ readBytes: 7, records: 7, rejected: 1 })
  })

  test('counts no more bytes than the task has to read, and none of a reduce task', () => {
    const { underWay, state } = heard(
      progress('map-00000', 1, { readBytes: 1000 }),
      progress('reduce-00000', 1, { readBytes: 50, records: 0, rejected: 0 }),
    )
    expect(underWay.addedTo(empty, state)).toEqual({ readBytes: 10, records: 2, rejected: 1 })
  })

  test('adds nothing of an attempt that is still heard of when its task is done', () => {
    const { underWay, state } = heard(started('map-00000'), committed, progress('map-00000', 2))
    expect(underWay.attempts).toHaveLength(1)
    expect(underWay.addedTo(empty, state)).toEqual(empty)
  })
})
