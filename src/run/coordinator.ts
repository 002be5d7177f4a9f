import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { assertNever, type Fault, toFault } from '../errors.ts'
import { type Attempt, type Pool, readPlaceNote } from '../executor/index.ts'
import type { MapReport } from '../flow/index.ts'
import type { Bottleneck } from '../host/index.ts'
import { indexNameOf } from '../input/index.ts'
import { forgetContainers } from './containers.ts'
import { type Decision, decide, mayBlameRecord } from './decide.ts'
import type { RunDirectory } from './directory.ts'
import type { CommittedResult, RunEvent } from './events.ts'
import { Guard } from './guard.ts'
import type { JournalWriter } from './journal.ts'
import { judgeMapStage } from './judge.ts'
import { releaseLock } from './lock.ts'
import type { Plan } from './plan.ts'
import type { PreparedRun, RunObserver } from './prepared.ts'
import { writeRejectedList } from './rejected-list.ts'
import { type EndedAttempt, lose, type Step, settle } from './settle.ts'
import { apply, isDone, type RunState } from './state.ts'
import type { Store, TaskIdentity } from './store.ts'
import { attemptId, parseTaskId, taskId } from './task-id.ts'
import { mapWork, readsAsPlanned, reduceWork } from './work.ts'

/** What a coordinator is given to work with; all of it is its own from then on. */
export interface CoordinatorParts {
  readonly id: string
  readonly directory: RunDirectory
  readonly journal: JournalWriter
  readonly pool: Pool
  readonly state: RunState
  readonly store: Store
  /** What has been journaled already: who observes the run is told it first. */
  readonly begun: RunEvent
  /** What people are told next, in whole sentences. */
  readonly notes: readonly string[]
}

/** An attempt that has ended, of which nothing is journaled yet. */
type Ended = Pick<EndedAttempt, 'task' | 'attempt' | 'outcome'>

