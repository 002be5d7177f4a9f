import type { Fault } from '../../errors.ts'
import type { AttemptReport } from '../../executor/index.ts'
import type { MapReport } from '../../flow/index.ts'
import { sayTask } from './say-task.ts'
import type { RunState } from './state.ts'
import { parseTaskId } from './task-id.ts'

/**
 * What is wrong when a second attempt at a task wrote other bytes than the first, be that one committed or lost: mixing the two would make a result that
 * no single run has. Null where there was no first one, or both are the same. Pure.
 */
export function differenceFrom(state: RunState, id: string, { kind, report }: AttemptReport): Fault | null {
  const { stage, index } = parseTaskId(id)
  const task = state[stage].at(index)
  const earlier = task?.kind === 'done' ? task.report : (task?.trouble?.earlier ?? null)
  if (earlier === null) return null
  const now = kind === 'map' ? report.spills : report.parts
  const before = 'spills' in earlier ? earlier.spills : earlier.parts
  if (JSON.stringify(now) === JSON.stringify(before)) return null
  if (task?.kind !== 'done' && task?.trouble?.wasKept === true) return differenceFromKept(state, id)
  return {
    code: 'not-deterministic',
    message: `Task ${sayTask(state.plan, stage, index)} gave other output when it ran again.`,
    wayOut:
      'Look in the job for the clock, Math.random (ctx.random is the same in every attempt), or what changes outside it; nothing was committed.',
  }
}

/**
 * What an earlier run kept may be cut into other spills, which says nothing of the job; only where nobody has read any of it can what was
 * written in its place be taken.
 */
function differenceFromKept({ plan, reduce }: RunState, id: string): Fault | null {
  if (reduce.done + reduce.running === 0) return null
  const { stage, index } = parseTaskId(id)
  return {
    code: 'not-deterministic',
    message: `Task ${sayTask(plan, stage, index)} gave other output than an earlier run had kept of it, which was lost when some of it had been used.`,
    wayOut:
      'Run the job again: it does the task anew then. An earlier run with more memory, or less, cuts its output otherwise; so does a job that looks at the clock or at Math.random.',
  }
}

/**
 * What it means that an input is damaged now of which a map task had read a whole one before: what the task wrote then was
 * counted on, is lost, and cannot be written again. Null where no attempt at the task was committed. Pure.
 */
export function lostForGood(state: RunState, id: string, damaged: MapReport['damaged']): Fault | null {
  const { stage, index } = parseTaskId(id)
  const task = state[stage].at(index)
  const [first] = damaged
  if (task === undefined || task.kind === 'done' || first === undefined) return null
  if ((task.trouble?.earlier ?? null) === null) return null
  return {
    code: first.fault.code,
    message: `What task ${sayTask(state.plan, stage, index)} wrote was lost, and it cannot be done again: ${first.fault.message}`,
    wayOut:
      'Put the input back as it was and resume, or run the job again, which uses what the other tasks wrote; then it can be done without what is damaged: --accept.',
  }
}
