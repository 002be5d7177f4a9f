import type { Fault } from '../errors.ts'
import type { RecordPlace, SkippedRecord } from '../flow/index.ts'

/** Where a task stands. `attempts` counts all that were begun, `charged` those that count against its limit. */
export type TaskState<Report> = OpenTask<Report> | DoneTask<Report>

/** A task that is still to be done. */
export interface OpenTask<Report> {
  readonly kind: 'waiting' | 'running'
  readonly attempts: number
  readonly charged: number
  readonly lastFault: Fault | null
  readonly trouble?: Trouble<Report>
}

export interface DoneTask<Report> {
  readonly kind: 'done'
  readonly attempts: number
  /** The attempt whose files are in place; 0 for what an earlier run kept. */
  readonly attempt: number
  readonly report: Report
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
  /** How often what it wrote was lost. */
  readonly losses: number
}

export const untried = { kind: 'waiting', attempts: 0, charged: 0, lastFault: null } as const

const noTrouble = { suspect: null, skip: [], earlier: null, losses: 0 } as const

/** How an attempt failed, as its event says. */
interface Failure {
  readonly fault: Fault
  readonly charged: boolean
  readonly place?: RecordPlace
}

/**
 * The task after an attempt that came to nothing. A record at which a worker died twice in a row is passed over from then on,
 * and what was charged is forgiven: the task itself did nothing wrong.
 */
export function afterFailure<R>(task: OpenTask<R>, { fault, charged, place }: Failure): OpenTask<R> {
  const failed = {
    ...task,
    kind: 'waiting',
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
  { attempt, report }: { readonly attempt: number; readonly report: R },
): DoneTask<R> {
  const { trouble } = task
  const attempts = Math.max(task.attempts, attempt)
  return { kind: 'done', attempts, attempt, report, ...(trouble === undefined ? {} : { trouble }) }
}

/** The task once what it wrote was found damaged or gone. */
export function afterLoss<R>({ attempts, report, trouble = noTrouble }: DoneTask<R>): OpenTask<R> {
  return { ...untried, attempts, trouble: { ...trouble, earlier: report, losses: trouble.losses + 1 } }
}

/** The task when its run goes on: what was charged before is forgiven, since the user has had a look. */
export function afterResume<R>(task: TaskState<R>): TaskState<R> {
  if (task.kind === 'done') return task
  const { attempts, trouble } = task
  return { ...untried, attempts, ...(trouble === undefined ? {} : { trouble }) }
}
