import { assertNever, type Fault, toFault } from '../errors.ts'
import { type Attempt, type Pool, readPlaceNote } from '../executor/index.ts'
import { BookedRun } from './booked-run.ts'
import type { Bottleneck } from './bottleneck.ts'
import { Guard, type Guarded } from './guard.ts'
import type { HeldRun, RunMaker, RunParts } from './held-run.ts'
import type { StepOutside } from './journal/book.ts'
import { type Decision, decide, mayBlameRecord } from './state/decide.ts'
import type { Verdict } from './state/judge.ts'
import { type EndedAttempt, settle } from './state/settle.ts'
import { isOpen, type RunState } from './state/state.ts'
import { attemptId, mapTaskOf, taskId } from './state/task-id.ts'
import { KeptOutputs } from './store/kept-outputs.ts'
import { mapWork, reduceWork } from './work.ts'

/** What a coordinator asks of a pool. */
type Workers = Guarded['pool'] & Pick<Pool, 'run' | 'end' | 'endIdle' | 'stop' | 'workers'>

/** An attempt that has ended, of which nothing is journaled yet. */
type Ended = Pick<EndedAttempt, 'task' | 'attempt' | 'outcome'>

/** How an attempt ends that another one has made useless; nobody is told. */
const superseded: Fault = { code: 'killed', message: 'Another attempt at the same task was first.' }

type Start = Extract<Decision, { kind: 'start' }>

/**
 * The loop with I/O of a run on this machine: has `decide` say what comes next, does it, and journals what happened before whoever watches
 * hears of it. Only an attempt is begun before its line is written, which names its seat; one without a line is removed when the
 * run goes on. Whatever it knows of the run is in `state`, so it can be lost at any moment.
 */
export class Coordinator extends BookedRun {
  readonly #pool: Workers
  readonly #kept: KeptOutputs
  readonly #ended: Ended[] = []
  /** Attempts that were ended since another one was first, and whose end is not journaled yet. */
  readonly #losers = new Set<string>()
  #wake: () => void = () => undefined
  readonly #guard: Guard
  /** Why the run has to end although its tasks could go on. */
  #mustEnd: Fault | null = null
  /** What who watches threw when something was told beside the loop; the loop throws it. */
  #thrown: { readonly error: unknown } | null = null

