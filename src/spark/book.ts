import { assertNever } from '../errors.ts'
import {
  apply,
  type CoordinatorParts,
  type NoteEvent,
  type ProgressEvent,
  type RunDirectory,
  type RunEvent,
  type RunObserver,
  type RunState,
  type Step,
} from '../run/index.ts'

/** State and journal of a run, and who is told: what is known of it, in one place. */
export class RunBook {
  readonly directory: RunDirectory
  readonly #journal: CoordinatorParts['journal']
  #state: RunState
  #observer: RunObserver = () => undefined
  /** Told before anything else: what was journaled before anybody observed. */
  #begun: RunEvent | null
  #notes: readonly string[]

  constructor({ directory, journal, state, begun, notes }: CoordinatorParts) {
    this.directory = directory
    this.#journal = journal
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

  /** Does what `settle` or `lose` says. Nothing is kept of tasks on Spark, and Spark ends its attempts itself. */
  take(step: Step): void {
    switch (step.kind) {
      case 'discard':
        this.directory.discardAttempt(step.attempt)
        return
      case 'commit':
        this.directory.commitAttempt(step.attempt, step.task)
        return
      case 'record':
        this.record(step.event)
        return
      case 'keep':
      case 'forget':
      case 'end':
        return
      default:
        assertNever(step)
    }
  }

  sync(): void {
    this.#journal.sync()
  }

  close(): void {
    this.#journal.close()
  }
}