/** How an attempt ends that another one has made useless; nobody is told. */
const superseded: Fault = { code: 'killed', message: 'Another attempt at the same task was first.' }

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
  readonly #store: Store
  #begun: RunEvent | null
  #notes: readonly string[]
  #state: RunState
  #observer: RunObserver = () => undefined
  readonly #ended: Ended[] = []
  /** Attempts that were ended since another one was first, and whose end is not journaled yet. */
  readonly #losers = new Set<string>()
  #wake: () => void = () => undefined
  readonly #guard: Guard
  /** Why the run has to end although its tasks could go on. */
  #mustEnd: Fault | null = null
  #isClosed = false

  constructor({ id, directory, journal, pool, state, store, begun, notes }: CoordinatorParts) {
    this.id = id
    this.#directory = directory
    this.#journal = journal
    this.#pool = pool
    this.#state = state
    this.#store = store
    this.#begun = begun
    this.#notes = notes
    this.#guard = new Guard({
      pool,
      directory: directory.path,
      isPolite: state.plan.isPolite,
      memory: state.plan.memory,
      tasks: () => this.#countTasks(),
      roomFound: () => this.#wake(),
      say: (message) => this.#say(message),
      stop: (fault) => {
        this.#mustEnd = fault
        this.#wake()
      },
    })
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

  async execute(observer: RunObserver, stop: AbortSignal, finish?: AbortSignal): Promise<RunState> {
    this.#observer = observer
    const wake = (): void => this.#wake()
    stop.addEventListener('abort', wake)
    finish?.addEventListener('abort', wake)
    if (this.#begun !== null) observer(this.#begun, this.#state)
    this.#begun = null
    for (const message of this.#notes) this.#say(message)
    this.#notes = []
    this.#guard.start()
    try {
      this.#reuse(stop)
      for (;;) {
        if (stop.aborted) return await this.#interrupt()
        if (this.#mustEnd !== null && isOpen(this.#state)) await this.#fail(this.#mustEnd)
        // Once the run has ended, what the attempts come to that ended with it means nothing, and their folders are gone.
        for (const ended of this.#ended.splice(0)) if (isOpen(this.#state)) this.#settle(ended)
        const isFinishing = finish?.aborted === true
        const spareAt = this.#guard.hasRoom ? Date.now() : null
        const decision = decide(this.#state, isFinishing ? 0 : this.#guard.freeSeats, spareAt)
        switch (decision.kind) {
          case 'start':
            this.#begin(decision)
            break
          case 'wait':
            if (isFinishing && !isAnyRunning(this.#state)) return await this.#interrupt()
            await this.#somethingNew(stop)
            break
          case 'judge-map-stage':
            await this.#judge()
            break
          case 'fail':
            await this.#fail(decision.fault)
            break
          case 'rest':
            if (this.#losers.size > 0 && isOpen(this.#state)) {
              await this.#somethingNew(stop)
              break
            }
            // Writing the result has their memory then.
            await this.#pool.endIdle()
            return this.#state
          default:
            assertNever(decision)
        }
      }
    } finally {
      this.#guard.stop()
      stop.removeEventListener('abort', wake)
      finish?.removeEventListener('abort', wake)
    }
  }

  get workers(): PreparedRun['workers'] {
    return this.#pool.workers
  }

  bottleneck(): Bottleneck | null {
    return this.#guard.bottleneck()
  }

  /** Tasks of the stage at hand that run, and that wait for a worker. */
  #countTasks(): { readonly running: number; readonly waiting: number } {
    const { phase } = this.#state
    if (phase !== 'map' && phase !== 'reduce') return { running: 0, waiting: 0 }
    const { length, done, running } = this.#state[phase]
    return { running, waiting: length - done - running }
  }

  redo(fault: Fault): boolean {
    const task = fault.code === 'file-damaged' ? this.#directory.taskOfCommitted(fault.file ?? '') : null
    if (task === null || !isDone(this.#state, task)) return false
    for (const step of lose(task, fault, Date.now())) this.#take(step)
    return true
  }

  giveUp(fault: Fault, observer: RunObserver): void {
    this.#observer = observer
    this.#record({ type: 'failed', at: Date.now(), fault })
  }

  async commit(result: CommittedResult, observer: RunObserver): Promise<RunState> {
    this.#observer = observer
    this.#record({ type: 'result-committed', at: Date.now(), result })
    // Only then may go what the result could be made from again.
    this.#journal.sync()
    await this.#directory.discardCommitted()
    return this.#state
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.stop()
    forgetContainers(this.#directory)
    this.#store.clean(this.plan.keepBytesMax)
    this.#journal.close()
    releaseLock(this.#directory)
  }

  async discard(): Promise<void> {
    await this.close()
    this.#directory.remove()
  }

  #say(message: string): void {
    this.#observer({ type: 'note', at: Date.now(), message }, this.#state)
  }

  /** Journals what happened; only then is it true. */
  #record(event: RunEvent): void {
    this.#journal.append(event)
    this.#state = apply(this.#state, event)
    this.#observer(event, this.#state)
  }

  /** Puts what earlier runs kept into the place of tasks that need not run. */
  #reuse(stop: AbortSignal): void {
    for (const [index, { reuse, firstSplit }] of this.plan.tasks.entries()) {
      const task = this.#state.map.at(index)
      if (reuse.kind === 'run' || task?.kind !== 'waiting' || task.attempts > 0 || stop.aborted) continue
      // Lost once: what was kept is the same file, and no better. Or it is of a part of a file that is read as a whole now.
      if (task.trouble !== undefined || !readsAsPlanned(this.#state, index)) continue
      const id = taskId('map', index)
      const folder = this.#directory.absolute(this.#directory.committedFolder(id))
      const report = this.#store.take(reuse.key, folder, firstSplit)
      if (report === null) continue
      this.#record({ type: 'map-reused', at: Date.now(), task: id, run: reuse.run, report })
    }
  }

  /** Keeps a map task's output for later runs, unless it lacks something. */
  #keep(id: string, report: MapReport): void {
    const { index } = parseTaskId(id)
    const task = this.#identityOf(index)
    this.#keepIndexes(id, task)
    const skipped = this.#state.map.at(index)?.trouble?.skip ?? []
    if (!readsAsPlanned(this.#state, index) || skipped.length > 0) return
    const folder = this.#directory.absolute(this.#directory.committedFolder(id))
    this.#store.keep(task, { run: this.id, folder, report })
  }

  /** An index is of the file alone: it is kept whatever became of the file's records. */
  #keepIndexes(id: string, { splits, contents }: TaskIdentity): void {
    for (const split of splits) {
      if (split.kind !== 'gzip') continue
      const file = this.#directory.absolute(join(this.#directory.committedFolder(id), indexNameOf(split)))
      const { path, identity } = split
      if (existsSync(file)) this.#store.keepIndex({ path, identity, contents }, file, this.id)
    }
  }

  #identityOf(index: number): TaskIdentity {
    const { tasks, splits, partitions, job, contents } = this.plan
    const task = tasks[index]
    return {
      jobFile: job.file,
      codeSha256: job.codeSha256,
      params: job.typedParams,
      partitions,
      splits: splits.slice(task?.firstSplit, task?.endSplit),
      contents: contents === null ? null : new Map(Object.entries(contents)),
    }
  }

  #somethingNew(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#ended.length > 0 || stop.aborted || this.#mustEnd !== null) resolve()
    })
  }

  #begin({ stage, index, task, attempt, care, beside }: Start): void {
    const id = attemptId(task, attempt)
    const state = this.#state
    const work = stage === 'map' ? mapWork(state, index, care) : reduceWork(state, index, this.#directory)
    const order: Attempt = { id, directory: this.#directory.attemptFolder(id), work }
    const { workers, memory } = this.plan
    const { seat, outcome } = this.#pool.run(
      order,
      (progress) => {
        this.#observer({ type: 'progress', at: Date.now(), task, attempt, ...progress }, this.#state)
      },
      care.alone ? { heapBytes: memory.workerHeapBytes * workers } : {},
    )
    const isSpare = beside !== undefined
    if (isSpare) this.#guard.takeRoom()
    this.#record({
      type: 'attempt-started',
      at: Date.now(),
      task,
      attempt,
      seat,
      ...(isSpare ? { beside } : {}),
    })
    void outcome.then((how) => {
      this.#ended.push({ task, attempt, outcome: how })
      this.#wake()
    })
  }

  /** Puts an ended attempt's files in their place, or away, and journals its end. */
  #settle({ task, attempt, outcome }: Ended): void {
    const id = attemptId(task, attempt)
    this.#losers.delete(id)
    const fault = outcome.kind === 'failed' ? outcome.fault : null
    const steps = settle(this.#state, {
      task,
      attempt,
      outcome,
      at: Date.now(),
      place:
        fault === null || !mayBlameRecord(fault.code)
          ? null
          : readPlaceNote(this.#directory.absolute(this.#directory.attemptFolder(id))),
      damagedTask: fault?.code === 'file-damaged' ? this.#directory.taskOfCommitted(fault.file ?? '') : null,
    })
    for (const step of steps) this.#take(step)
  }

  #take(step: Step): void {
    switch (step.kind) {
      case 'discard':
        this.#directory.discardAttempt(step.attempt)
        return
      case 'commit':
        this.#directory.commitAttempt(step.attempt, step.task)
        return
      case 'record':
        this.#record(step.event)
        return
      case 'keep':
        this.#keep(step.task, step.report)
        return
      case 'forget':
        this.#store.drop(this.#identityOf(parseTaskId(step.task).index))
        return
      case 'end':
        this.#losers.add(step.attempt)
        this.#pool.end(step.attempt, superseded)
        return
      default:
        assertNever(step)
    }
  }

  async #judge(): Promise<void> {
    try {
      writeRejectedList(this.#directory, this.#state)
    } catch (error) {
      // A list that a crash or a bad disk has taken: its task runs again, and the stage is judged then.
      if (this.redo(toFault(error))) return
      throw error
    }
    const verdict = judgeMapStage(this.#state, Date.now())
    if (verdict.type === 'refused') await this.#endAll()
    this.#record(verdict)
  }

  /** Attempts that are running are given up: what they wrote is of no use. */
  async #endAll(): Promise<void> {
    await this.#pool.stop()
    this.#directory.discardAttempts()
  }

  async #fail(fault: Fault): Promise<void> {
    await this.#endAll()
    this.#record({ type: 'failed', at: Date.now(), fault })
  }

  async #interrupt(): Promise<RunState> {
    await this.#endAll()
    this.#record({ type: 'interrupted', at: Date.now() })
    return this.#state
  }
}

function isAnyRunning({ map, reduce }: RunState): boolean {
  return map.running + reduce.running > 0
}

function isOpen({ phase }: RunState): boolean {
  return phase === 'map' || phase === 'reduce'
}
