import { assertNever, type Fault } from '../../errors.ts'
import type { RunDirectory } from '../directory/directory.ts'
import { writeRejectedList } from '../directory/rejected-list.ts'
import { judgeMapStage, type Verdict } from '../state/judge.ts'
import { lose, type Step } from '../state/settle.ts'
import { apply, isDone, type RunState } from '../state/state.ts'
import type { CommittedResult, NoteEvent, ProgressEvent, RunEvent } from './events.ts'
import type { JournalWriter } from './journal.ts'

/** Watches a run. Called after each event has been journaled and applied; what it throws ends the run. */
export type RunObserver = (event: RunEvent | ProgressEvent | NoteEvent, state: RunState) => void

/** What is known of a run, and where. */
export interface BookParts {
  readonly directory: RunDirectory
  readonly journal: JournalWriter
  readonly state: RunState
  /** What has been journaled already: who observes the run is told it first. */
  readonly begun: RunEvent
  /** What people are told next, in whole sentences. */
  readonly notes: readonly string[]
}

/** Steps that concern what is kept for later runs, and attempts that still run: for who has the tasks done. */
export type StepOutside = Extract<Step, { kind: 'keep' | 'forget' | 'end' }>

/** State, journal and files of a run, and who is told: what is known of it is in one place, whoever has its tasks done. */
export class RunBook {
  readonly directory: RunDirectory
  readonly #journal: JournalWriter
  readonly #outside: (step: StepOutside) => void
  #state: RunState
  #observer: RunObserver = () => undefined
  #begun: RunEvent | null
  #notes: readonly string[]

  constructor({ directory, journal, state, begun, notes }: BookParts, outside: (step: StepOutside) => void) {
    this.directory = directory
    this.#journal = journal
    this.#outside = outside
    this.#state = state
    this.#begun = begun
    this.#notes = notes
  }

  get state(): RunState {
    return this.#state
  }

  /** From now on this one is told; at first what it has missed. */
  observe(observer: RunObserver): void {
    this.#observer = observer
    if (this.#begun !== null) observer(this.#begun, this.#state)
    this.#begun = null
    for (const message of this.#notes) this.say(message)
    this.#notes = []
  }

  say(message: string): void {
    this.tell({ type: 'note', at: Date.now(), message })
  }

  /** Tells of what is in no journal. */
  tell(event: NoteEvent | ProgressEvent): void {
    this.#observer(event, this.#state)
  }

  /** Journals what happened; only then is it true. */
  record(event: RunEvent): void {
    this.#journal.append(event)
    this.#state = apply(this.#state, event)
    this.#observer(event, this.#state)
  }

  /** Does what `settle` or `lose` says. */
  take(step: Step): void {
    switch (step.kind) {
      case 'discard':
        this.directory.discardAttempt(step.attemptId)
        return
      case 'commit':
        this.directory.commitAttempt(step.attemptId, step.task)
        return
      case 'record':
        this.record(step.event)
        return
      case 'keep':
      case 'forget':
      case 'end':
        this.#outside(step)
        return
      default:
        assertNever(step)
    }
  }

  /** As `HeldRun` has it. */
  redo(fault: Fault): boolean {
    const task = fault.code === 'file-damaged' ? this.directory.taskOfCommitted(fault.file ?? '') : null
    if (task === null || !isDone(this.#state, task)) return false
    for (const step of lose(task, fault, Date.now())) this.take(step)
    return true
  }

  /**
   * What the map stage has come to, once what its tasks rejected is listed in one place. Journaled by who asks.
   *
   * @throws {TallymanError} `file-damaged` for the list of a task: see `redo`
   */
  judge(): Verdict {
    writeRejectedList(this.directory, this.#state)
    return judgeMapStage(this.#state, Date.now())
  }

  fail(fault: Fault): void {
    this.record({ type: 'failed', at: Date.now(), fault })
  }

  interrupt(): void {
    this.record({ type: 'interrupted', at: Date.now() })
  }

  /** Journals a result that is in its place. Only then may go what it could be made from again. */
  async commit(result: CommittedResult): Promise<void> {
    this.record({ type: 'result-committed', at: Date.now(), result })
    this.#journal.sync()
    await this.directory.discardCommitted()
  }

  close(): void {
    this.#journal.close()
  }
}
