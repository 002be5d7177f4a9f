import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import { type Fault, toFault } from '../errors.ts'
import type { Pool } from '../executor/index.ts'
import {
  BookedRun,
  type Bottleneck,
  type CommittedResult,
  type HeldRun,
  lose,
  mapWork,
  type RunParts,
  type RunState,
  readIdentity,
  reduceWorks,
  type SparkOptions,
  taskId,
  type Verdict,
} from '../run/index.ts'
import type { Application } from './application.ts'
import { Attempts } from './attempts.ts'
import { givenUpFault } from './given-up.ts'
import { sparkFolder, sparkLog, startApplication } from './launch.ts'
import type { FromDriver, MapOrder, ReduceOrder } from './messages.ts'
import { NoExecutor } from './no-executor.ts'
import { Replies, sectionId } from './replies.ts'

/** Each look opens two files and lists a folder, all through a run. */
const lookEveryMs = 100
/** How long an application that has nothing left to do may take to end. */
const seeOffMsMax = 60_000
/** How long the log may take to tell of what the driver has said is done. */
const logLagMsMax = 5000

/** How often part files that are lost are made again. */
const redoneMax = 2

/** An application that is followed, and what is known of its tasks. */
interface Followed {
  readonly application: Application
  readonly attempts: Attempts
  readonly replies: Replies
  readonly noExecutor: NoExecutor
}

/** A run whose tasks Spark has done: Spark schedules, shuffles and tries again; state, journal and result are as those of any run. */
export class SparkRun extends BookedRun {
  override readonly workers: HeldRun['workers'] = []
  /** Loads the job where the run is planned; nothing else is done here. */
  readonly #pool: Pool
  readonly #spark: SparkOptions
  #redone = 0

  constructor(parts: RunParts, spark: SparkOptions) {
    super(parts)
    this.#pool = parts.pool
    this.#spark = spark
  }

  /** Nothing is kept of tasks on Spark, and Spark ends its attempts itself. */
  protected override takeOutside(): void {}

