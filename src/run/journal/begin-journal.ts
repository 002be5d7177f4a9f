import { rmSync } from 'node:fs'
import type { RunState } from '../state/state.ts'
import { totalsOf } from '../state/totals.ts'
import type { RunEvent } from './events.ts'
import { JournalWriter } from './journal.ts'

/** A journal, and the event at its begin. */
interface BegunJournal {
  readonly journal: JournalWriter
  readonly planned: RunEvent
}

/**
 * Begins the journal of a run whose plan is on disk. What lies in its place is the half header of one that was killed as it
 * began its journal.
 *
 * @param state before anything happened
 */
export function beginJournal(file: string, state: RunState): BegunJournal {
  rmSync(file, { force: true })
  const journal = new JournalWriter(file, 'new')
  const planned: RunEvent = {
    type: 'planned',
    at: Date.now(),
    tasks: state.plan.tasks.length,
    partitions: state.plan.partitions,
    inputBytes: totalsOf(state).inputBytes,
  }
  journal.append(planned)
  return { journal, planned }
}
