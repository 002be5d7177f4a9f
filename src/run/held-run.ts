import type { Fault } from '../errors.ts'
import type { Pool } from '../executor/index.ts'
import type { Bottleneck } from './bottleneck.ts'
import type { RunDirectory } from './directory/directory.ts'
import type { BookParts, RunObserver } from './journal/book.ts'
import type { CommittedResult } from './journal/events.ts'
import type { Plan } from './plan/plan.ts'
import type { RunState } from './state/state.ts'
import type { Store } from './store/store.ts'

/** What a run is made of; all of it is the run's own from then on. */
export interface RunParts extends BookParts {
  readonly id: string
  readonly pool: Pool
  readonly store: Store
}

/** Makes a run of what is prepared of it: who has its tasks done. */
export type RunMaker = (parts: RunParts) => HeldRun

/** A run that this process holds, from its plan until it is closed: nobody else may go on with it. */
export interface HeldRun {
  readonly id: string
  readonly directory: RunDirectory
  readonly plan: Plan
  /** How far it is. */
  readonly state: RunState
  /**
   * Says who is told from now on, in place of whoever was; at once what has been journaled and nobody was told yet. Called before `execute`.
   */
  observe(observer: RunObserver): void
  /**
   * Runs the map and the reduce stage. Called once, again after `redo`, and again where `stop` came after it had settled, which it then
   * journals. Settles when every part file is in place (phase `reduce`), or the run was refused, failed or interrupted: the phase says which.
   * Rejects only for trouble with the run's own files.
   *
   * @param stop aborted to end the run cleanly: running attempts are given up, the phase becomes `interrupted`
   * @param finish aborted to begin no attempt any more: once those that run have ended, the phase becomes `interrupted`,
   *   unless they were the last
   */
  execute(stop: AbortSignal, finish?: AbortSignal): Promise<RunState>
  /**
   * Says that a file the run had committed turned out damaged: its task is opened again, and `execute` may be called once
   * more. Returns false for a fault that is about no such file.
   */
  redo(fault: Fault): boolean
  /** Journals that the result could not be written, although all of it is there; `resume` tries again. */
  giveUp(fault: Fault): void
  /** The workers there are now, with the process each lives in: threads share one. */
  readonly workers: readonly { readonly seat: number; readonly pid: number }[]
  /** What bounded the run so far; null where it was over too soon to tell. */
  bottleneck(): Bottleneck | null
  /** Journals a result that is in its place. Called after `execute` gave phase `reduce`. */
  commit(result: CommittedResult): Promise<void>
  /** Ends the workers and lets go of the run's directory. Safe at any time, more than once. */
  close(): Promise<void>
  /** `close`, and removes the run's directory: for a plan that was only to be shown. */
  discard(): Promise<void>
}
