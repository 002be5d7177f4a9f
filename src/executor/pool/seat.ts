import { join } from 'node:path'
import { inspect } from 'node:util'
import { errnoOf, errorOf, type Fault, toFault } from '../../errors.ts'
import type { Attempt, AttemptProgress, AttemptReport } from '../attempt.ts'
import type { Link, LinkFactory, WorkerProcess } from '../channel.ts'
import { type FromWorker, isFromWorker, type LoadedJob, type LoadOrder } from '../messages.ts'
import { deathFault, loadFault, noProgressFault } from './death.ts'
import { FlightRecorder, writeDeath } from './flight-recorder.ts'
import { Stillness } from './stillness.ts'
import type { WatchLimits } from './watchdog.ts'

/** How an attempt ended. A worker's death is an outcome like any other, never an exception. */
export type AttemptOutcome =
  | {
      readonly kind: 'done'
      readonly report: AttemptReport
      /** What it took of a core, in milliseconds, as its worker says; left out where it does not. */
      readonly workMs?: number
    }
  | { readonly kind: 'failed'; readonly fault: Fault }

/** How many workers there are, and what each is given. */
export interface PoolOptions {
  readonly seats: number
  readonly order: LoadOrder
  /** Heap limit of a worker. */
  readonly heapBytes: number
  /** An attempt that makes no progress for so long is ended. */
  readonly taskTimeoutMs: number
  /** The same of a worker that loads its job. */
  readonly loadTimeoutMs: number
  readonly limits: WatchLimits
  /** Existing directory for what is left of attempts that fail. */
  readonly logDirectory: string
}

/** What an attempt needs beside its order. */
export interface AttemptNeeds {
  /** Heap limit of the worker that runs it; the pool's where it is left out. A worker with another one is replaced. */
  readonly heapBytes?: number
}

/** What a seat waits for: the answer to the one thing its worker was told last. */
type Answer =
  | Exclude<FromWorker, { type: 'progress' | 'broken' }>
  | { readonly type: 'gone'; readonly fault: Fault }

const stoppedFault: Fault = {
  code: 'worker-died',
  message: 'No worker was started: the pool had been stopped.',
}

/** One worker's place in the pool; workers come and go in it. */
export class Seat {
  readonly number: number
  readonly #factory: LinkFactory
  readonly #options: PoolOptions
  #link: Link | null = null
  /** Heap limit of the worker that is there. */
  #heapBytes = 0
  #isLoaded = false
  readonly #recorder: FlightRecorder
  /** The last that was said by the worker that ended last. */
  #lastWords = ''
  /** Why the worker was ended by us, which then is why its attempt failed. */
  #verdict: Fault | null = null
  /** Does the attempt at hand, or what its worker loads, still move? */
  readonly #stillness = new Stillness()
  /** Id of the attempt at hand. */
  attempt: string | null = null
  #answer: ((answer: Answer) => void) | null = null
  #onProgress: ((progress: AttemptProgress) => void) | null = null
  isBusy = false
  #isGivenUp = false
  #isClosed = false

  constructor(factory: LinkFactory, number: number, options: PoolOptions) {
    this.#factory = factory
    this.number = number
    this.#options = options
    const { limits, taskTimeoutMs } = options
    this.#recorder = new FlightRecorder({ ...limits, taskTimeoutMs })
  }

  /** Starts a worker that is told nothing yet: its program is loaded while its job is bundled. REQUIRES: there is none yet. */
  warm(): void {
    this.#heapBytes = this.#options.heapBytes
    this.#link ??= this.#open()
  }

  async load(): Promise<LoadedJob> {
    this.isBusy = true
    try {
      this.#heapBytes = this.#options.heapBytes
      const answer = await this.#askToLoad()
      if (answer.type === 'loaded') {
        this.#isLoaded = true
        return answer.job
      }
      await this.stop()
      throw errorOf(faultOf(answer))
    } finally {
      this.#verdict = null
      this.isBusy = false
    }
  }

