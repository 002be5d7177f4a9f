import type { ErrorCode, Fault } from '../../errors.ts'
import { mayRetry, TallymanError } from '../../errors.ts'
import { sayTask } from './say-task.ts'
import { mixedInTheEnd } from './side-files.ts'
import { isOpen, type RunState } from './state.ts'
import { findStraggler } from './straggler.ts'
import { type Stage, taskId } from './task-id.ts'
import type { TaskList } from './task-list.ts'
import type { OpenTask } from './task-state.ts'

/** How an attempt is run, after what the one before it died of. */
export interface Care {
  /** Each record's place is noted before it is mapped, so that a death can be traced to its record. */
  readonly careful: boolean
  /** Nothing else runs beside it, and it has the memory of all workers. */
  readonly alone: boolean
}

/** What is to be done next. */
export type Decision =
  /** Begin this attempt. */
  | {
      readonly kind: 'start'
      readonly stage: Stage
      readonly index: number
      readonly task: string
      readonly attempt: number
      readonly care: Care
      /** The attempt at the same task that is too slow, and goes on. */
      readonly beside?: number
    }
  /** Nothing can be done before something that is running ends. */
  | { readonly kind: 'wait' }
  /** Every map task is done: see whether anything is lacking. */
  | { readonly kind: 'judge-map-stage' }
  /** Every part file is in place, or the run has ended. */
  | { readonly kind: 'rest' }
  /** A task has failed for good, or what all have done makes no result. */
  | { readonly kind: 'fail'; readonly fault: Fault }

/** A task that ended its worker at more records than this is wrong itself. */
export const skippedMax = 5
/** A disk that loses what was written more often than this is not to be trusted. */
const lossesMax = 3

/**
 * Faults in which the record at hand may have taken its worker down. One that was killed from outside is not among them: who
 * sends signals to workers would get records rejected.
 */
const deaths: ReadonlySet<ErrorCode> = new Set([
  'worker-died',
  'job-exited',
  'out-of-memory',
  'memory-limit',
  'process-limit',
  'no-progress',
])

/** May the record at hand have taken its worker down? */
export function mayBlameRecord(code: ErrorCode): boolean {
  return deaths.has(code)
}

/** Faults of an attempt that held more than its share. */
const hungers: ReadonlySet<ErrorCode> = new Set(['out-of-memory', 'memory-limit'])

/**
 * Decides the next step. Pure, and the same for the same state: tasks are begun in their order, those that have to run
 * alone at the end of their stage, so what a run does depends on the order of completion alone, and on the time where a seat
 * would be idle: then a task that is much slower than its peers is begun a second time.
 *
 * @param spareAt milliseconds since the epoch, now; null where no attempt may be begun that need not be
 */
export function decide(state: RunState, freeSeats: number, spareAt: number | null = null): Decision {
  if (!isOpen(state.phase)) return { kind: 'rest' }
  const stage = state.phase
  const tasks: TaskList<unknown> = state[stage]
  // After a loss the map stage may go on while reduce tasks are still at work.
  let isAnyRunning = state[stage === 'map' ? 'reduce' : 'map'].running > 0
  let isOneAlone = false
  let next: number | null = null
  let nextAlone: number | null = null
  for (const [index, task] of worthALook(tasks)) {
    const { alone } = careOf(task)
    const fault = finalFault(task, state.plan.attemptsMax, () => sayTask(state.plan, stage, index))
    if (fault !== null) return { kind: 'fail', fault }
    if (task.kind === 'running') {
      isAnyRunning = true
      isOneAlone ||= alone
      continue
    }
    if (alone) nextAlone ??= index
    else next ??= index
  }
  if (tasks.done === tasks.length) return stage === 'map' ? { kind: 'judge-map-stage' } : theEnd(state)
  if (isOneAlone || freeSeats <= 0) return { kind: 'wait' }
  // An attempt that was told to end may still hold a seat, and memory.
  const isEmpty = !isAnyRunning && freeSeats >= state.plan.workers
  const chosen = next ?? (isEmpty ? nextAlone : null)
  if (chosen !== null) return startOf(state, stage, chosen)
  // A task that waits to be alone would wait longer.
  if (nextAlone !== null || spareAt === null) return { kind: 'wait' }
  const straggler = findStraggler(state, stage, spareAt)
  if (straggler === null) return { kind: 'wait' }
  return { ...startOf(state, stage, straggler.index), beside: straggler.attempt }
}

/** Every part file is in place; of what was made of two files that ought to be one there is no result. */
function theEnd(state: RunState): Decision {
  const fault = mixedInTheEnd(state)
  return fault === null ? { kind: 'rest' } : { kind: 'fail', fault }
}

/**
 * The open tasks that the decision depends on, in their order: the first that waits, all that run, and all that something has
 * happened to. Of the others there may be a hundred thousand, and each is as good as the first.
 */
function* worthALook<R>({ chunks }: TaskList<R>): Generator<[number, OpenTask<R>]> {
  let isFirst = true
  for (const { start, tasks, waiting, running, marked } of chunks) {
    if (running === 0 && marked === 0 && (waiting === 0 || !isFirst)) continue
    for (const [place, task] of tasks.entries()) if (task.kind !== 'done') yield [start + place, task]
    // One that has failed may have to wait for its turn to be alone.
    if (waiting > marked) isFirst = false
  }
}

/** REQUIRES: the task is open. */
function startOf(state: RunState, stage: Stage, index: number): Extract<Decision, { kind: 'start' }> {
  const open = state[stage].at(index)
  if (open === undefined || open.kind === 'done')
    throw new TallymanError('internal', `Task ${taskId(stage, index)} is done, and was to be begun.`)
  return {
    kind: 'start',
    stage,
    index,
    task: taskId(stage, index),
    attempt: open.attempts + 1,
    care: careOf(open),
  }
}

/** How the next attempt of a task is run, or the one that is running. */
function careOf({ lastFault, trouble }: OpenTask<unknown>): Care {
  if (lastFault === null) return { careful: trouble !== undefined && trouble.skip.length > 0, alone: false }
  // Who looks into why a worker was killed wants to know where it was, even though the record is not blamed.
  const careful = mayBlameRecord(lastFault.code) || lastFault.code === 'killed'
  return { careful, alone: hungers.has(lastFault.code) }
}

/** Why a task is not tried again; null where it is. */
function finalFault(task: OpenTask<unknown>, attemptsMax: number, say: () => string): Fault | null {
  const { lastFault: fault, charged, trouble } = task
  if (trouble !== undefined && trouble.losses > lossesMax)
    return {
      code: 'io',
      message: `What task ${say()} wrote was lost ${trouble.losses} times.`,
      wayOut: 'Check the disk.',
    }
  if (fault === null) return null
  if (trouble !== undefined && trouble.skip.length > skippedMax) {
    const message = `Task ${say()} ended its worker at ${trouble.skip.length} records, the last time so: ${fault.message}`
    return { ...fault, message }
  }
  if (charged === 0) return null
  if (!mayRetry(fault.code)) return fault
  if (charged < attemptsMax) return null
  const often = charged === 1 ? '' : ` ${charged} times, the last time so`
  return { ...fault, message: `Task ${say()} failed${often}: ${fault.message}` }
}
