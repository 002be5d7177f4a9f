import type { Fault } from '../errors.ts'
import { mayRetry } from '../errors.ts'
import type { RunState, TaskState } from './state.ts'
import { type Stage, taskId } from './task-id.ts'

/** What is to be done next. */
export type Decision =
  /** Begin this attempt. */
  | {
      readonly kind: 'start'
      readonly stage: Stage
      readonly index: number
      readonly task: string
      readonly attempt: number
    }
  /** Nothing can be done before something that is running ends. */
  | { readonly kind: 'wait' }
  /** Every map task is done: see whether anything is lacking. */
  | { readonly kind: 'judge-map-stage' }
  /** Every part file is in place, or the run has ended. */
  | { readonly kind: 'rest' }
  /** A task has failed for good. */
  | { readonly kind: 'fail'; readonly fault: Fault }

/**
 * Decides the next step. Pure, and the same for the same state: tasks are begun in their order, so what a run does
 * depends on the order of completion alone.
 */
export function decide(state: RunState, freeSeats: number): Decision {
  if (state.phase !== 'map' && state.phase !== 'reduce') return { kind: 'rest' }
  const stage = state.phase
  const tasks: readonly TaskState<unknown>[] = state[stage]
  const { attemptsMax } = state.plan
  let isDone = true
  let next: Decision | null = null
  for (let index = 0; index < tasks.length; index++) {
    const task = tasks[index]
    if (task === undefined || task.kind === 'done') continue
    isDone = false
    if (task.kind === 'running') continue
    const fault = task.lastFault
    if (fault !== null && task.charged > 0 && (!mayRetry(fault.code) || task.charged >= attemptsMax)) {
      return { kind: 'fail', fault: finalFault(taskId(stage, index), fault, task.charged) }
    }
    next ??= { kind: 'start', stage, index, task: taskId(stage, index), attempt: task.attempts + 1 }
  }
  if (isDone) return stage === 'map' ? { kind: 'judge-map-stage' } : { kind: 'rest' }
  return next !== null && freeSeats > 0 ? next : { kind: 'wait' }
}

function finalFault(task: string, fault: Fault, attempts: number): Fault {
  if (!mayRetry(fault.code)) return fault
  return { ...fault, message: `Task ${task} failed ${attempts} times, the last time so: ${fault.message}` }
}
