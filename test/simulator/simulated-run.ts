/**
 * Runs as the coordinator carries them out, with chance in the place of workers, disks, users and clocks. `decide`, `settle`,
 * `findShortfalls` and `apply` are the real ones; what does their I/O is here, so that a crash can come between any two steps.
 */
import { Random } from '../../examples/twitter/scale-model/random.ts'
import type { Fault } from '../../src/errors.ts'
import type { RunEvent, RunState } from '../../src/run/index.ts'
import { decide } from '../../src/run/state/decide.ts'
import { findShortfalls } from '../../src/run/state/judge.ts'
import { type EndedAttempt, lose, type Step, settle } from '../../src/run/state/settle.ts'
import { apply, initialState } from '../../src/run/state/state.ts'
import { taskId } from '../../src/run/state/task-id.ts'
import { type Begun, SimulatedAttempt, splitsOf } from './attempt.ts'
import { SimulatedDisk } from './disk.ts'
import { Invariants } from './invariants.ts'
import { World } from './world.ts'

/** What a history came to, for a test that sees whether chance left nothing out. */
export interface Outcome {
  readonly phase: string
  readonly seen: ReadonlySet<string>
  readonly steps: number
}

/** The process was killed: nothing of it is left but what is on disk. */
class Crash extends Error {}

/** After so many steps nothing happens any more by chance. */
const stormMax = 120
/** A run that has not ended so long after has lost its way. */
const calmMax = 2000

