import { attemptId, findDeath, type RunDirectory, type RunEvent, type RunState } from '../../run/index.ts'
import { sayRecordPlace } from './record-place.ts'
import type { DeathView } from './views.ts'

/** Older ones are in `tallyman logs`. */
const shownMax = 20

type Failed = Extract<RunEvent, { type: 'attempt-failed' }>

/** The attempts that failed, gathered event by event. */
export class Deaths {
  readonly #directory: RunDirectory
  readonly #failed: Failed[] = []
  /** A death record is written before its event, and never changed. */
  readonly #read = new Map<string, Pick<DeathView, 'memory' | 'limitBytes' | 'record'>>()
  #total = 0

  constructor(directory: RunDirectory) {
    this.#directory = directory
  }

  get total(): number {
    return this.#total
  }

  observe(event: RunEvent): void {
    if (event.type !== 'attempt-failed') return
    this.#total += 1
    this.#failed.unshift(event)
    const gone = this.#failed.splice(shownMax)
    for (const { task, attempt } of gone) this.#read.delete(attemptId(task, attempt))
  }

  /** Newest first. */
  view(state: RunState): DeathView[] {
    return this.#failed.map((event) => {
      const attempt = attemptId(event.task, event.attempt)
      const { fault, place, at } = event
      const kept = this.#recordOf(attempt)
      return {
        attempt,
        at,
        code: fault.code,
        message: fault.message,
        wayOut: fault.wayOut ?? null,
        ...kept,
        record: place === undefined ? kept.record : sayRecordPlace(state, place),
        repro: `tallyman repro ${attempt}`,
      }
    })
  }

  #recordOf(attempt: string): Pick<DeathView, 'memory' | 'limitBytes' | 'record'> {
    let known = this.#read.get(attempt)
    if (known === undefined) {
      known = readRecord(this.#directory, attempt)
      this.#read.set(attempt, known)
    }
    return known
  }
}

function readRecord(
  directory: RunDirectory,
  attempt: string,
): Pick<DeathView, 'memory' | 'limitBytes' | 'record'> {
  try {
    const death = findDeath(directory, { of: attempt, how: 'failed' })?.record
    if (death !== undefined)
      return {
        memory: death.memory.map(({ bytes }) => bytes),
        limitBytes: death.limits.memoryBytes,
        record: null,
      }
  } catch {
    // Damaged, or deleted by hand: the journal has the cause.
  }
  return { memory: [], limitBytes: null, record: null }
}