  override async execute(stop: AbortSignal, finish?: AbortSignal): Promise<RunState> {
    const book = this.book
    await this.#pool.stop()
    if (stop.aborted) return this.#interrupt()
    this.#forgetSpills()
    const { map, reduce, mapStageEnded } = this.state
    if (mapStageEnded && map.done === map.length && reduce.done === reduce.length) return this.state
    const orders = this.#mapOrders()
    const application = await this.#start(orders)
    if (application === null) return this.state
    try {
      const attempts = new Attempts(
        book,
        orders.map(({ task }) => task),
      )
      const replies = new Replies(book, attempts, application)
      return await this.#follow(
        { application, attempts, replies, noExecutor: new NoExecutor(book) },
        stop,
        finish,
      )
    } finally {
      await application.stop()
    }
  }

  /** Null where it could not be started: the run has failed then. */
  async #start(orders: readonly MapOrder[]): Promise<Application | null> {
    const { directory } = this.book
    try {
      return await startApplication({
        id: this.id,
        directory,
        plan: this.plan,
        spark: this.#spark,
        cwd: readIdentity(directory).cwd,
        orders,
      })
    } catch (error) {
      this.book.fail(toFault(error))
      return null
    }
  }

  override bottleneck(): Bottleneck | null {
    return null
  }

  /** Takes a whole application: where what it writes is lost again and again, the disk is bad. */
  override redo(fault: Fault): boolean {
    this.#redone += 1
    return this.#redone <= redoneMax && super.redo(fault)
  }

  override async commit(result: CommittedResult): Promise<void> {
    await super.commit(result)
    rmSync(sparkFolder(this.directory), { recursive: true, force: true })
  }

  /** What map tasks wrote went with the application that held it; partitions that are reduced stay. */
  #forgetSpills(): void {
    const { map, reduce } = this.state
    if (reduce.done === reduce.length || map.done === 0) return
    const fault: Fault = { code: 'worker-died', message: 'The application on Spark that held it has ended.' }
    this.book.say(
      `${reduce.done} of ${reduce.length} partitions are reduced and are used; the map tasks run again, since what they wrote went with the application.`,
    )
    for (const [index, { kind }] of [...map.entries()])
      if (kind === 'done')
        for (const step of lose(taskId('map', index), fault, Date.now())) this.book.take(step)
  }

  #mapOrders(): MapOrder[] {
    const { state } = this
    return state.map.toArray().map((_, index) => ({
      task: taskId('map', index),
      work: mapWork(state, index, { careful: false, alone: false }),
    }))
  }

  async #follow(followed: Followed, stop: AbortSignal, finish: AbortSignal | undefined): Promise<RunState> {
    const { application, attempts } = followed
    let hasEnded = false
    let driverSaid: string | null = null
    const ended = application.exited.then((end) => {
      hasEnded = true
      return end
    })
    const stops = [stop, ...(finish === undefined ? [] : [finish])]
    const isWanted = (): boolean => !stops.some(({ aborted }) => aborted)
    for (;;) {
      if (!isWanted()) {
        await application.stop()
        return this.#interrupt()
      }
      // Looked at before the files: what was written before the end is in them.
      const isLast = hasEnded
      this.#takeEvents(followed)
      followed.replies.takeEnded()
      followed.noExecutor.look(performance.now())
      application.giveSign(performance.now())
      if (attempts.fatal !== null) return await this.#fail(application, attempts.fatal)
      for (const message of application.said()) {
        if (message.type === 'failed') driverSaid = message.message
        else if (await this.#heard(followed, message)) {
          await this.#seeOff(followed, ended, isWanted)
          return this.state
        }
      }
      if (attempts.fatal !== null) return await this.#fail(application, attempts.fatal)
      if (isLast) {
        const fault = givenUpFault({
          plan: this.plan,
          end: await ended,
          said: driverSaid,
          state: this.state,
          logged: application.lastWords(),
          logFile: sparkLog(this.directory),
        })
        return await this.#fail(application, fault)
      }
      await Promise.race([sleep(lookEveryMs), ended])
    }
  }

  #takeEvents({ application, attempts }: Followed): void {
    for (const event of application.events()) {
      // What Spark began in the meantime is of no use to anybody.
      if (attempts.fatal === null) attempts.take(event)
    }
  }

  /** Nothing is left to be done: has the application come to its end by itself, for as long as that takes an orderly one. */
  async #seeOff({ application }: Followed, ended: Promise<unknown>, isWanted: () => boolean): Promise<void> {
    application.go(null)
    const until = performance.now() + seeOffMsMax
    let hasEnded = false
    const end = ended.then(() => {
      hasEnded = true
    })
    while (!hasEnded && isWanted() && performance.now() < until) {
      application.giveSign(performance.now())
      await Promise.race([sleep(lookEveryMs), end])
    }
    await application.stop()
    // What attempts published that were not needed.
    this.directory.discardAttempts()
  }

  /** Returns true where nothing is left to be done. */
  async #heard(followed: Followed, message: Exclude<FromDriver, { type: 'failed' }>): Promise<boolean> {
    const { application, attempts, replies } = followed
    if (message.type === 'standing') {
      const { spark, python, application: name } = message
      this.book.say(`Spark ${spark} with Python ${python} stands: application ${name}.`)
      this.book.record({ type: 'spark-started', at: Date.now(), application: name, spark })
      followed.noExecutor.begin(performance.now())
      return false
    }
    await this.#catchUp(followed, message.jobs)
    if (attempts.fatal !== null) return false
    replies.takeAll(message.type === 'mapped' ? 'map' : 'reduce')
    attempts.endOfStage()
    if (message.type === 'reduced') attempts.endOfReduces()
    if (attempts.fatal !== null) return false
    if (message.type === 'mapped') {
      let verdict: Verdict
      try {
        verdict = this.book.judge()
      } catch (error) {
        attempts.fatal = toFault(error)
        return false
      }
      this.book.record(verdict)
      attempts.beginReduces()
      if (this.state.phase === 'refused') return true
      application.go(this.#reduceOrders(replies))
      return false
    }
    return true
  }

  /** Reads on in the log until it tells of the end of so many jobs, so that what it says of attempts is not heard too late. */
  async #catchUp(followed: Followed, jobs: number): Promise<void> {
    const until = performance.now() + logLagMsMax
    for (;;) {
      this.#takeEvents(followed)
      if (followed.application.jobsEnded >= jobs || performance.now() > until) return
      await sleep(lookEveryMs)
    }
  }

  #reduceOrders({ crcs }: Replies): (Buffer | null)[] {
    const { state } = this
    const works = reduceWorks(state, this.directory)
    return state.reduce.toArray().map(({ kind }, partition) => {
      const work = works[partition]
      if (kind === 'done' || work === undefined) return null
      const spills = work.spills.map((spill) => ({ ...spill, crc32: crcs.get(sectionId(spill)) ?? 0 }))
      const order: ReduceOrder = { task: taskId('reduce', partition), work: { ...work, spills } }
      return deflateSync(JSON.stringify(order))
    })
  }

  async #fail(application: Application, fault: Fault): Promise<RunState> {
    await application.stop()
    this.directory.discardAttempts()
    this.book.fail(fault)
    return this.state
  }

  #interrupt(): RunState {
    this.directory.discardAttempts()
    this.book.interrupt()
    return this.state
  }
}
