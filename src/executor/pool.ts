import { type Fault, TallymanError, toFault } from '../errors.ts'
import type { Attempt, AttemptProgress, AttemptReport } from './attempt.ts'
import type { Exit, Link, LinkFactory } from './channel.ts'
import { type FromWorker, isFromWorker, type LoadedJob, type LoadOrder } from './messages.ts'

/** How an attempt ended. A worker's death is an outcome like any other, never an exception. */
export type AttemptOutcome =
  | { readonly kind: 'done'; readonly report: AttemptReport }
  | { readonly kind: 'failed'; readonly fault: Fault }

/**
 * A bounded number of workers, each running one attempt at a time. Workers are started when they are first needed,
 * and a worker in which anything failed is replaced, since what user code left behind in it is unknown.
 */
export class Pool {
  readonly #factory: LinkFactory
  readonly #seats: readonly Seat[]
  #isStopped = false

  /** Starts nothing yet. */
  constructor(factory: LinkFactory, options: { readonly seats: number; readonly order: LoadOrder }) {
    this.#factory = factory
    this.#seats = Array.from({ length: options.seats }, (_, seat) => new Seat(factory, seat, options.order))
  }

  /** How many attempts could be begun now. */
  get freeSeats(): number {
    return this.#seats.filter((seat) => !seat.isBusy).length
  }

  /**
   * Has the first worker load the job, and returns what it found.
   *
   * @throws {TallymanError} `job-invalid` or `param-invalid`, as the worker said it
   */
  async load(): Promise<LoadedJob> {
    const seat = this.#takeSeat()
    return seat.load()
  }

  /**
   * Runs an attempt. REQUIRES: a free seat.
   *
   * @returns the seat it has, for the journal, and how it ends; that promise never rejects
   */
  run(
    attempt: Attempt,
    onProgress: (progress: AttemptProgress) => void,
  ): { readonly seat: number; readonly outcome: Promise<AttemptOutcome> } {
    const seat = this.#takeSeat()
    return { seat: seat.number, outcome: seat.run(attempt, onProgress) }
  }

  /** Ends every worker at once; attempts that are running end as failed. Safe at any time, more than once. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#seats.map((seat) => seat.stop()))
    await this.#factory.close()
  }

  #takeSeat(): Seat {
    const seat = this.#seats.find(({ isBusy }) => !isBusy)
    if (seat === undefined)
      throw new TallymanError('internal', 'The pool was given more than it has seats for.')
    if (this.#isStopped) throw new TallymanError('internal', 'The pool was given work after it was stopped.')
    return seat
  }
}

/** What a seat waits for: the answer to the one thing its worker was told last. */
type Answer = Exclude<FromWorker, { type: 'progress' }> | { readonly type: 'gone'; readonly fault: Fault }

/** One worker's place in the pool; workers come and go in it. */
class Seat {
  readonly number: number
  readonly #factory: LinkFactory
  readonly #order: LoadOrder
  #link: Link | null = null
  #isLoaded = false
  #answer: ((answer: Answer) => void) | null = null
  #onProgress: ((progress: AttemptProgress) => void) | null = null
  isBusy = false

  constructor(factory: LinkFactory, number: number, order: LoadOrder) {
    this.#factory = factory
    this.number = number
    this.#order = order
  }

  async load(): Promise<LoadedJob> {
    this.isBusy = true
    try {
      const answer = await this.#ask({ type: 'load', order: this.#order })
      if (answer.type === 'loaded') {
        this.#isLoaded = true
        return answer.job
      }
      await this.stop()
      throw errorOf(faultOf(answer))
    } finally {
      this.isBusy = false
    }
  }

  async run(attempt: Attempt, onProgress: (progress: AttemptProgress) => void): Promise<AttemptOutcome> {
    this.isBusy = true
    this.#onProgress = onProgress
    try {
      return await this.#tryRun(attempt)
    } catch (error) {
      return { kind: 'failed', fault: toFault(error) }
    } finally {
      this.#onProgress = null
      this.isBusy = false
    }
  }

  async #tryRun(attempt: Attempt): Promise<AttemptOutcome> {
    if (this.#link === null || !this.#isLoaded) {
      const answer = await this.#ask({ type: 'load', order: this.#order })
      if (answer.type !== 'loaded') {
        await this.stop()
        return { kind: 'failed', fault: faultOf(answer) }
      }
      this.#isLoaded = true
    }
    const answer = await this.#ask({ type: 'run', attempt })
    if (answer.type === 'done') return { kind: 'done', report: answer.report }
    await this.stop()
    return { kind: 'failed', fault: faultOf(answer) }
  }

  async stop(): Promise<void> {
    const link = this.#link
    if (link === null) return
    link.kill()
    await link.exited
  }

  /** Tells the worker something and waits for its one answer, or for its end. */
  #ask(message: Parameters<Link['send']>[0]): Promise<Answer> {
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#link ??= this.#open()
      this.#link.send(message)
    })
  }

  #open(): Link {
    const link = this.#factory.open(this.number, (message) => {
      if (this.#link === link) this.#take(message)
    })
    void link.exited.then((exit) => {
      this.#link = null
      this.#isLoaded = false
      this.#resolve({ type: 'gone', fault: deathFault(exit, link.logFile) })
    })
    return link
  }

  /** A worker runs code that is not ours: what it says is checked before it is believed. */
  #take(message: unknown): void {
    if (!isFromWorker(message)) {
      const said = JSON.stringify(message)?.slice(0, 100)
      this.#resolve({
        type: 'gone',
        fault: { code: 'protocol-broken', message: `The worker said something unknown: ${said}.` },
      })
      return
    }
    if (message.type === 'progress') this.#onProgress?.(message.progress)
    else this.#resolve(message)
  }

  #resolve(answer: Answer): void {
    const resolve = this.#answer
    this.#answer = null
    resolve?.(answer)
  }
}

function faultOf(answer: Answer): Fault {
  switch (answer.type) {
    case 'refused':
    case 'failed':
    case 'gone':
      return answer.fault
    case 'loaded':
    case 'done':
      return { code: 'protocol-broken', message: `The worker said "${answer.type}" out of turn.` }
  }
}

/** Every death has a cause, and a log. */
function deathFault(exit: Exit, logFile: string): Fault {
  const lastLine = exit.lastWords.trimEnd().split('\n').at(-1)?.trim() ?? ''
  const words = lastLine === '' ? '' : ` Its last words: ${JSON.stringify(lastLine.slice(0, 200))}.`
  return {
    code: exit.code,
    message: `The worker ${exit.how}.${words}`,
    wayOut:
      exit.code === 'out-of-memory'
        ? 'Give the run more memory (--memory), fewer workers (--workers), or let the job keep less per key.'
        : `What it printed is in ${logFile}.`,
  }
}

function errorOf(fault: Fault): TallymanError {
  const error = new TallymanError(
    fault.code,
    fault.message,
    fault.wayOut === undefined ? {} : { wayOut: fault.wayOut },
  )
  if (fault.stack !== undefined) error.stack = fault.stack
  return error
}
