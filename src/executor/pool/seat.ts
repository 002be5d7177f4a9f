import { join } from 'node:path'
import { errnoOf, errorOf, type Fault, toFault } from '../../errors.ts'
import type { Attempt, AttemptProgress, AttemptReport } from '../attempt.ts'
import type { Link, LinkFactory, WorkerProcess } from '../link.ts'
import { type FromWorker, isFromWorker, type LoadedJob, type LoadOrder, unknownMessage } from '../messages.ts'
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

/** A worker that is there. */
interface Occupant {
  readonly link: Link
  readonly heapBytes: number
  /** Has it loaded its job? */
  isLoaded: boolean
}

/** What a seat is busy with: an attempt, or nothing but loading the job. */
interface Assignment {
  readonly attempt: Attempt | null
  readonly onProgress: ((progress: AttemptProgress) => void) | null
  /** Why the worker was ended by us, which then is why the attempt failed. */
  verdict: Fault | null
  /** Nobody wants to know any more how it ends. */
  isGivenUp: boolean
  /** The last that was said by the worker that ended. */
  lastWords: string
}

/** One worker's place in the pool; workers come and go in it. */
export class Seat {
  readonly number: number
  readonly #factory: LinkFactory
  readonly #options: PoolOptions
  readonly #recorder: FlightRecorder
  /** Does the attempt at hand, or what its worker loads, still move? */
  readonly #stillness = new Stillness()
  #worker: Occupant | null = null
  #assignment: Assignment | null = null
  #answer: ((answer: Answer) => void) | null = null
  #isClosed = false
  /** The job's parameters, where a worker has made them. */
  #resolved: LoadOrder['resolved']

  constructor(factory: LinkFactory, number: number, options: PoolOptions) {
    this.#factory = factory
    this.number = number
    this.#options = options
    this.#resolved = options.order.resolved
    const { limits, taskTimeoutMs } = options
    this.#recorder = new FlightRecorder({ ...limits, taskTimeoutMs })
  }

  get isBusy(): boolean {
    return this.#assignment !== null
  }

  /** Id of the attempt at hand. */
  get attempt(): string | null {
    return this.#assignment?.attempt?.id ?? null
  }

  /** Starts a worker that is told nothing yet: its program is loaded while its job is bundled. */
  warm(): void {
    this.#worker ??= this.#open(this.#options.heapBytes)
  }

