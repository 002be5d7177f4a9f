import { beginsSession, type NoteEvent, type ProgressEvent, type RunEvent } from '../journal/events.ts'
import { isDone, type RunState } from './state.ts'
import { attemptId } from './task-id.ts'
import { inputBytesOf, type RunTotals } from './totals.ts'

/** What of a run is committed and what is under way, together. */
type SoFar = Pick<RunTotals, 'readBytes' | 'records' | 'rejected'>

/** The last word of each attempt that is under way. Progress is in no state, since nothing depends on it. */
export class UnderWay {
  readonly #last = new Map<string, ProgressEvent>()

  /** To be told every event of the run, in order. */
  observe(event: RunEvent | ProgressEvent | NoteEvent): void {
    if (event.type === 'progress') this.#last.set(attemptId(event.task, event.attempt), event)
    else if (beginsSession(event)) this.#last.clear()
    else if ('attempt' in event) this.#last.delete(attemptId(event.task, event.attempt))
  }

  get attempts(): readonly ProgressEvent[] {
    return [...this.#last.values()]
  }

  /** What an attempt has said last, by its id. */
  of(attempt: string): ProgressEvent | undefined {
    return this.#last.get(attempt)
  }

  /**
   * Adds what is under way to what is committed: of two attempts at one task the one that is further, and of none more than its task has to
   * read. What is heard of an attempt when its task is done already adds nothing.
   */
  addedTo({ readBytes, records, rejected }: SoFar, state: RunState): SoFar {
    const furthest = new Map<string, ProgressEvent>()
    for (const event of this.#last.values()) {
      if (isDone(state, event.task)) continue
      const other = furthest.get(event.task)
      if (other === undefined || other.records < event.records) furthest.set(event.task, event)
    }
    const sum = { readBytes, records, rejected }
    for (const event of furthest.values()) {
      sum.readBytes += Math.min(event.readBytes, inputBytesOf(state, event.task))
      sum.records += event.records
      sum.rejected += event.rejected
    }
    return sum
  }
}
