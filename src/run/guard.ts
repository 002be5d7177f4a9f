import type { Fault } from '../errors.ts'
import type { Pool } from '../executor/index.ts'
import {
  type LoadSample,
  readDiskSpace,
  readLoad,
  readMachine,
  readMemoryUse,
  shouldPause,
  spareSpace,
} from '../host/index.ts'
import { type Bottleneck, findBottleneck, type RunSample, sayBottleneck } from './bottleneck.ts'
import type { MemoryBudget } from './plan/plan.ts'

/** What the guard is told of the run. */
export interface Guarded {
  readonly pool: Pick<Pool, 'seats' | 'freeSeats' | 'pids' | 'crew' | 'pauseOne' | 'resumeOne'>
  /** Where the run writes. */
  readonly directory: string
  readonly isPolite: boolean
  /** What all processes of the run may hold together, and what a worker that is at work may hold of it. */
  readonly memory: Pick<MemoryBudget, 'totalBytes' | 'workerHeapBytes'>
  /** Tasks that run now, and that could run if there were a worker. */
  tasks(): { readonly running: number; readonly waiting: number }
  /** Told when an attempt may be begun that could not be before: one that has to be, or one that need not. */
  roomFound(): void
  /** Told, for people, what was done for the sake of others. */
  say(message: string): void
  /** Told when the run has to end. */
  stop(fault: Fault): void
}

/** What the guard sees of a machine, and of its time. */
export interface Outlook {
  readonly cores: number
  nowMs(): number
  load(pids: readonly number[]): LoadSample
  memoryBytes(pids: readonly number[]): number
  diskSpace(directory: string): ReturnType<typeof readDiskSpace>
  /** Calls again and again. Returns what ends that, which is safe more than once. */
  every(ms: number, call: () => void): () => void
}

function thisMachine(): Outlook {
  return {
    cores: readMachine().cores,
    nowMs: () => performance.now(),
    load: (pids) => readLoad(pids, performance.now()),
    memoryBytes: (pids) => readMemoryUse(pids).bytes,
    diskSpace: readDiskSpace,
    every: (ms, call) => {
      const timer = setInterval(call, ms)
      return () => clearInterval(timer)
    },
  }
}

const lookEveryMs = 1000
/** The disk is looked at every so many looks. */
const diskEvery = 2
/** Samples kept: what pausing looks back at, and enough to say what bounded the run. */
const samplesMax = 600

/** So many workers a core may be at work from the start: while one waits for the disk, another one works. */
const workersPerCore = 2
/** How long so many workers must have been at work before more are started. */
const moreAfterLooks = 3

/** The others have finished since one was paused: somebody must get on. */
const lastOne = { action: 'resume', reason: 'it has the last task' } as const

function isAllPaused({ working, paused }: { readonly working: number; readonly paused: number }): boolean {
  return working === 0 && paused > 0
}

/**
 * Looks every second at what the machine has left: pauses workers while others need it, starts no more than bring something, and ends
 * the run before it fills the disk. Cost: about a millisecond a look.
 */
export class Guard {
  readonly #guarded: Guarded
  readonly #outlook: Outlook
  readonly #samples: RunSample[] = []
  #changedAtMs: number
  #looks = 0
  #hasRoom = false
  /** How many workers may be at work; others wait until more would bring something. */
  #opened: number
  #openedAtLook = 0
  #hasSaidEnough = false
  #endLooking: () => void = () => undefined

  constructor(guarded: Guarded, outlook: Outlook = thisMachine()) {
    this.#guarded = guarded
    this.#outlook = outlook
    this.#changedAtMs = outlook.nowMs()
    this.#opened = Math.min(guarded.pool.seats, workersPerCore * outlook.cores)
  }

  start(): void {
    void this.#lookAtDisk()
    this.#endLooking = this.#outlook.every(lookEveryMs, () => this.#look())
  }

  /** Safe more than once. */
  stop(): void {
    this.#endLooking()
  }

