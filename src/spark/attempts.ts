import { writeFileSync } from 'node:fs'
import { type ErrorCode, type Fault, mayRetry } from '../errors.ts'
import { deathFile } from '../executor/index.ts'
import type { MapReport } from '../flow/index.ts'
import {
  attemptId,
  inputBytesOf,
  isDone,
  judgeMapStage,
  lose,
  type OpenTask,
  parseTaskId,
  type RunBook,
  taskId,
} from '../run/index.ts'
import type { SparkEvent } from './event-log.ts'
import type { TaskFailure } from './messages.ts'
import { failureIn, tellingLine } from './task-failure.ts'

/** An attempt of Spark's, as the run numbers it. */
export interface KnownAttempt {
  readonly task: string
  readonly attempt: number
  readonly seat: number
}

type TaskStarted = Extract<SparkEvent, { kind: 'task-started' }>
type TaskEnded = Extract<SparkEvent, { kind: 'task-ended' }>

/** Turns what Spark's log says of attempts into events of the run, as they are of a run on one machine. */
export class Attempts {
  readonly #book: RunBook
  readonly #known = new Map<number, KnownAttempt>()
  readonly #busySeats = new Set<number>()
  readonly #endedWell = new Set<number>()
  readonly #shuffle: Shuffle
  /** Tasks of the map stage by their place among the orders. */
  readonly #mapTasks: readonly string[]
  /** Why the run has to end although Spark would try again: that is of no use. */
  fatal: Fault | null = null
  /** Whether the replies of the map stage are in, so that what runs again of it is known. */
  #isReducing = false
  #logBytes = 0

  constructor(book: RunBook, mapTasks: readonly string[]) {
    this.#book = book
    this.#mapTasks = mapTasks
    this.#shuffle = new Shuffle(book)
  }

  take(event: SparkEvent): void {
    const at = Date.now()
    switch (event.kind) {
      case 'task-started':
        this.#started(event)
        return
      case 'task-ended':
        this.#ended(event)
        this.#shuffle.add(event.shuffle, at)
        return
      case 'executor-removed': {
        const { executor, reason } = event
        this.#book.say(`Spark lost executor ${executor}: ${reason}`)
        this.#book.record({ type: 'executor-lost', at, executor, reason })
        return
      }
      case 'executor-added': {
        const { executor, host, cores } = event
        this.#book.record({ type: 'executor-came', at, executor, host, cores })
        return
      }
    }
  }

  /** To be called when a stage has ended: what is known of the shuffle by now is journaled. */
  endOfStage(): void {
    this.#shuffle.tell(Date.now())
  }

  get isReducing(): boolean {
    return this.#isReducing
  }

  /** To be called when the map stage was judged. */
  beginReduces(): void {
    this.#isReducing = true
  }

  /**
   * Whether Spark has logged that this attempt ended well. What it logged before is known by then: an attempt beside it that was begun
   * earlier is no sign of a loss.
   */
  hasEndedWell(sparkTask: number): boolean {
    return this.#endedWell.has(sparkTask)
  }

  /** The attempt that Spark has this id for; begun now where its begin is not logged yet. REQUIRES: the task is open. */
  of(sparkTask: number, task: string): KnownAttempt {
    return this.#known.get(sparkTask) ?? this.begin(sparkTask, task)
  }

