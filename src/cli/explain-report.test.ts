import { expect, test } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { explainTasks, type RunEvent } from '../run/index.ts'
import { initialState } from '../run/state/state.ts'
import { sayStory, wordsNow } from './explain-report.ts'

const fault = (message: string) => ({ code: 'worker-died', message, retry: true }) as const

/** A run that was killed again and again, in the middle of its only task. */
function killed(times: number): RunEvent[] {
  return Array.from({ length: times }, (_, index): RunEvent[] => [
    { type: 'attempt-started', at: index, task: 'map-00000', attempt: index + 1, seat: 0 },
    { type: 'resumed', at: index, accept: [], badRecords: { kind: 'count', count: 0 } },
  ]).flat()
}

function said(events: readonly RunEvent[]): string {
  const [story] = explainTasks(initialState(planOf([plainFile('a.txt', 5)])), events)
  if (story === undefined) throw new Error('The plan has no task.')
  return sayStory(story, wordsNow)
}

test('one trouble stands in the line, attempts that ended alike are one trouble', () => {
  expect(said(killed(1))).toBe('map-00000 (a.txt) is waiting: attempt 1: the run ended in the middle of it')
  expect(said(killed(30))).toBe(
    'map-00000 (a.txt) is waiting: attempts 1 to 30: the run ended in the middle of it',
  )
})

test('several troubles have a line each, and are counted where nobody would read them all', () => {
  const failed = Array.from(
    { length: 12 },
    (_, index): RunEvent => ({
      type: 'attempt-failed',
      at: index,
      task: 'map-00000',
      attempt: index + 31,
      charged: true,
      fault: fault(`died at line ${index}\n`),
    }),
  )
  const lines = said([...killed(30), ...failed]).split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'map-00000 (a.txt) is waiting',
    '  attempts 1 to 30: the run ended in the middle of it',
    '  attempt 31: died at line 0\\n',
  ])
  expect(lines.slice(10)).toEqual(['  attempt 39: died at line 8\\n', '  … and 3 more: --json has all'])
})
