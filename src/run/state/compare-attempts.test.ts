import { describe, expect, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport, sourceOf } from '../../../test/fixtures/plans.ts'
import { differenceFrom, lostForGood } from './compare-attempts.ts'
import { apply, initialState } from './state.ts'

const plan = planOf([plainFile('a.txt', 30)])
const at = 0
const spill = { partition: 0, name: 's0.spill', atByte: 0, records: 3, bytes: 40, crc32: 7 }

function reportWith(crc32: number) {
  const split = plan.splits[0]
  if (split === undefined) throw new Error('The plan has no split.')
  return { ...mapReport([sourceOf(split)]), spills: [{ ...spill, crc32 }] }
}

const lost = [
  { type: 'map-committed', at, task: 'map-00000', attempt: 1, report: reportWith(7) },
  { type: 'output-lost', at, task: 'map-00000', fault: { code: 'file-damaged', message: 'Damaged.' } },
] as const

describe('differenceFrom', () => {
  test('finds nothing to compare in a task that ran for the first time', () => {
    expect(differenceFrom(initialState(plan), 'map-00000', { kind: 'map', report: reportWith(7) })).toBeNull()
  })

  test('lets pass what is the same, and names what the task reads when it is not', () => {
    const state = lost.reduce(apply, initialState(plan))
    expect(differenceFrom(state, 'map-00000', { kind: 'map', report: reportWith(7) })).toBeNull()
    expect(differenceFrom(state, 'map-00000', { kind: 'map', report: reportWith(8) })).toMatchObject({
      code: 'not-deterministic',
      message: 'Task map-00000 (a.txt, bytes 0 to 10) gave other output when it ran again.',
      wayOut: expect.stringContaining('Math.random'),
    })
  })

  test('does not blame the job where what an earlier run had kept was cut otherwise, and takes the new where nobody has used the old', () => {
    const [, loss] = lost
    const kept = { type: 'map-reused', at, task: 'map-00000', run: 'r1', report: reportWith(7) } as const
    const now = { kind: 'map', report: reportWith(8) } as const
    const state = [kept, loss].reduce(apply, initialState(plan))
    expect(differenceFrom(state, 'map-00000', now)).toBeNull()
    const start = { type: 'attempt-started', at, task: 'reduce-00000', attempt: 1, seat: 0 } as const
    const done = {
      type: 'reduce-committed',
      at,
      task: 'reduce-00000',
      attempt: 1,
      report: reduceReport(1),
    } as const
    for (const events of [[start], [start, done]] as const) {
      const used = [kept, ...events, loss].reduce(apply, initialState(plan))
      expect(differenceFrom(used, 'map-00000', { kind: 'map', report: reportWith(7) })).toBeNull()
      expect(differenceFrom(used, 'map-00000', now)).toMatchObject({
        code: 'not-deterministic',
        message: expect.stringContaining('than an earlier run had kept of it'),
        wayOut: expect.stringMatching(/^Run the job again/),
      })
    }
    // What this run wrote itself is to be the same.
    const again = { ...lost[0], attempt: 1, report: reportWith(8) }
    const twice = [kept, loss, again, loss].reduce(apply, initialState(plan))
    expect(differenceFrom(twice, 'map-00000', { kind: 'map', report: reportWith(9) })).toMatchObject({
      message: expect.stringMatching('gave other output when it ran again'),
    })
  })

  test('compares what reduce tasks wrote as well', () => {
    const part = { table: 'result', name: 'result.part', rows: 1, bytes: 20, crc32: 7 }
    const reportOf = (crc32: number) => ({ ...reduceReport(1), parts: [{ ...part, crc32 }] })
    const task = 'reduce-00000'
    const done = apply(initialState(plan), {
      ...{ type: 'reduce-committed', at, task, attempt: 1, report: reportOf(7) },
    })
    expect(differenceFrom(done, task, { kind: 'reduce', report: reportOf(7) })).toBeNull()
    expect(differenceFrom(done, task, { kind: 'reduce', report: reportOf(8) })).toMatchObject({
      message: 'Task reduce-00000 gave other output when it ran again.',
    })
  })
})

describe('lostForGood', () => {
  const damaged = [
    { ordinal: 0, fault: { code: 'input-damaged', message: 'a.txt ends too early.' } },
  ] as const

  test('is an input that is damaged now, and was not when what its task wrote was counted on', () => {
    const state = lost.reduce(apply, initialState(plan))
    expect(lostForGood(state, 'map-00000', damaged)).toMatchObject({
      code: 'input-damaged',
      message: expect.stringMatching(/was lost, and it cannot be done again: a\.txt ends too early\.$/),
    })
  })

  test('is none where nothing was counted on, nothing is damaged, or nothing is lost', () => {
    const state = lost.reduce(apply, initialState(plan))
    expect(lostForGood(initialState(plan), 'map-00000', damaged)).toBeNull()
    expect(lostForGood(state, 'map-00000', [])).toBeNull()
    expect(lostForGood(apply(initialState(plan), lost[0]), 'map-00000', damaged)).toBeNull()
    expect(lostForGood(state, 'map-00099', damaged)).toBeNull()
  })
})
