import { type Fault, mayRetry } from '../../errors.ts'
import type { RecordPlace, SkippedRecord } from '../../flow/index.ts'

/** Where a task stands. `attempts` counts all that were begun, `charged` those that count against its limit. */
export type TaskState<Report> = OpenTask<Report> | DoneTask<Report>

/** An attempt that a worker is at. */
interface RunningAttempt {
  readonly attempt: number
  /** Milliseconds since the epoch, as its event says. */
  readonly startedAt: number
}

/** A task that is still to be done. */
export interface OpenTask<Report> {
  readonly kind: 'waiting' | 'running'
  /** Attempts at work, in the order they were begun: two where the first was slow. */
  readonly running: readonly RunningAttempt[]
  /** Whether a second attempt was begun beside another: there is no third. */
  readonly isDoubled: boolean
  readonly attempts: number
  readonly charged: number
  readonly lastFault: Fault | null
  readonly trouble?: Trouble<Report>
}

/** A task whose output is in place. It is open again when that is lost or doubted later. */
export interface DoneTask<Report> {
  readonly kind: 'done'
  readonly attempts: number
  /** The attempt whose files are in place; 0 for what an earlier run kept. */
  readonly attempt: number
  readonly report: Report
  /** Milliseconds that attempt took; null where it is not known. */
  readonly tookMs: number | null
  /** Milliseconds it took of a core; 0 where that is not known, and for what an earlier run kept. */
  readonly workMs: number
  readonly trouble?: Trouble<Report>
}

/** What is remembered of a task that did not just go well. */
export interface Trouble<Report> {
  /** The record its last worker died at: one more death there, and the record is passed over. */
  readonly suspect: RecordPlace | null
  /** Records that ended their worker twice. */
  readonly skip: readonly SkippedRecord[]
  /** What an attempt reported whose files were lost later: the next one must write the same. */
  readonly earlier: Report | null
  /** Had an earlier run kept those files? Which spills there are depends on how much a run may hold, and that one may have held more, or less. */
  readonly wasKept: boolean
  /** How often what it wrote was lost. */
  readonly losses: number
}

/** What every task begins as, and again once what it wrote was lost. */
export const untried = {
  kind: 'waiting',
  running: [],
  isDoubled: false,
  attempts: 0,
  charged: 0,
  lastFault: null,
} as const

/** Of a task that has gone well so far. */
export const noTrouble = { suspect: null, skip: [], earlier: null, wasKept: false, losses: 0 } as const

/** How an attempt failed, as its event says. */
interface Failure {
  readonly attempt: number
  readonly fault: Fault
  readonly charged: boolean
  readonly place?: RecordPlace
}

/** The task with one more attempt at work, alone or beside another. */
export function afterStart<R>(
  task: OpenTask<R>,
  { attempt, at, beside }: { readonly attempt: number; readonly at: number; readonly beside?: number },
): OpenTask<R> {
  const begun = { attempt, startedAt: at }
  return {
    ...task,
    kind: 'running',
    attempts: attempt,
    running: beside === undefined ? [begun] : [...task.running, begun],
    isDoubled: task.isDoubled || beside !== undefined,
  }
}

/**
 * The task after an attempt that came to nothing. While another attempt is at work beside it, nothing is held against the
 * task, unless trying again is of no use: what the other one comes to counts. A record at which a worker died twice in a row is passed over from then on,
 * and what was charged is forgiven: the task itself did nothing wrong.
 */
export function afterFailure<R>(task: OpenTask<R>, { attempt, fault, charged, place }: Failure): OpenTask<R> {
  const running = task.running.filter((other) => other.attempt !== attempt)
  if (running.length > 0 && mayRetry(fault.code)) return { ...task, running }
  const failed = {
    ...task,
    kind: running.length > 0 ? 'running' : 'waiting',
    running,
    charged: task.charged + (charged ? 1 : 0),
    lastFault: fault,
  } as const
  if (place === undefined) return failed
  const trouble = task.trouble ?? noTrouble
  const { suspect } = trouble
  if (suspect?.ordinal !== place.ordinal || suspect.byte !== place.byte)
    return { ...failed, trouble: { ...trouble, suspect: place } }
  const skipped = { ...place, reason: `its worker ended twice at this record: ${fault.message}` }
  return {
    ...failed,
    charged: 0,
    trouble: { ...trouble, suspect: null, skip: [...trouble.skip, skipped] },
  }
}

/** The task once an attempt's files are in place. */
export function afterCommit<R>(
  task: OpenTask<R>,
  {
    attempt,
    at,
    report,
    workMs = 0,
  }: { readonly attempt: number; readonly at: number; readonly report: R; readonly workMs?: number },
): DoneTask<R> {
  const { trouble } = task
  const attempts = Math.max(task.attempts, attempt)
  const begun = task.running.find((running) => running.attempt === attempt)
  const tookMs = begun === undefined ? null : at - begun.startedAt
  return {
    kind: 'done',
    attempts,
    attempt,
    report,
    tookMs,
    workMs,
    ...(trouble === undefined ? {} : { trouble }),
  }
}

/** The task when what it was given to read has changed: its attempts come to nothing, and nothing is held against it. */
export function afterChange<R>(task: OpenTask<R>): OpenTask<R> {
  return { ...task, kind: 'waiting', running: [] }
}

/** The task once what it wrote was found damaged or gone. */
export function afterLoss<R>({ attempts, attempt, report, trouble = noTrouble }: DoneTask<R>): OpenTask<R> {
  const wasKept = attempt === 0
  return {
    ...untried,
    attempts,
    trouble: { ...trouble, earlier: report, wasKept, losses: trouble.losses + 1 },
  }
}

/** The task once a second attempt at it gave other bytes than the committed one: neither is to be believed. */
export function afterDoubt<R>(
  { attempts, attempt, report, trouble = noTrouble }: DoneTask<R>,
  fault: Fault,
): OpenTask<R> {
  return {
    ...untried,
    attempts,
    charged: 1,
    lastFault: fault,
    trouble: { ...trouble, earlier: report, wasKept: attempt === 0 },
  }
}

/** The task when its run goes on: what was charged and lost before is forgiven, since the user has had a look. */
export function afterResume<R>(task: TaskState<R>): TaskState<R> {
  const { attempts } = task
  const trouble = task.trouble === undefined ? {} : { trouble: { ...task.trouble, losses: 0 } }
  return task.kind === 'done' ? { ...task, ...trouble } : { ...untried, attempts, ...trouble }
}
