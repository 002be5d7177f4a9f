import type { Fault } from '../errors.ts'
import type { Pool } from '../executor/index.ts'
import type { Bottleneck } from './bottleneck.ts'
import { forgetContainers } from './containers/container-note.ts'
import type { RunDirectory } from './directory/directory.ts'
import { releaseLock } from './directory/lock.ts'
import type { HeldRun, RunParts } from './held-run.ts'
import { RunBook, type RunObserver, type StepOutside } from './journal/book.ts'
import type { CommittedResult } from './journal/events.ts'
import type { Plan } from './plan/plan.ts'
import type { RunState } from './state/state.ts'

/** What runs have alike, whoever has their tasks done: a book, and how they let go of what they hold. */
export abstract class BookedRun implements HeldRun {
  readonly id: string
  protected readonly book: RunBook
  readonly #pool: Pick<Pool, 'stop'>
  #isClosed = false

  constructor({
    id,
    pool,
    ...known
  }: Omit<RunParts, 'pool' | 'store'> & { readonly pool: Pick<Pool, 'stop'> }) {
    this.id = id
    this.book = new RunBook(known, (step) => this.takeOutside(step))
    this.#pool = pool
  }

  abstract execute(stop: AbortSignal, finish?: AbortSignal): Promise<RunState>
  abstract readonly workers: HeldRun['workers']
  abstract bottleneck(): Bottleneck | null

  protected abstract takeOutside(step: StepOutside): void

  get directory(): RunDirectory {
    return this.book.directory
  }

  get plan(): Plan {
    return this.state.plan
  }

  get state(): RunState {
    return this.book.state
  }

  observe(observer: RunObserver): void {
    this.book.observe(observer)
  }

  redo(fault: Fault): boolean {
    return this.book.redo(fault)
  }

  giveUp(fault: Fault): void {
    this.book.fail(fault)
  }

  async commit(result: CommittedResult): Promise<void> {
    await this.book.commit(result)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.#pool.stop()
      forgetContainers(this.directory)
    } finally {
      this.clearUp()
      this.book.close()
      releaseLock(this.directory)
    }
  }

  /** Done as the run is closed, as long as nobody else may go on with it. */
  protected clearUp(): void {}

  async discard(): Promise<void> {
    await this.close()
    this.directory.remove()
  }
}