export class SimulatedRun {
  readonly #random: Random
  readonly #world: World
  readonly #disk = new SimulatedDisk()
  readonly #seen = new Set<string>()
  readonly #invariants: Invariants
  readonly #stormEnds: number
  #state: RunState
  #running: SimulatedAttempt[] = []
  #ended: EndedAttempt[] = []
  #nowMs = 1_600_000_000_000
  #steps = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#world = new World(this.#random)
    this.#invariants = new Invariants(this.#world, this.#disk)
    this.#stormEnds = this.#random.below(stormMax)
    this.#state = initialState(this.#world.plan)
  }

  /** Plays it to its end. Throws where something does not hold that must. */
  play(): Outcome {
    const { tasks, partitions } = this.#world.plan
    this.#record({ type: 'planned', at: this.#nowMs, tasks: tasks.length, partitions, inputBytes: 0 })
    while (!this.#isOver()) {
      if (this.#steps++ > this.#stormEnds + calmMax) throw new Error('The run does not come to an end.')
      try {
        this.#goOn()
      } catch (error) {
        if (!(error instanceof Crash)) throw error
        this.#crash()
      }
    }
    this.#invariants.checkEnd(this.#state)
    return { phase: this.#state.phase, seen: this.#seen, steps: this.#steps }
  }

  get #isCalm(): boolean {
    return this.#steps > this.#stormEnds
  }

  #chance(rate: number): boolean {
    return !this.#isCalm && this.#random.chance(rate)
  }

  /** A run that rests is resumed as long as the storm lasts, and once after it. */
  #isOver(): boolean {
    if (this.#state.phase === 'complete') return true
    if (!this.#isCalm || this.#isOpen) return false
    return this.#disk.journal.findLast(({ type }) => type === 'resumed')?.at === lastResume
  }

  get #isOpen(): boolean {
    return this.#state.phase === 'map' || this.#state.phase === 'reduce'
  }

  #goOn(): void {
    this.#passTime()
    if (!this.#isOpen) {
      // The user takes some time to see it.
      if (this.#isCalm || this.#random.chance(0.1)) this.#resume()
      return
    }
    if (this.#chance(this.#world.crashRate)) throw new Crash()
    if (this.#chance(this.#world.crashRate / 2)) {
      this.#interrupt()
      return
    }
    if (this.#chance(this.#world.crashRate / 2)) {
      this.#fail(diskFull)
      return
    }
    if (this.#chance(this.#world.oddRate)) this.#damageSomething()
    for (const ended of this.#ended.splice(0)) this.#settle(ended)
    if (this.#running.length > 0 && this.#random.chance(0.4)) {
      this.#endOne()
      return
    }
    this.#decide()
  }

  /** Clocks are set back now and then. */
  #passTime(): void {
    this.#nowMs += this.#chance(0.01) ? -1_000_000 : this.#random.below(2000)
  }

  #decide(): void {
    const freeSeats = this.#world.plan.workers - this.#running.length
    const spareAt = this.#random.chance(0.8) ? this.#nowMs : null
    const decision = decide(this.#state, freeSeats, spareAt)
    this.#invariants.checkDecision(this.#state, decision, { freeSeats, spareAt })
    switch (decision.kind) {
      case 'start':
        this.#begin(decision)
        return
      case 'wait':
        if (this.#running.length === 0) throw new Error('The run waits, and nothing is at work.')
        this.#endOne()
        return
      case 'judge-map-stage':
        this.#judge()
        return
      case 'fail':
        this.#fail(decision.fault)
        return
      case 'rest':
        // The losers are still to be heard of.
        if (this.#running.length > 0) this.#endOne()
        else this.#finish()
        return
    }
  }

  #begin(begun: Begun): void {
    const { task, attempt, beside, care } = begun
    const work = new SimulatedAttempt(this.#world, this.#state, begun)
    this.#running.push(work)
    this.#disk.attempts.set(work.id, null)
    if (beside !== undefined) this.#see('beside')
    if (care.alone) this.#see('alone')
    const at = this.#nowMs
    this.#record({
      type: 'attempt-started',
      at,
      task,
      attempt,
      seat: 0,
      ...(beside === undefined ? {} : { beside }),
    })
    this.#invariants.checkRunning(this.#state, this.#running)
  }

  /** One attempt ends; those that have much to do are seldom the first. */
  #endOne(): void {
    const ready = this.#running.filter(({ isSlow }) => !isSlow || this.#random.chance(0.05))
    const work = this.#random.pick(ready.length > 0 ? ready : this.#running)
    this.#running = this.#running.filter((other) => other !== work)
    const dies = this.#chance(this.#world.deathRate) ? this.#world.anyDeath() : null
    const ended = { ...work.end(this.#disk, dies), at: this.#nowMs }
    if (ended.outcome.kind === 'failed') this.#see(ended.outcome.fault.code)
    this.#ended.push(ended)
    if (this.#chance(this.#world.oddRate)) this.#ended.push(ended)
  }

  #settle(ended: EndedAttempt): void {
    for (const step of settle(this.#state, ended)) this.#take(step)
    this.#invariants.checkRunning(this.#state, this.#running, this.#ended)
  }

  #take(step: Step): void {
    if (this.#chance(this.#world.crashRate / 4)) throw new Crash()
    switch (step.kind) {
      case 'discard':
        this.#disk.attempts.delete(step.attemptId)
        return
      case 'commit':
        this.#disk.commit(step.attemptId, step.task)
        return
      case 'record':
        this.#record(step.event)
        return
      case 'keep':
        this.#disk.kept.set(step.task, this.#disk.committed.get(step.task) ?? '')
        return
      case 'forget':
        this.#disk.kept.delete(step.task)
        return
      case 'end':
        this.#endLoser(step.attemptId)
        return
    }
  }

  /** It is told to end; what it said just before may still arrive, now or later. */
  #endLoser(id: string): void {
    this.#see('loser')
    const loser = this.#running.find((work) => work.id === id)
    if (loser !== undefined && !this.#random.chance(0.3)) loser.kill()
  }

  #judge(): void {
    const shortfalls = findShortfalls(this.#state)
    const at = this.#nowMs
    if (shortfalls.every(({ accepted }) => accepted)) {
      this.#record({ type: 'map-stage-ended', at, accepted: shortfalls })
      return
    }
    this.#endAll()
    this.#record({ type: 'refused', at, shortfalls })
  }

  #fail(fault: Fault): void {
    this.#endAll()
    this.#record({ type: 'failed', at: this.#nowMs, fault })
  }

  #interrupt(): void {
    this.#endAll()
    this.#record({ type: 'interrupted', at: this.#nowMs })
  }

  #endAll(): void {
    this.#running = []
    this.#ended = []
    this.#disk.attempts.clear()
  }

  /** Part files that are damaged are seen as they are read; then their task is opened again. */
  #finish(): void {
    const lost = this.#state.reduce
      .toArray()
      .findIndex((_, index) => !this.#disk.committed.get(taskId('reduce', index)))
    if (lost >= 0) {
      const task = taskId('reduce', lost)
      for (const step of lose(task, lostFault, this.#nowMs)) this.#take(step)
      return
    }
    if (this.#chance(this.#world.crashRate)) throw new Crash()
    this.#invariants.checkResult(this.#state)
    const result = { directory: '/r', digest: 'sha256:', tables: [], manifestSha256: '' }
    this.#record({ type: 'result-committed', at: this.#nowMs, result })
  }

  #damageSomething(): void {
    const tasks = [...this.#disk.committed.keys()]
    if (tasks.length === 0) return
    this.#see('damage')
    const task = this.#random.pick(tasks)
    if (this.#random.chance(0.5)) this.#disk.committed.set(task, null)
    else this.#disk.committed.delete(task)
  }

  #crash(): void {
    this.#see('crash')
    this.#running = []
    this.#ended = []
    this.#invariants.checkReplay(this.#state)
    if (this.#chance(0.4)) {
      this.#see('cut')
      this.#disk.loseEnd(this.#random)
    }
    this.#resume()
  }

  /** As `resumeRun` does, and then what is kept is put in the place of tasks. */
  #resume(): void {
    const { plan } = this.#world
    this.#state = this.#disk.journal.reduce(apply, initialState(plan))
    this.#disk.tidy(this.#invariants.proven(this.#state))
    const isLast = this.#isCalm
    const accept = isLast || this.#random.chance(0.3) ? plan.discovery.files.map(({ path }) => path) : []
    const badRecords = { kind: 'count', count: isLast ? 1000 : this.#random.below(5) } as const
    this.#record({ type: 'resumed', at: isLast ? lastResume : this.#nowMs, accept, badRecords })
    this.#reuse()
  }

  #reuse(): void {
    for (const [index, { reuse }] of this.#world.plan.tasks.entries()) {
      const task = this.#state.map.at(index)
      if (reuse.kind === 'run' || task?.kind !== 'waiting' || task.attempts > 0 || task.trouble !== undefined)
        continue
      const id = taskId('map', index)
      const { content, report } = this.#world.mapOutput(index, 0, splitsOf(this.#state, index), [])
      this.#disk.committed.set(id, content)
      this.#record({ type: 'map-reused', at: this.#nowMs, task: id, run: reuse.run, report })
    }
  }

  #record(event: RunEvent): void {
    this.#see(event.type)
    this.#disk.journal.push(event)
    const before = this.#state
    this.#state = apply(before, event)
    this.#invariants.checkEvent(event, before, this.#state)
  }

  #see(what: string): void {
    this.#seen.add(what)
  }
}

const lastResume = Number.MAX_SAFE_INTEGER
const diskFull: Fault = { code: 'disk-full', message: 'The disk is full.' }
const lostFault: Fault = { code: 'file-damaged', message: 'A file is damaged.' }
