import { expect, test } from 'vitest'
import { plainFile, planOf } from '../../test/fixtures/plans.ts'
import { initialState, type RunState } from './state/state.ts'
import { isComplete, type RunStatus, sayRunStatus, sayStatus, statusOf } from './status.ts'

const begun = initialState(planOf([plainFile('a', 5)]))
const run = (phase: RunState['phase'], isHeld = false, more: Partial<RunState> = {}) => ({
  state: { ...begun, phase, ...more },
  isHeld,
})
const shortfalls = [{}] as unknown as RunState['shortfalls']

test('a run that somebody holds is running, whatever its journal said last', () => {
  expect([statusOf(run('failed', true)), statusOf({ state: null, isHeld: true })]).toEqual([
    'running',
    'running',
  ])
})

test('a run that nobody holds is what its journal said last, or cut off', () => {
  const phases = ['complete', 'refused', 'failed', 'interrupted'] as const
  expect(phases.map((phase) => statusOf(run(phase)))).toEqual(phases)
  expect([statusOf(run('map')), statusOf(run('reduce'))]).toEqual(['cut-off', 'cut-off'])
  expect(statusOf({ state: null, isHeld: false })).toBe('unplanned')
})

test('a run is complete where nothing is lacking', () => {
  expect([isComplete(run('complete')), isComplete(run('complete', false, { shortfalls }))]).toEqual([
    true,
    false,
  ])
  expect([isComplete(run('reduce')), isComplete({ state: null })]).toEqual([false, false])
  expect(sayRunStatus(run('complete'))).toBe('complete')
  expect(sayRunStatus(run('complete', false, { shortfalls }))).toBe('incomplete, as accepted')
  expect(sayRunStatus(run('refused', false, { shortfalls }))).toBe('not committed')
})

test('people are told in words', () => {
  const said: Record<RunStatus, string> = {
    running: 'running',
    complete: 'complete',
    refused: 'not committed',
    failed: 'failed',
    interrupted: 'interrupted',
    'cut-off': 'cut off',
    unplanned: 'ended before its plan',
    unreadable: 'cannot be read',
  }
  for (const [status, words] of Object.entries(said)) expect(sayStatus(status as RunStatus)).toBe(words)
})