  /** What bounded the run so far; null where it was over too soon to tell. */
  bottleneck(): Bottleneck | null {
    return findBottleneck(this.#samples, Math.min(this.#guarded.pool.seats, this.#outlook.cores))
  }

  /** How many attempts may be begun now. */
  get freeSeats(): number {
    const { seats, freeSeats } = this.#guarded.pool
    return Math.max(0, this.#opened - (seats - freeSeats))
  }

  /** May an attempt be begun that need not be? Found anew at every look. */
  get hasRoom(): boolean {
    return this.#hasRoom
  }

  /** One such attempt was begun: what that does to the machine is seen at the next look. */
  takeRoom(): void {
    this.#hasRoom = false
  }

  #look(): void {
    const { pool, isPolite } = this.#guarded
    const { running, waiting } = this.#guarded.tasks()
    const load = this.#outlook.load([process.pid, ...pool.pids])
    this.#samples.push({ ...load, workers: pool.seats, tasksRunning: running, tasksWaiting: waiting })
    if (this.#samples.length > samplesMax) this.#samples.shift()
    this.#looks += 1
    if (this.#looks % diskEvery === 0) void this.#lookAtDisk()
    if (isPolite) this.#standBack()
    if (waiting > 0 && this.#opened < pool.seats && this.freeSeats === 0) this.#openMore()
    else this.#openedAtLook = this.#looks
    this.#hasRoom = waiting === 0 && running > 0 && this.freeSeats > 0 && this.#mayTakeMore()
    if (this.#hasRoom) this.#guarded.roomFound()
  }

  /** More workers than cores bring something only while the cores have nothing to do. */
  #openMore(): void {
    if (this.#looks - this.#openedAtLook < moreAfterLooks) return
    const { pool, say, roomFound } = this.#guarded
    const bound = findBottleneck(this.#samples.slice(-moreAfterLooks - 1), this.#outlook.cores)
    if (bound?.kind === 'unknown') {
      this.#opened = Math.min(pool.seats, 2 * this.#opened)
      this.#openedAtLook = this.#looks
      roomFound()
    } else if (bound !== null && !this.#hasSaidEnough) {
      this.#hasSaidEnough = true
      say(`No more than ${this.#opened} of ${pool.seats} workers are started: ${sayBottleneck(bound)}.`)
    }
  }

  /** Would one worker more at work neither take from others nor burst the memory of the run? */
  #mayTakeMore(): boolean {
    const { pool, isPolite, memory } = this.#guarded
    const more = { working: pool.seats - pool.freeSeats + 1, paused: 0, changedAtMs: this.#changedAtMs }
    if (isPolite && (pool.crew.paused > 0 || shouldPause(this.#samples, more).action === 'pause'))
      return false
    const held = this.#outlook.memoryBytes([process.pid, ...pool.pids])
    return held + memory.workerHeapBytes <= memory.totalBytes
  }

  #standBack(): void {
    const { pool, say } = this.#guarded
    const crew = { ...pool.crew, changedAtMs: this.#changedAtMs }
    const decision = isAllPaused(crew) ? lastOne : shouldPause(this.#samples, crew)
    if (decision.action === 'stay') return
    this.#changedAtMs = this.#outlook.nowMs()
    if (decision.action === 'pause') {
      pool.pauseOne()
      say(`A worker is paused: ${decision.reason}.`)
    } else {
      pool.resumeOne()
      say(`A worker goes on: ${decision.reason}.`)
    }
  }

  async #lookAtDisk(): Promise<void> {
    const { directory, stop } = this.#guarded
    const space = await this.#outlook.diskSpace(directory).catch(() => null)
    // A run whose directory is gone is told so where it next writes.
    if (space === null) return
    const spare = spareSpace(space)
    if (spare.bytes >= 0 && spare.files >= 0) return
    const left = spare.bytes < 0 ? `${Math.floor(space.freeBytes / 2 ** 20)} MiB` : `${space.freeFiles} files`
    stop({
      code: 'disk-full',
      message: `The disk of ${directory} has room for ${left} more; the run ends before it takes the rest.`,
      wayOut:
        'Free some space (`tallyman clean` shows what runs hold), or set TALLYMAN_HOME to another disk, then resume.',
    })
  }
}