  constructor(parts: Omit<RunParts, 'pool'> & { readonly pool: Workers }) {
    super(parts)
    const { directory, pool, state, store } = parts
    this.#pool = pool
    this.#kept = new KeptOutputs(parts.id, directory, store, state.plan)
    this.#guard = new Guard({
      pool,
      directory: directory.path,
      isPolite: state.plan.isPolite,
      memory: state.plan.memory,
      tasks: () => this.#countTasks(),
      roomFound: () => this.#wake(),
      say: (message) => this.#beside(() => this.book.say(message)),
      stop: (fault) => {
        this.#mustEnd = fault
        this.#wake()
      },
    })
  }

  override async execute(stop: AbortSignal, finish?: AbortSignal): Promise<RunState> {
    const wake = (): void => this.#wake()
    stop.addEventListener('abort', wake)
    finish?.addEventListener('abort', wake)
    this.#guard.start()
    try {
      if (!stop.aborted) this.#reuse()
      for (;;) {
        if (this.#thrown !== null) throw this.#thrown.error
        // A run that has ended meanwhile has ended as it did, and says so.
        if (stop.aborted && isOpen(this.state.phase)) return await this.#interrupt()
        if (this.#mustEnd !== null && isOpen(this.state.phase)) await this.#fail(this.#mustEnd)
        // Once the run has ended, what the attempts come to that ended with it means nothing, and their folders are gone.
        for (const ended of this.#ended.splice(0)) if (isOpen(this.state.phase)) this.#settle(ended)
        const isFinishing = finish?.aborted === true
        const spareAt = this.#guard.hasRoom ? Date.now() : null
        const decision = decide(this.state, isFinishing ? 0 : this.#guard.freeSeats, spareAt)
        switch (decision.kind) {
          case 'start':
            this.#begin(decision)
            break
          case 'wait':
            if (isFinishing && !isAnyRunning(this.state)) return await this.#interrupt()
            await this.#somethingNew(stop)
            break
          case 'judge-map-stage':
            await this.#judge()
            break
          case 'fail':
            await this.#fail(decision.fault)
            break
          case 'rest':
            if (this.#losers.size > 0 && isOpen(this.state.phase)) {
              await this.#somethingNew(stop)
              break
            }
            // Writing the result has their memory then.
            await this.#pool.endIdle()
            return this.state
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

  override get workers(): HeldRun['workers'] {
    return this.#pool.workers
  }

  override bottleneck(): Bottleneck | null {
    return this.#guard.bottleneck()
  }

  /** Tasks of the stage at hand that run, and that wait for a worker. */
  #countTasks(): { readonly running: number; readonly waiting: number } {
    const { phase } = this.state
    if (!isOpen(phase)) return { running: 0, waiting: 0 }
    const { length, done, running } = this.state[phase]
    return { running, waiting: length - done - running }
  }

  protected override clearUp(): void {
    this.#kept.clean()
  }

  /** Puts what earlier runs kept into the place of tasks that need not run. */
  #reuse(): void {
    for (const index of this.plan.tasks.keys()) {
      const taken = this.#kept.take(this.state, index)
      if (taken === null) continue
      this.book.record({ type: 'map-reused', at: Date.now(), task: taskId('map', index), ...taken })
    }
  }

  /** Tells of something outside of the loop, where nobody would catch what an observer throws. */
  #beside(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#thrown ??= { error }
      this.#wake()
    }
  }

  #somethingNew(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      const { length } = this.#ended
      if (length > 0 || stop.aborted || this.#mustEnd !== null || this.#thrown !== null) resolve()
    })
  }

  /** Waits for nothing: between a decision and the line in the journal that it comes to, nothing else is decided. */
  #begin({ stage, index, task, attempt, care, beside }: Start): void {
    const id = attemptId(task, attempt)
    const state = this.state
    const work = stage === 'map' ? mapWork(state, index, care) : reduceWork(state, index, this.directory)
    const order: Attempt = { id, directory: this.directory.relativeAttemptFolder(id), work }
    const { workers, memory } = this.plan
    const { seat, outcome } = this.#pool.run(
      order,
      (progress) => {
        this.#beside(() => this.book.tell({ type: 'progress', at: Date.now(), task, attempt, ...progress }))
      },
      care.alone ? { heapBytes: memory.workerHeapBytes * workers } : {},
    )
    const isSpare = beside !== undefined
    if (isSpare) this.#guard.takeRoom()
    this.book.record({
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
    const steps = settle(this.state, {
      task,
      attempt,
      outcome,
      at: Date.now(),
      place:
        fault === null || !mayBlameRecord(fault.code)
          ? null
          : readPlaceNote(this.directory.absolute(this.directory.relativeAttemptFolder(id))),
      damagedTask: fault === null ? null : this.#damagedTask(fault),
    })
    for (const step of steps) this.book.take(step)
  }

  #damagedTask({ code, file, lateFrom }: Fault): string | null {
    if (lateFrom !== undefined) return mapTaskOf(lateFrom)
    return code === 'file-damaged' ? this.directory.taskOfCommitted(file ?? '') : null
  }

  protected override takeOutside(step: StepOutside): void {
    switch (step.kind) {
      case 'keep':
        this.#kept.keep(this.state, step.task, step.report)
        return
      case 'forget':
        this.#kept.forget(step.task)
        return
      case 'end':
        this.#losers.add(step.attemptId)
        this.#pool.end(step.attemptId, superseded)
        return
      default:
        assertNever(step)
    }
  }

  async #judge(): Promise<void> {
    let verdict: Verdict
    try {
      verdict = this.book.judge()
    } catch (error) {
      // A list that a crash or a bad disk has taken: its task runs again, and the stage is judged then.
      if (this.redo(toFault(error))) return
      throw error
    }
    if (verdict.type === 'refused') await this.#endAll()
    this.book.record(verdict)
  }

  /** Attempts that are running are given up: what they wrote is of no use. */
  async #endAll(): Promise<void> {
    // What could not be ended is said when the run is closed, which comes after whatever is to be noted of it.
    await this.#pool.stop().catch(() => undefined)
    this.directory.discardAttempts()
  }

  async #fail(fault: Fault): Promise<void> {
    await this.#endAll()
    this.book.fail(fault)
  }

  async #interrupt(): Promise<RunState> {
    await this.#endAll()
    this.book.interrupt()
    return this.state
  }
}

/** The coordinator itself decides, and its pool of workers does the tasks. */
export const onThisMachine: RunMaker = (parts) => new Coordinator(parts)

function isAnyRunning({ map, reduce }: RunState): boolean {
  return map.running + reduce.running > 0
}
