import { describe, expect, it } from 'vitest'
import { mapReport, plainFile, planOf, sourceOf } from '../../../test/fixtures/plans.ts'
import { apply, initialState, type RunState } from '../../run/state/state.ts'
import { commandsOf } from './commands.ts'

/** Of a run that was refused for its rejected records. */
function refused(records: number, rejected: number): RunState {
  const plan = planOf([plainFile('a.txt', 10)])
  const report = mapReport([sourceOf(plan.splits[0]!, { records, rejected })])
  const shortfalls = [{ kind: 'rejected', message: 'many', wayOut: 'mend', accepted: false }] as const
  return [
    { type: 'map-committed', at: 0, task: 'map-00000', attempt: 1, report } as const,
    { type: 'refused', at: 0, shortfalls } as const,
  ].reduce<RunState>(apply, initialState(plan))
}

describe('commandsOf', () => {
  it('goes on with a refused run, but not with one of which most records were rejected', () => {
    const does = (state: RunState): string[] => commandsOf('ID', state, false).map(({ command }) => command)
    const looks = ['tallyman explain ID', 'tallyman logs ID']
    expect(does(refused(2, 2))).toEqual(['tallyman resume ID --max-bad 2', ...looks])
    expect(does(refused(1, 2))).toEqual(looks)
  })
})