  async run(
    attempt: Attempt,
    onProgress: (progress: AttemptProgress) => void,
    { heapBytes = this.#options.heapBytes }: AttemptNeeds,
  ): Promise<AttemptOutcome> {
    this.isBusy = true
    this.attempt = attempt.id
    this.#onProgress = onProgress
    this.#recorder.begin()
    this.#lastWords = ''
    this.#isGivenUp = false
    try {
      if (this.#heapBytes !== heapBytes) await this.stop()
      this.#heapBytes = heapBytes
      const outcome = await this.#tryRun(attempt)
      if (outcome.kind === 'failed') this.#recordDeath(attempt, outcome.fault)
      return outcome
    } catch (error) {
      return { kind: 'failed', fault: toFault(error) }
    } finally {
      this.#verdict = null
      this.#onProgress = null
      this.attempt = null
      this.isBusy = false
    }
  }

  /** Ends the attempt at hand, of which nobody wants to know any more. */
  giveUp(fault: Fault): void {
    this.#isGivenUp = true
    this.end(fault)
  }

  /** Leaves a record of how an attempt failed, unless it was given up, as all are when the pool is stopped. */
  #recordDeath(attempt: Attempt, fault: Fault): void {
    if (this.#isClosed || this.#isGivenUp) return
    const { order, logDirectory } = this.#options
    const directory = join(order.runDirectory, attempt.directory)
    const stderr = this.#lastWords
    writeDeath(logDirectory, this.#recorder.record({ attempt, fault, seat: this.number, stderr, directory }))
  }

  /** Notes what its worker holds, with all it has started. */
  note(bytes: number): void {
    this.#recorder.look(bytes)
  }

  /** File of what an attempt of its worker has printed, with all that came by now; null where that is nothing. */
  logOf(attempt: string): string | null {
    return this.#link?.logOf(attempt) ?? null
  }

  /** The process its worker lives in; null while there is none. */
  get process(): WorkerProcess | null {
    return this.#link?.process ?? null
  }

  /** Is its worker stopped for the sake of others? */
  get isPaused(): boolean {
    return this.#stillness.isPaused
  }

  /** Stops the worker's process, or lets it go on. Time that it stands still does not count as time without progress. */
  pause(isPaused: boolean): void {
    const { process: worker } = this
    if (worker === null || isPaused === this.isPaused) return
    this.#stillness.pause(isPaused)
    signalGroup(worker.pid, isPaused ? 'SIGSTOP' : 'SIGCONT')
  }

  /** From now on no worker is started here: what is asked of one fails. */
  close(): void {
    this.#isClosed = true
  }

  /** Ends the worker; the attempt at hand fails with this fault. */
  end(fault: Fault): void {
    // It has answered: the worker is the next attempt's.
    if (this.#answer === null) return
    if (this.#verdict === null) this.#recorder.look()
    this.#verdict ??= fault
    this.#link?.kill()
  }

  #noteProgress(progress: AttemptProgress): void {
    this.#stillness.hear(progress)
    this.#recorder.heard(progress)
    this.#onProgress?.(progress)
  }

  async #tryRun(attempt: Attempt): Promise<AttemptOutcome> {
    if (this.#link === null || !this.#isLoaded) {
      const answer = await this.#askToLoad()
      if (answer.type !== 'loaded') {
        await this.stop()
        return { kind: 'failed', fault: faultOf(answer) }
      }
      this.#isLoaded = true
    }
    this.#recorder.board(this.process?.pid ?? null, this.#heapBytes)
    const watch = this.#stillness.watch(this.#options.taskTimeoutMs, (stillMs) =>
      this.end(noProgressFault(stillMs)),
    )
    const answer = await this.#ask({ type: 'run', attempt }).finally(() => clearInterval(watch))
    if (answer.type === 'done') return { kind: 'done', report: answer.report, ...believed(answer.workMs) }
    await this.stop()
    return { kind: 'failed', fault: faultOf(answer) }
  }

  /** What a job does when it is imported is no part of any attempt, and is given time of its own. */
  async #askToLoad(): Promise<Answer> {
    const { order, loadTimeoutMs } = this.#options
    const watch = this.#stillness.watch(loadTimeoutMs, (stillMs) => this.end(loadFault(stillMs)))
    return await this.#ask({ type: 'load', order }).finally(() => clearInterval(watch))
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
      if (this.#link === null && this.#isClosed) {
        resolve({ type: 'gone', fault: stoppedFault })
        return
      }
      this.#answer = resolve
      this.#link ??= this.#open()
      this.#link.send(message)
    })
  }

  #open(): Link {
    const order = { seat: this.number, heapBytes: this.#heapBytes }
    const link = this.#factory.open(order, (message) => {
      if (this.#link === link) this.#take(message)
    })
    void link.exited.then((exit) => {
      this.#link = null
      this.#isLoaded = false
      this.#lastWords = exit.lastWords
      this.#stillness.pause(false)
      this.#resolve({ type: 'gone', fault: this.#verdict ?? deathFault(exit, link.logOf(this.attempt)) })
    })
    return link
  }

  /** A worker runs code that is not ours: what it says is checked before it is believed. */
  #take(message: unknown): void {
    if (!isFromWorker(message) || ('id' in message && message.id !== this.attempt)) {
      // Not as JSON: what is nested a thousand levels deep would throw here, in the coordinator.
      const said = inspect(message, { depth: 2, breakLength: Number.POSITIVE_INFINITY }).slice(0, 100)
      this.#resolve({
        type: 'gone',
        fault: { code: 'protocol-broken', message: `The worker said something unknown: ${said}.` },
      })
      return
    }
    if (message.type === 'progress') this.#noteProgress(message.progress)
    else if (message.type === 'broken') this.#resolve({ type: 'gone', fault: message.fault })
    else this.#resolve(message)
  }

  #resolve(answer: Answer): void {
    const resolve = this.#answer
    this.#answer = null
    resolve?.(answer)
  }
}

/** Signals a process and what is in its group; nobody is left to be signalled when it has just ended. */
function signalGroup(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

/** A job can make its worker say anything; this is only ever added up. */
function believed(workMs: unknown): { readonly workMs?: number } {
  return typeof workMs === 'number' && workMs >= 0 && workMs < Number.MAX_SAFE_INTEGER
    ? { workMs: Math.round(workMs) }
    : {}
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
