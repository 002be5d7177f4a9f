import { join } from 'node:path'
import { assertNever, type Fault } from '../errors.ts'
import type { Attempt, AttemptOutcome, MapWork, Pool, ReduceWork } from '../executor/index.ts'
import { type Decision, decide } from './decide.ts'
import type { RunDirectory } from './directory.ts'
import type { CommittedResult, RunEvent } from './events.ts'
import type { JournalWriter } from './journal.ts'
import { findShortfalls } from './judge.ts'
import { releaseLock } from './lock.ts'
import type { Plan } from './plan.ts'
import type { PreparedRun, RunObserver } from './prepared.ts'
import { writeRejectedList } from './rejected-list.ts'
import { apply, type RunState } from './state.ts'
import { attemptId, taskId } from './task-id.ts'

/** What a coordinator is given to work with; all of it is its own from then on. */
export interface CoordinatorParts {
  readonly id: string
  readonly directory: RunDirectory
  readonly journal: JournalWriter
  readonly pool: Pool
  readonly state: RunState
}

/** An attempt whose end has not been journaled yet. */
interface Ended {
  readonly task: string
  readonly attempt: number
  readonly outcome: AttemptOutcome
}

type Start = Extract<Decision, { kind: 'start' }>

/**
 * The one loop with I/O: has `decide` say what comes next, does it, and journals what happened before anybody else
 * hears of it. Whatever it knows of the run is in `state`, so it can be lost at any moment.
 */
export class Coordinator implements PreparedRun {
  readonly id: string
  readonly #directory: RunDirectory
  readonly #journal: JournalWriter
  readonly #pool: Pool
  #state: RunState
  #observer: RunObserver = () => undefined
  readonly #ended: Ended[] = []
  #wake: () => void = () => undefined
  #isClosed = false

  constructor({ id, directory, journal, pool, state }: CoordinatorParts) {
    this.id = id
    this.#directory = directory
    this.#journal = journal
    this.#pool = pool
    this.#state = state
  }

  get directory(): string {
    return this.#directory.path
  }

  get plan(): Plan {
    return this.#state.plan
  }

  get state(): RunState {
    return this.#state
  }

  async execute(observer: RunObserver, stop: AbortSignal): Promise<RunState> {
    this.#observer = observer
    const wake = (): void => this.#wake()
    stop.addEventListener('abort', wake)
    try {
      for (;;) {
        if (stop.aborted) return await this.#interrupt()
        for (const ended of this.#ended.splice(0)) this.#settle(ended)
        const decision = decide(this.#state, this.#pool.freeSeats)
        switch (decision.kind) {
          case 'start':
            this.#begin(decision)
            break
          case 'wait':
            await this.#somethingNew(stop)
            break
          case 'judge-map-stage':
            this.#judge()
            break
          case 'fail':
            await this.#fail(decision.fault)
            break
          case 'rest':
            return this.#state
          default:
            assertNever(decision)
        }
      }
    } finally {
      stop.removeEventListener('abort', wake)
    }
  }

  async commit(result: CommittedResult, observer: RunObserver): Promise<RunState> {
    this.#observer = observer
    this.#record({ type: 'result-committed', at: Date.now(), result })
    this.#directory.discardCommitted()
    return this.#state
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.stop()
    this.#journal.close()
    releaseLock(this.#directory)
  }

  async discard(): Promise<void> {
    await this.close()
    this.#directory.remove()
  }

  /** Journals what happened; only then is it true. */
  #record(event: RunEvent): void {
    this.#journal.append(event)
    this.#state = apply(this.#state, event)
    this.#observer(event, this.#state)
  }

  #somethingNew(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#ended.length > 0 || stop.aborted) resolve()
    })
  }

  #begin({ stage, index, task, attempt }: Start): void {
    const id = attemptId(task, attempt)
    const work = stage === 'map' ? this.#mapWork(index) : this.#reduceWork(index)
    const order: Attempt = { id, directory: this.#directory.attemptFolder(id), work }
    const { seat, outcome } = this.#pool.run(order, (progress) => {
      this.#observer({ type: 'progress', at: Date.now(), task, attempt, ...progress }, this.#state)
    })
    this.#record({ type: 'attempt-started', at: Date.now(), task, attempt, seat })
    void outcome.then((how) => {
      this.#ended.push({ task, attempt, outcome: how })
      this.#wake()
    })
  }

  #mapWork(index: number): MapWork {
    const { splits, tasks, partitions, memory } = this.plan
    const task = tasks[index]
    return {
      kind: 'map',
      splits: splits
        .slice(task?.firstSplit, task?.endSplit)
        .filter(({ ordinal }) => !this.#state.damaged.has(ordinal)),
      partitions,
      combineBytesMax: memory.combineBytesMax,
      skip: [],
      careful: false,
    }
  }

  #reduceWork(partition: number): ReduceWork {
    const spills: string[] = []
    let recordsExpected = 0
    for (const [index, task] of this.#state.map.entries()) {
      if (task.kind !== 'done') continue
      const folder = this.#directory.committedFolder(taskId('map', index))
      for (const spill of task.report.spills) {
        if (spill.partition !== partition) continue
        spills.push(join(folder, spill.name))
        recordsExpected += spill.records
      }
    }
    return { kind: 'reduce', spills, recordsExpected }
  }

  /** Puts an ended attempt's files in their place, or away, and journals its end. */
  #settle({ task, attempt, outcome }: Ended): void {
    const id = attemptId(task, attempt)
    const at = Date.now()
    if (outcome.kind === 'failed') {
      this.#directory.discardAttempt(id)
      this.#record({ type: 'attempt-failed', at, task, attempt, fault: outcome.fault, charged: true })
      return
    }
    const { report } = outcome
    if (report.kind === 'map' && report.report.damaged.length > 0) {
      this.#directory.discardAttempt(id)
      this.#record({ type: 'inputs-damaged', at, task, attempt, splits: report.report.damaged })
      return
    }
    this.#directory.commitAttempt(id, task)
    if (report.kind === 'map')
      this.#record({ type: 'map-committed', at, task, attempt, report: report.report })
    else this.#record({ type: 'reduce-committed', at, task, attempt, report: report.report })
  }

  #judge(): void {
    writeRejectedList(this.#directory, this.#state)
    const shortfalls = findShortfalls(this.#state)
    const at = Date.now()
    if (shortfalls.every(({ accepted }) => accepted))
      this.#record({ type: 'map-stage-ended', at, accepted: shortfalls })
    else this.#record({ type: 'refused', at, shortfalls })
  }

  /** Attempts that are running are given up: what they wrote is of no use. */
  async #fail(fault: Fault): Promise<void> {
    await this.#pool.stop()
    this.#directory.discardAttempts()
    this.#record({ type: 'failed', at: Date.now(), fault })
  }

  async #interrupt(): Promise<RunState> {
    await this.#pool.stop()
    this.#directory.discardAttempts()
    this.#record({ type: 'interrupted', at: Date.now() })
    return this.#state
  }
}
