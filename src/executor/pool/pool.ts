import { type Fault, TallymanError } from '../../errors.ts'
import type { RunGroup } from '../../host/index.ts'
import type { Attempt, AttemptProgress } from '../attempt.ts'
import type { Confinement } from '../confinement.ts'
import type { LinkFactory } from '../link.ts'
import type { LoadedJob } from '../messages.ts'
import { type AttemptNeeds, type AttemptOutcome, type PoolOptions, Seat } from './seat.ts'
import { Watchdog, type Watched, watchEveryMs } from './watchdog.ts'

/**
 * A bounded number of workers, each running one attempt at a time. Workers are started when they are first needed,
 * and a worker in which anything failed is replaced, since what user code left behind in it is unknown.
 */
export class Pool {
  readonly #factory: LinkFactory
  readonly #seats: readonly Seat[]
  readonly #watchdog: Watchdog
  readonly #group: RunGroup | null
  #watchTimer: NodeJS.Timeout | undefined
  #isStopped = false

  /**
   * Starts nothing yet.
   *
   * @param group what the workers are put into, which is closed when the pool is stopped
   */
  constructor(factory: LinkFactory, options: PoolOptions, group: RunGroup | null) {
    this.#factory = factory
    this.#group = group
    this.#watchdog = new Watchdog(options.limits)
    this.#seats = Array.from({ length: options.seats }, (_, seat) => new Seat(factory, seat, options))
  }

  /** How many workers there can be. */
  get seats(): number {
    return this.#seats.length
  }

  /** How many attempts could be begun now. */
  get freeSeats(): number {
    return this.#seats.filter((seat) => !seat.isBusy).length
  }

  /** Starts the first worker, which `load` has load the job. */
  warm(): void {
    this.#seats[0]?.warm()
  }

  /**
   * Lets workers read these absolute paths, which they may where they are no containers. Those that are there and cannot are replaced. REQUIRES: no
   * attempt is at work.
   */
  async admit(paths: readonly (string | Buffer)[]): Promise<void> {
    if (!this.#factory.admit(paths)) return
    await this.endIdle()
    this.warm()
  }

  /** What the workers are held to, where they are containers and one of them has been there. */
  get confinement(): Confinement | null {
    return this.#factory.confinement
  }

  /**
   * Has the first worker load the job, and returns what it found.
   *
   * @throws {TallymanError} `job-invalid` or `param-invalid`, as the worker said it
   */
  async load(): Promise<LoadedJob> {
    const loaded = await this.#takeSeat().load()
    for (const seat of this.#seats) seat.expectParams(loaded)
    return loaded
  }

  /**
   * Runs an attempt. REQUIRES: a free seat.
   *
   * @returns the seat it has, for the journal, and how it ends; that promise never rejects
   */
  run(
    attempt: Attempt,
    onProgress: (progress: AttemptProgress) => void,
    needs: AttemptNeeds = {},
  ): { readonly seat: number; readonly outcome: Promise<AttemptOutcome> } {
    const seat = this.#takeSeat()
    this.#watchTimer ??= setInterval(() => this.#watchdog.look(this.#watched()), watchEveryMs)
    return { seat: seat.number, outcome: seat.run(attempt, onProgress, needs) }
  }

  /** File of what an attempt has printed, with all that came by now, while its worker is there; null where that is nothing. */
  logOf(attemptId: string): string | null {
    return this.#seats.map((seat) => seat.logOf(attemptId)).find((file) => file !== null) ?? null
  }

  /** Ends an attempt that is of no use any more, with its worker; it ends as failed with this fault, unless it has ended already. */
  end(attemptId: string, fault: Fault): void {
    this.#seats.find((seat) => seat.attempt === attemptId)?.giveUp(fault)
  }

  /** Ends the workers that have nothing to do, for the memory they keep. The next attempts get new ones. */
  async endIdle(): Promise<void> {
    await Promise.all(this.#seats.filter((seat) => !seat.isBusy).map((seat) => seat.stop()))
  }

  /**
   * Ends every worker at once; attempts that are running end as failed. Safe at any time, more than once.
   *
   * @throws {TallymanError} `engine-silent` or `engine-unfit` where a container may be left, since its engine does not answer or does not do it: all else is ended
   */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#watchTimer)
    for (const seat of this.#seats) seat.close()
    try {
      await this.#factory.close()
    } finally {
      await Promise.all(this.#seats.map((seat) => seat.stop()))
      // Ends whoever has shaken off everything else. A group that stays for now is swept away by a later run.
      await this.#group?.close()
    }
  }

  /** The workers there are, with the process each lives in: threads share one. */
  get workers(): readonly { readonly seat: number; readonly pid: number }[] {
    return this.#seats.flatMap(({ number, process: worker }) =>
      worker === null ? [] : [{ seat: number, pid: worker.pid }],
    )
  }

  /** Ids of the processes that workers live in. */
  get pids(): readonly number[] {
    return this.#watched().map(({ pid }) => pid)
  }

  /** Workers that may be stopped one by one: those that have a process of their own. */
  get crew(): { readonly working: number; readonly paused: number } {
    const own = this.#pausable()
    const paused = own.filter(({ isPaused }) => isPaused).length
    return { working: own.length - paused, paused }
  }

  /** Stops one worker for the sake of others. */
  pauseOne(): void {
    this.#pausable()
      .findLast(({ isPaused }) => !isPaused)
      ?.pause(true)
  }

  /** Lets one worker go on. */
  resumeOne(): void {
    this.#pausable()
      .find(({ isPaused }) => isPaused)
      ?.pause(false)
  }

  #pausable(): Seat[] {
    if (this.#factory.sharesProcess) return []
    return this.#seats.filter(({ process: worker, attempt }) => worker !== null && attempt !== null)
  }

  /** Each process once, with the seats in it. */
  #watched(): Watched[] {
    const byPid = new Map<number, Watched>()
    for (const { process: worker } of this.#seats) {
      if (worker === null) continue
      const { pid } = worker
      const end = (fault: Fault): void => {
        for (const seat of this.#seats) if (seat.process?.pid === pid && seat.isBusy) seat.end(fault)
      }
      const note = (bytes: number): void => {
        for (const seat of this.#seats) if (seat.process?.pid === pid && seat.isBusy) seat.note(bytes)
      }
      byPid.set(pid, { ...worker, end, note })
    }
    return [...byPid.values()]
  }

  #takeSeat(): Seat {
    const seat = this.#seats.find(({ isBusy }) => !isBusy)
    if (seat === undefined)
      throw new TallymanError('internal', 'The pool was given more than it has seats for.')
    if (this.#isStopped) throw new TallymanError('internal', 'The pool was given work after it was stopped.')
    return seat
  }
}