  /** From now on each worker that loads the job has these parameters. */
  expectParams({ params, encodedParams }: LoadedJob): void {
    if (this.#options.order.params !== null) this.#resolved = { params, encodedParams }
  }

  async load(): Promise<LoadedJob> {
    this.#assignment = newAssignment(null, null)
    try {
      const answer = await this.#askToLoad(this.#options.heapBytes)
      if (answer.type === 'loaded') return answer.job
      await this.stop()
      throw errorOf(faultOf(answer))
    } finally {
      this.#assignment = null
    }
  }

  async run(
    attempt: Attempt,
    onProgress: (progress: AttemptProgress) => void,
    { heapBytes = this.#options.heapBytes }: AttemptNeeds,
  ): Promise<AttemptOutcome> {
    const assignment = newAssignment(attempt, onProgress)
    this.#assignment = assignment
    this.#recorder.begin()
    try {
      if (this.#worker?.heapBytes !== heapBytes) await this.stop()
      const outcome = await this.#tryRun(attempt, heapBytes)
      if (outcome.kind === 'failed') this.#recordDeath(attempt, assignment, outcome.fault)
      return outcome
    } catch (error) {
      return { kind: 'failed', fault: toFault(error) }
    } finally {
      this.#assignment = null
    }
  }

  /** Ends the attempt at hand, of which nobody wants to know any more. */
  giveUp(fault: Fault): void {
    if (this.#assignment !== null) this.#assignment.isGivenUp = true
    this.end(fault)
  }

  /** Leaves a record of how an attempt failed, unless it was given up, as all are when the pool is stopped. */
  #recordDeath(attempt: Attempt, { isGivenUp, lastWords: stderr }: Assignment, fault: Fault): void {
    if (this.#isClosed || isGivenUp) return
    const { order, logDirectory } = this.#options
    const directory = join(order.runDirectory, attempt.directory)
    writeDeath(logDirectory, this.#recorder.record({ attempt, fault, seat: this.number, stderr, directory }))
  }

  /** Notes what its worker holds, with all it has started. */
  note(bytes: number): void {
    this.#recorder.look(bytes)
  }

  /** File of what an attempt of its worker has printed, with all that came by now; null where that is nothing. */
  logOf(attempt: string): string | null {
    return this.#worker?.link.logOf(attempt) ?? null
  }

  /** The process its worker lives in; null while there is none. */
  get process(): WorkerProcess | null {
    return this.#worker?.link.process ?? null
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
    if (this.#answer === null || this.#assignment === null) return
    if (this.#assignment.verdict === null) this.#recorder.look()
    this.#assignment.verdict ??= fault
    this.#worker?.link.kill()
  }

  #noteProgress(progress: AttemptProgress): void {
    this.#stillness.hear(progress)
    this.#recorder.heard(progress)
    this.#assignment?.onProgress?.(progress)
  }

  async #tryRun(attempt: Attempt, heapBytes: number): Promise<AttemptOutcome> {
    if (this.#worker?.isLoaded !== true) {
      const answer = await this.#askToLoad(heapBytes)
      if (answer.type !== 'loaded') {
        await this.stop()
        return { kind: 'failed', fault: faultOf(answer) }
      }
    }
    this.#recorder.board(this.process?.pid ?? null, heapBytes)
    const watch = this.#stillness.watch(this.#options.taskTimeoutMs, (stillMs) =>
      this.end(noProgressFault(stillMs)),
    )
    const answer = await this.#ask({ type: 'run', attempt }, heapBytes).finally(() => clearInterval(watch))
    if (answer.type === 'done') return { kind: 'done', report: answer.report, ...believed(answer.workMs) }
    await this.stop()
    return { kind: 'failed', fault: faultOf(answer) }
  }

  /** What a job does when it is imported is no part of any attempt, and is given time of its own. */
  async #askToLoad(heapBytes: number): Promise<Answer> {
    const { order, loadTimeoutMs } = this.#options
    const watch = this.#stillness.watch(loadTimeoutMs, (stillMs) => this.end(loadFault(stillMs)))
    const resolved = this.#resolved
    const told = resolved === undefined ? order : { ...order, resolved }
    const answer = await this.#ask({ type: 'load', order: told }, heapBytes).finally(() =>
      clearInterval(watch),
    )
    if (answer.type === 'loaded' && this.#worker !== null) this.#worker.isLoaded = true
    return answer
  }

  async stop(): Promise<void> {
    if (this.#worker === null) return
    const { link } = this.#worker
    link.kill()
    await link.exited
  }

  /** Tells the worker, a new one where there is none, something, and waits for its one answer, or for its end. */
  #ask(message: Parameters<Link['send']>[0], heapBytes: number): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#worker === null && this.#isClosed) {
        resolve({ type: 'gone', fault: stoppedFault })
        return
      }
      this.#answer = resolve
      this.#worker ??= this.#open(heapBytes)
      this.#worker.link.send(message)
    })
  }

  #open(heapBytes: number): Occupant {
    const link = this.#factory.open({ seat: this.number, heapBytes }, (message) => {
      if (this.#worker?.link === link) this.#take(message)
    })
    void link.exited.then((exit) => {
      this.#worker = null
      this.#stillness.pause(false)
      if (this.#assignment !== null) this.#assignment.lastWords = exit.lastWords
      const fault = this.#assignment?.verdict ?? deathFault(exit, link.logOf(this.attempt))
      this.#resolve({ type: 'gone', fault })
    })
    return { link, heapBytes, isLoaded: false }
  }

  /** A worker runs code that is not ours: what it says is checked before it is believed. */
  #take(message: unknown): void {
    if (!isFromWorker(message) || ('id' in message && message.id !== this.attempt)) {
      this.#resolve({ type: 'gone', fault: unknownMessage(message) })
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

function newAssignment(attempt: Attempt | null, onProgress: Assignment['onProgress']): Assignment {
  return { attempt, onProgress, verdict: null, isGivenUp: false, lastWords: '' }
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
