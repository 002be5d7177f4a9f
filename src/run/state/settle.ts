import type { Fault } from '../../errors.ts'
import type { AttemptOutcome, AttemptReport } from '../../executor/index.ts'
import type { MapReport, RecordPlace } from '../../flow/index.ts'
import type { RunEvent } from '../journal/events.ts'
import { differenceFrom, lostForGood } from './compare-attempts.ts'
import { apply, isDone, type RunState } from './state.ts'
import { attemptId, parseTaskId, taskId } from './task-id.ts'

/** An attempt whose end has not been journaled yet. */
export interface EndedAttempt {
  readonly task: string
  readonly attempt: number
  readonly outcome: AttemptOutcome
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The record its worker died at, where that is known. */
  readonly place: RecordPlace | null
  /** The committed task whose damaged files made it fail, or whose map emitted too late to be in them, if that was why. */
  readonly damagedTask: string | null
}

/** What is to be done about it, one thing after another. A crash may come between any two. */
export type Step =
  /** Removes what the attempt wrote. */
  | { readonly kind: 'discard'; readonly attemptId: string }
  /** Puts what the attempt wrote into its task's place. */
  | { readonly kind: 'commit'; readonly attemptId: string; readonly task: string }
  | { readonly kind: 'record'; readonly event: RunEvent }
  /** Keeps what a map task wrote for later runs. */
  | { readonly kind: 'keep'; readonly task: string; readonly report: MapReport }
  /** Forgets what was kept of a map task. */
  | { readonly kind: 'forget'; readonly task: string }
  /** Ends an attempt that is of no use any more. */
  | { readonly kind: 'end'; readonly attemptId: string }

/**
 * What an ended attempt comes to. Pure. Of the attempts at one task the first that ends well is committed, and the others
 * are ended; what is heard of those later changes nothing, unless they ended well too and gave other bytes.
 */
export function settle(state: RunState, ended: EndedAttempt): Step[] {
  const { task, attempt, outcome } = ended
  const discard: Step = { kind: 'discard', attemptId: attemptId(task, attempt) }
  if (!isAtWork(state, task, attempt)) return [discard, settleLate(state, ended)]
  if (outcome.kind === 'failed') return [discard, ...settleFailure(state, ended, outcome.fault)]
  return settleSuccess(state, ended, outcome)
}

/** What is to be done when a task's committed files are damaged or gone; a link to them that was kept is no better. */
export function lose(task: string, fault: Fault, at: number): Step[] {
  const forget: Step[] = parseTaskId(task).stage === 'map' ? [{ kind: 'forget', task }] : []
  return [...forget, { kind: 'record', event: { type: 'output-lost', at, task, fault } }]
}

function settleLate(state: RunState, { task, attempt, outcome, at }: EndedAttempt): Step {
  const isComparable = outcome.kind === 'done' && isDone(state, task) && !foundDamage(outcome.report)
  const fault = isComparable ? differenceFrom(state, task, outcome.report) : null
  return {
    kind: 'record',
    event:
      fault === null
        ? { type: 'attempt-superseded', at, task, attempt }
        : { type: 'attempt-failed', at, task, attempt, fault, charged: true },
  }
}

function settleFailure(
  state: RunState,
  { task, attempt, at, place, damagedTask }: EndedAttempt,
  fault: Fault,
): Step[] {
  const event = {
    type: 'attempt-failed',
    at,
    task,
    attempt,
    fault,
    // An attempt that met another one's damage did nothing wrong. Where the job did, the run is to end.
    charged: damagedTask === null || fault.lateFrom !== undefined,
    ...(place === null ? {} : { place }),
  } as const
  const isLoss = damagedTask !== null && isDone(state, damagedTask)
  return [{ kind: 'record', event }, ...(isLoss ? lose(damagedTask, fault, at) : [])]
}

function settleSuccess(
  state: RunState,
  { task, attempt, at }: EndedAttempt,
  { report: reported, workMs }: Extract<AttemptOutcome, { kind: 'done' }>,
): Step[] {
  const id = attemptId(task, attempt)
  const discard: Step = { kind: 'discard', attemptId: id }
  const record = (event: RunEvent): Step => ({ kind: 'record', event })
  if (reported.kind === 'map' && foundDamage(reported)) {
    const splits = reported.report.damaged
    const unrepeatable = lostForGood(state, task, splits)
    if (unrepeatable !== null)
      return [
        discard,
        record({ type: 'attempt-failed', at, task, attempt, fault: unrepeatable, charged: true }),
      ]
    const event = { type: 'inputs-damaged', at, task, attempt, splits } as const
    return [discard, record(event), ...endOthers(state, task, attempt), ...endOfParts(state, event, task)]
  }
  const fault = differenceFrom(state, task, reported)
  if (fault !== null)
    return [discard, record({ type: 'attempt-failed', at, task, attempt, fault, charged: true })]
  const cost = workMs === undefined ? {} : { workMs }
  const committed: Step[] =
    reported.kind === 'map'
      ? [
          record({ type: 'map-committed', at, task, attempt, report: reported.report, ...cost }),
          { kind: 'keep', task, report: reported.report },
        ]
      : [record({ type: 'reduce-committed', at, task, attempt, report: reported.report, ...cost })]
  return [{ kind: 'commit', attemptId: id, task }, ...committed, ...endOthers(state, task, attempt)]
}

function foundDamage({ kind, report }: AttemptReport): boolean {
  return kind === 'map' && report.damaged.length > 0
}

function isAtWork(state: RunState, id: string, attempt: number): boolean {
  return runningOf(state, id).includes(attempt)
}

function endOthers(state: RunState, task: string, attempt: number): Step[] {
  return runningOf(state, task)
    .filter((other) => other !== attempt)
    .map((other) => ({ kind: 'end', attemptId: attemptId(task, other) }))
}

/** Attempts at other tasks that read parts of a file that is read as a whole from now on. */
function endOfParts(state: RunState, event: RunEvent, task: string): Step[] {
  const after = apply(state, event)
  if (after.joined === state.joined) return []
  return [...state.map.entries()].flatMap(([index]) => {
    const id = taskId('map', index)
    if (id === task) return []
    const stillRunning = runningOf(after, id)
    return runningOf(state, id)
      .filter((attempt) => !stillRunning.includes(attempt))
      .map((attempt): Step => ({ kind: 'end', attemptId: attemptId(id, attempt) }))
  })
}

function runningOf(state: RunState, id: string): number[] {
  const { stage, index } = parseTaskId(id)
  const task = state[stage].at(index)
  return task === undefined || task.kind === 'done' ? [] : task.running.map(({ attempt }) => attempt)
}
