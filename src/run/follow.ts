import { type RunDirectory, readIdentity } from './directory/directory.ts'
import { type Progressed, readLiveProgress } from './directory/live-progress.ts'
import { isHeld } from './directory/lock.ts'
import type { RunObserver } from './journal/book.ts'
import { beginsSession, type RunEvent } from './journal/events.ts'
import { JournalTail } from './journal/journal-tail.ts'
import { readPlan } from './plan/plan-file.ts'
import { apply, initialState, type RunState } from './state/state.ts'

/** Where a run stands when it is looked at. */
export interface Standing {
  /** Is a process at work on it? */
  readonly isHeld: boolean
  /** Null while it has no plan. */
  readonly state: RunState | null
  /** Its workers, and what bounds it, as its process said last; null where it is not at work, or has not said. */
  readonly live: Pick<Progressed, 'workers' | 'bottleneck'> | null
}

/** Follows a run that another process carries out, by the files it leaves. Changes nothing. */
export class RunFollower {
  readonly #directory: RunDirectory
  readonly #journal: JournalTail
  #state: RunState | null = null
  /** When the session began that is at work, or was last. */
  #sessionAt = 0
  /** When was written, or said, what was last told of. */
  #toldAt = 0
  #notedAt = 0

  constructor(directory: RunDirectory) {
    this.#directory = directory
    this.#journal = new JournalTail(directory.journalFile)
  }

  /**
   * Tells the observer what has happened since the last look, in order, each event with the state after it; then how far the
   * attempts are that run now. Cost: reads what is new.
   *
   * @throws {TallymanError} `not-found` for a run that is not there, or not any more, `file-damaged` for a damaged plan or journal
   */
  look(observer: RunObserver): Standing {
    // Asked before the journal is read: what was written until the process let go is read then.
    const held = isHeld(this.#directory)
    readIdentity(this.#directory)
    let state = this.#state ?? this.#planned()
    if (state === null) return { isHeld: held, state, live: null }
    for (const event of this.#journal.next()) state = this.#happen(event, state, observer)
    this.#state = state
    const live = held ? this.#tellProgress(state, observer) : null
    return { isHeld: held, state, live }
  }

  #planned(): RunState | null {
    const plan = readPlan(this.#directory.planFile)
    return plan === null ? null : initialState(plan)
  }

  #happen(event: RunEvent, before: RunState, observer: RunObserver): RunState {
    const state = apply(before, event)
    if (beginsSession(event)) this.#sessionAt = event.at
    observer(event, state)
    return state
  }

  #tellProgress(state: RunState, observer: RunObserver): Progressed | null {
    const progressed = readLiveProgress(this.#directory)
    // A session that was killed leaves its file behind.
    if (progressed === null || progressed.at < this.#sessionAt) return null
    if (progressed.at <= this.#toldAt) return progressed
    this.#toldAt = progressed.at
    for (const event of progressed.attempts) observer(event, state)
    const { note } = progressed
    if (note === null || note.at <= this.#notedAt) return progressed
    this.#notedAt = note.at
    observer(note, state)
    return progressed
  }
}
