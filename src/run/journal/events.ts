import type { Fault } from '../../errors.ts'
import type { AttemptProgress } from '../../executor/index.ts'
import type { MapReport, RecordPlace, ReduceReport } from '../../flow/index.ts'
import type { BadRecordLimit } from '../options.ts'
import type { Shortfall } from '../state/shortfall.ts'

/** A table of a committed result. */
export interface CommittedTable {
  readonly name: string
  /** File in the result directory. */
  readonly file: string
  readonly rows: number
  readonly bytes: number
  /** Of the file, in hex. */
  readonly sha256: string
}

/** What a committed result is, as the journal's last line says it. */
export interface CommittedResult {
  /** Absolute path. */
  readonly directory: string
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly tables: readonly CommittedTable[]
  /** The seal of `manifest.json`, in hex. */
  readonly manifestSha256: string
}

/**
 * What happened, in order: each is a line of the journal. Times are milliseconds since the epoch: for people, and to tell
 * which task is slow. Nothing that is right or wrong depends on them.
 */
export type RunEvent =
  /** The plan is on disk. */
  | {
      readonly type: 'planned'
      readonly at: number
      readonly tasks: number
      readonly partitions: number
      readonly inputBytes: number /* on disk */
    }
  | {
      readonly type: 'attempt-started'
      readonly at: number
      readonly task: string
      readonly attempt: number
      readonly seat: number
      /** The attempt at the same task that is slow and still at work: whichever ends well first is committed. */
      readonly beside?: number
      /** Of Spark's executors the one it runs on, where that is known. */
      readonly executor?: string
    }
  /** The attempt came to nothing. `charged`: it counts against the task's attempts. */
  | {
      readonly type: 'attempt-failed'
      readonly at: number
      readonly task: string
      readonly attempt: number
      readonly fault: Fault
      readonly charged: boolean
      /** The record its worker died at, where that is known. */
      readonly place?: RecordPlace
    }
  /** Another attempt at the task was first, or the task has changed since: nothing of this one counts. */
  | {
      readonly type: 'attempt-superseded'
      readonly at: number
      readonly task: string
      readonly attempt: number
    }
  /** What a committed task wrote is damaged or gone: the task runs again. */
  | { readonly type: 'output-lost'; readonly at: number; readonly task: string; readonly fault: Fault }
  /** Splits that cannot be read to their end: their task runs again without them. */
  | {
      readonly type: 'inputs-damaged'
      readonly at: number
      readonly task: string
      readonly attempt: number
      readonly splits: readonly { readonly ordinal: number; readonly fault: Fault }[]
    }
  /** A map attempt's files are in place. */
  | {
      readonly type: 'map-committed'
      readonly at: number
      readonly task: string
      readonly attempt: number
      readonly report: MapReport
      /** What the attempt took of a core, in milliseconds. */
      readonly workMs?: number
    }
  /** An earlier run's output was put in a map task's place. */
  | {
      readonly type: 'map-reused'
      readonly at: number
      readonly task: string
      /** Id of the run that kept it. */
      readonly run: string
      readonly report: MapReport
    }
  /** Every input was read to its end, or what is lacking was accepted. */
  | { readonly type: 'map-stage-ended'; readonly at: number; readonly accepted: readonly Shortfall[] }
  /** A reduce attempt's files are in place. */
  | {
      readonly type: 'reduce-committed'
      readonly at: number
      readonly task: string
      readonly attempt: number
      readonly report: ReduceReport
      /** As that of `map-committed`. */
      readonly workMs?: number
    }
  /** Spark's application stands: what follows is done by it. */
  | {
      readonly type: 'spark-started'
      readonly at: number
      /** Spark's id of it. */
      readonly application: string
      /** Its version. */
      readonly spark: string
    }
  /** Spark has one more executor. */
  | {
      readonly type: 'executor-came'
      readonly at: number
      readonly executor: string
      readonly host: string
      readonly cores: number
    }
  /** One of Spark's executors is gone. `reason` as Spark says it. */
  | {
      readonly type: 'executor-lost'
      readonly at: number
      readonly executor: string
      readonly reason: string
    }
  /** What went through Spark's shuffle so far, in this session: all attempts' bytes, as they are compressed. */
  | {
      readonly type: 'shuffled'
      readonly at: number
      readonly writtenBytes: number
      readonly readBytes: number
    }
  | { readonly type: 'result-committed'; readonly at: number; readonly result: CommittedResult }
  /** Not committed: inputs are incomplete or records were rejected. */
  | { readonly type: 'refused'; readonly at: number; readonly shortfalls: readonly Shortfall[] }
  | { readonly type: 'failed'; readonly at: number; readonly fault: Fault }
  | { readonly type: 'interrupted'; readonly at: number }
  /** The run goes on after it was refused, interrupted or cut off, or had failed. */
  | {
      readonly type: 'resumed'
      readonly at: number
      readonly accept: readonly string[]
      readonly badRecords: BadRecordLimit
      /** The journal was damaged from this line on: so many bytes of it were not believed, and cut off. */
      readonly distrusted?: { readonly line: number; readonly bytes: number }
    }

/** Does a process of its own begin with it, as a run's first and each that goes on with it? */
export function beginsSession(
  event: RunEvent | ProgressEvent | NoteEvent,
): event is Extract<RunEvent, { type: 'planned' | 'resumed' }> {
  return event.type === 'planned' || event.type === 'resumed'
}

/** Something to be said to people; never journaled. */
export interface NoteEvent {
  readonly type: 'note'
  readonly at: number
  /** Whole sentence. */
  readonly message: string
}

/** How far a running attempt is; shown, never journaled. The sum of `readBytes` over all tasks is `inputBytes`, or a little more. */
export interface ProgressEvent extends AttemptProgress {
  readonly type: 'progress'
  readonly at: number
  readonly task: string
  readonly attempt: number
}
