import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import type { Fault } from '../errors.ts'
import type { Pool } from '../executor/index.ts'
import {
  type Bottleneck,
  type CommittedResult,
  type CoordinatorParts,
  judgeMapStage,
  lose,
  mapWork,
  type Plan,
  type PreparedRun,
  RunBook,
  type RunObserver,
  type RunState,
  readIdentity,
  reduceWork,
  releaseLock,
  type SparkOptions,
  taskId,
  writeRejectedList,
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
/** How long the log may take to tell of what the driver has said is done. */
const logLagMsMax = 5000

/** An application that is followed, and what is known of its tasks. */
interface Followed {
  readonly application: Application
  readonly attempts: Attempts
  readonly replies: Replies
  readonly noExecutor: NoExecutor
}

/** A run whose tasks Spark has done: Spark schedules, shuffles and tries again; state, journal and result are as those of any run. */
export class SparkRun implements PreparedRun {
  readonly id: string
  readonly workers: PreparedRun['workers'] = []
  readonly #book: RunBook
  /** Has loaded the job to plan the run; nothing else is done here. */
  readonly #pool: Pool
  readonly #spark: SparkOptions
  #isClosed = false

  constructor(parts: CoordinatorParts, spark: SparkOptions) {
    this.id = parts.id
    // Nothing is kept of tasks on Spark, and Spark ends its attempts itself.
    this.#book = new RunBook(parts, () => undefined)
    this.#pool = parts.pool
    this.#spark = spark
  }

  get directory(): string {
    return this.#book.directory.path
  }

  get plan(): Plan {
    return this.state.plan
  }

  get state(): RunState {
    return this.#book.state
  }

  async execute(observer: RunObserver, stop: AbortSignal, finish?: AbortSignal): Promise<RunState> {
    const book = this.#book
    book.observe(observer)
    await this.#pool.stop()
    this.#forgetSpills()
    const { map, reduce, mapStageEnded } = this.state
    if (mapStageEnded && map.done === map.length && reduce.done === reduce.length) return this.state
    const orders = this.#mapOrders()
    let application: Application | null = null
    try {
      if (stop.aborted) return this.#interrupt()
      application = await startApplication({
        id: this.id,
        directory: book.directory,
        plan: this.plan,
        spark: this.#spark,
        cwd: readIdentity(book.directory).cwd,
        orders,
      })
      const attempts = new Attempts(
        book,
        orders.map(({ task }) => task),
      )
      const replies = new Replies(book, attempts, sparkFolder(book.directory))
      return await this.#follow(
        { application, attempts, replies, noExecutor: new NoExecutor(book) },
        stop,
        finish,
      )
    } finally {
      await application?.stop()
    }
  }

  bottleneck(): Bottleneck | null {
    return null
  }

  redo(fault: Fault): boolean {
    return this.#book.redo(fault)
  }

  giveUp(fault: Fault, observer: RunObserver): void {
    this.#book.observe(observer)
    this.#book.fail(fault)
  }

  async commit(result: CommittedResult, observer: RunObserver): Promise<RunState> {
    this.#book.observe(observer)
    await this.#book.commit(result)
    rmSync(sparkFolder(this.#book.directory), { recursive: true, force: true })
    return this.state
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.stop()
    this.#book.close()
    releaseLock(this.#book.directory)
  }

  async discard(): Promise<void> {
    await this.close()
    this.#book.directory.remove()
  }

  /** What map tasks wrote went with the application that held it; partitions that are reduced stay. */
  #forgetSpills(): void {
    const { map, reduce } = this.state
    if (reduce.done === reduce.length || map.done === 0) return
    const fault: Fault = { code: 'worker-died', message: 'The application on Spark that held it has ended.' }
    this.#book.say(
      `${reduce.done} of ${reduce.length} partitions are reduced and are used; the map tasks run again, since what they wrote went with the application.`,
    )
    for (const [index, { kind }] of [...map.entries()])
      if (kind === 'done')
        for (const step of lose(taskId('map', index), fault, Date.now())) this.#book.take(step)
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
    for (;;) {
      if (stop.aborted || finish?.aborted === true) {
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
        else if (await this.#heard(followed, message)) return this.state
      }
      if (attempts.fatal !== null) return await this.#fail(application, attempts.fatal)
      if (isLast) {
        const fault = givenUpFault({
          plan: this.plan,
          end: await ended,
          said: driverSaid,
          lastFailed: attempts.lastFailed,
          state: this.state,
          logged: application.lastWords(),
          logFile: sparkLog(this.#book.directory),
        })
        return await this.#fail(application, fault)
      }
      await Promise.race([sleep(lookEveryMs), ended])
    }
  }

  #takeEvents({ application, attempts }: Followed): void {
    for (const event of application.events()) attempts.take(event)
  }

  /** Returns true where that was the last of it. */
  async #heard(followed: Followed, message: Exclude<FromDriver, { type: 'failed' }>): Promise<boolean> {
    const { application, attempts, replies } = followed
    if (message.type === 'standing') {
      const { spark, python, application: name } = message
      this.#book.say(`Spark ${spark} with Python ${python} stands: application ${name}.`)
      this.#book.record({ type: 'spark-started', at: Date.now(), application: name, spark })
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
      writeRejectedList(this.#book.directory, this.state)
      this.#book.record(judgeMapStage(this.state, Date.now()))
      attempts.isReducing = true
      if (this.state.phase === 'refused') {
        application.go(null)
        await application.exited
        this.#book.directory.discardAttempts()
        return true
      }
      application.go(this.#reduceOrders(replies))
      return false
    }
    application.go(null)
    await application.exited
    // What attempts published that were not needed.
    this.#book.directory.discardAttempts()
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
    return state.reduce.toArray().map(({ kind }, partition) => {
      if (kind === 'done') return null
      const work = reduceWork(state, partition, this.#book.directory)
      const spills = work.spills.map((spill) => ({ ...spill, crc32: crcs.get(sectionId(spill)) ?? 0 }))
      const order: ReduceOrder = { task: taskId('reduce', partition), work, spills }
      return deflateSync(JSON.stringify(order))
    })
  }

  async #fail(application: Application, fault: Fault): Promise<RunState> {
    await application.stop()
    this.#book.directory.discardAttempts()
    this.#book.fail(fault)
    return this.state
  }

  #interrupt(): RunState {
    this.#book.directory.discardAttempts()
    this.#book.interrupt()
    return this.state
  }
}