  /** Journals the begin of an attempt at an open task. */
  begin(sparkTask: number, task: string, executor: string | null = null): KnownAttempt {
    const open = this.#openTask(task)
    const attempt = (open?.attempts ?? 0) + 1
    const beside = open?.kind === 'running' ? open.running.at(-1)?.attempt : undefined
    // One of Spark's attempts may be several of ours, one after another.
    const seat = this.#known.get(sparkTask)?.seat ?? this.#takeSeat()
    this.#book.record({
      type: 'attempt-started',
      at: Date.now(),
      task,
      attempt,
      seat,
      ...(beside === undefined ? {} : { beside }),
      ...(executor === null ? {} : { executor }),
    })
    const known = { task, attempt, seat }
    this.#known.set(sparkTask, known)
    return known
  }

  #started({ stage, index, id, executor }: TaskStarted): void {
    if (this.#known.has(id)) return
    const task = stage === 'map' ? this.#mapTasks[index] : taskId('reduce', index)
    if (task === undefined) return
    if (isDone(this.#book.state, task)) {
      if (stage === 'reduce') return
      for (const step of lose(task, lostFault, Date.now())) this.#book.take(step)
    }
    this.begin(id, task, executor)
  }

  #ended({ id, host, end }: TaskEnded): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    this.#busySeats.delete(known.seat)
    switch (end.how) {
      case 'done':
        this.#endedWell.add(id)
        this.#through(known)
        return
      case 'not-needed':
        this.#supersede(known)
        return
      case 'raised': {
        const failure = failureIn(end.text)
        this.#fail(known, failure?.fault ?? raisedFault(host, end.text), failure)
        return
      }
      case 'executor-lost':
        this.#fail(known, { code: 'worker-died', message: `On host ${host}: ${end.text}` }, null)
        return
      case 'fetch-failed':
        // What it was to read is made again; it did nothing wrong.
        this.#fail(known, { code: 'file-damaged', message: sayFetchFailed(host, end.text) }, null, false)
        return
      case 'other':
        this.#fail(known, { code: 'io', message: `On host ${host}: ${end.text}` }, null)
        return
    }
  }

  /** An attempt that came to nothing, with what is left of it. */
  #fail(known: KnownAttempt, fault: Fault, failure: TaskFailure | null, charged = true): void {
    const { task, attempt } = known
    if (!this.#isAtWork(known)) {
      this.#supersede(known)
      return
    }
    this.keepLogs(known, failure)
    this.#book.record({ type: 'attempt-failed', at: Date.now(), task, attempt, fault, charged })
    if (charged && !mayRetry(fault.code) && !ofOneHost.has(fault.code)) this.fatal ??= fault
  }

  /** Puts what an attempt on an executor has printed where that of an attempt on this machine is. */
  keepLogs({ task, attempt }: KnownAttempt, left: Pick<TaskFailure, 'log' | 'death'> | null): void {
    if (left === null) return
    const id = attemptId(task, attempt)
    const { directory } = this.#book
    const log = this.#logBytes < logBytesMax ? left.log : left.log.slice(-shortLogLength)
    this.#logBytes += Buffer.byteLength(log)
    if (log !== '') writeFileSync(directory.logFile(id), log, { mode: 0o600 })
    if (left.death === null) return
    const death = { ...left.death, attempt: { ...left.death.attempt, id } }
    writeFileSync(deathFile(directory.logFolder, id), `${JSON.stringify(death)}\n`, { mode: 0o600 })
  }

  /** Another attempt was first, or the run is not in need of this one: what is at work no more is shown so. */
  #supersede(known: KnownAttempt): void {
    const { task, attempt } = known
    const { stage, index } = parseTaskId(task)
    const now = this.#book.state[stage].at(index)
    const isOther = now?.kind === 'done' && now.attempt !== attempt
    if (isOther || this.#isAtWork(known))
      this.#book.record({ type: 'attempt-superseded', at: Date.now(), task, attempt })
  }

  /** A map task counts once its reply is in, which may take until the stage has ended; until then it is shown as through with what it reads. */
  #through({ task, attempt }: KnownAttempt): void {
    const { stage, index } = parseTaskId(task)
    const open = stage === 'map' ? this.#book.state.map.at(index) : undefined
    if (open === undefined || open.kind === 'done') return
    const earlier = open.trouble?.earlier ?? null
    if (earlier !== null && this.#isReducing) {
      // It ran again since an executor was lost. Who reads it sees that it wrote the same bytes, or fails.
      this.#commitAgain(task, attempt, earlier)
      return
    }
    const readBytes = inputBytesOf(this.#book.state, task)
    this.#book.tell({
      type: 'progress',
      at: Date.now(),
      task,
      attempt,
      readBytes,
      bytes: readBytes,
      records: 0,
      rejected: 0,
      groups: 0,
    })
  }

  /**
   * To be called when every partition is reduced: each reduce task has read the very bytes that were counted on, so what map
   * tasks wrote was there, whatever was last heard of their attempts.
   */
  endOfReduces(): void {
    for (const [index, task] of this.#book.state.map.entries()) {
      const earlier = task.kind === 'done' ? null : (task.trouble?.earlier ?? null)
      if (earlier !== null) this.#commitAgain(taskId('map', index), task.attempts, earlier)
    }
  }

  #commitAgain(task: string, attempt: number, report: MapReport): void {
    this.#book.record({ type: 'map-committed', at: Date.now(), task, attempt, report })
    const { state } = this.#book
    if (state.map.done === state.map.length) this.#book.record(judgeMapStage(state, Date.now()))
  }

  #openTask(id: string): OpenTask<unknown> | null {
    const { stage, index } = parseTaskId(id)
    const task = this.#book.state[stage].at(index)
    return task === undefined || task.kind === 'done' ? null : task
  }

  #isAtWork({ task, attempt }: KnownAttempt): boolean {
    return this.#openTask(task)?.running.some((one) => one.attempt === attempt) ?? false
  }

  #takeSeat(): number {
    let seat = 0
    while (this.#busySeats.has(seat)) seat += 1
    this.#busySeats.add(seat)
    return seat
  }
}

/** How often what went through the shuffle is told of, at most. */
const tellEveryMs = 1000

/** Adds up what went through Spark's shuffle. */
class Shuffle {
  readonly #book: RunBook
  #writtenBytes = 0
  #readBytes = 0
  #toldBytes = 0
  #toldAt = 0

  constructor(book: RunBook) {
    this.#book = book
  }

  add({ writtenBytes, readBytes }: TaskEnded['shuffle'], at: number): void {
    this.#writtenBytes += writtenBytes
    this.#readBytes += readBytes
    if (at - this.#toldAt >= tellEveryMs) this.tell(at)
  }

  tell(at: number): void {
    const [writtenBytes, readBytes] = [this.#writtenBytes, this.#readBytes]
    if (writtenBytes + readBytes === this.#toldBytes) return
    this.#toldBytes = writtenBytes + readBytes
    this.#toldAt = at
    this.#book.record({ type: 'shuffled', at, writtenBytes, readBytes })
  }
}

/** What a run keeps of what its attempts print, as one on this machine does; of those that come later, so many characters each. */
const logBytesMax = 64 * 2 ** 20
const shortLogLength = 2048

/** What is no use to try again on one machine; another one may have more room. */
const ofOneHost: ReadonlySet<ErrorCode> = new Set(['disk-full', 'limit-reached'])

const lostFault: Fault = {
  code: 'worker-died',
  message: 'The executor that held it was lost.',
}

function raisedFault(host: string, text: string): Fault {
  return { code: 'worker-died', message: `On host ${host}: ${tellingLine(text)}` }
}

function sayFetchFailed(host: string, text: string): string {
  return `On host ${host}: what a map task had written could not be fetched: ${text.split('\n')[0]?.slice(0, 200) ?? ''}`
}
