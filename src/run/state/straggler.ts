import { diskBytes } from '../../input/index.ts'
import { splitsOf } from '../plan/plan.ts'
import type { RunState } from './state.ts'
import type { Stage } from './task-id.ts'
import type { DoneTask, TaskState } from './task-state.ts'

/** An attempt that takes much longer than those of its peers did. */
export interface Straggler {
  readonly index: number
  readonly attempt: number
}

/** A task is slow when it has taken so many times as long as its peers would have. */
const slowness = 3
/** Below that, beginning a second attempt costs more than it may save. */
const leastMs = 5000
/** From fewer peers nothing can be told. */
const peersMin = 3

/**
 * Finds the task that is worth a second attempt beside its first: of those that are slower than their peers by far, the one
 * that is so by most. Pure. A task of twice the bytes may take twice as long, so a huge split is not taken for a slow one.
 * The rule is that of Spark (spark.speculation: a multiple of the median, once most tasks are done), by bytes besides.
 *
 * Null while fewer tasks of the stage are done than are not. A task that failed before has another reason to be slow, and
 * one that was doubled once is not doubled again, so that every task comes to an end.
 *
 * @param now milliseconds since the epoch. A clock that was set wrong costs an attempt that was not needed, or saves one
 *
 * Cost: a look at every task of the stage; for reduce tasks, at every spill
 */
export function findStraggler(state: RunState, stage: Stage, now: number): Straggler | null {
  if (!state.plan.speculates) return null
  const tasks: readonly TaskState<unknown>[] = state[stage].toArray()
  const bytesOf = stage === 'map' ? mapBytes(state) : reduceBytes(state)
  const peers = tasks.flatMap((task, index) => (isMeasured(task) ? [{ task, index }] : []))
  const open = tasks.filter(({ kind }) => kind !== 'done').length
  if (peers.length < Math.max(peersMin, open)) return null
  const usualMs = median(peers.map(({ task }) => task.tookMs))
  const usualMsPerByte = median(peers.map(({ task, index }) => task.tookMs / Math.max(1, bytesOf(index))))
  let slowest: (Straggler & { readonly times: number }) | null = null
  for (const [index, task] of tasks.entries()) {
    if (task.kind !== 'running' || task.isDoubled || task.lastFault !== null) continue
    const first = task.running[0]!
    const expectedMs = Math.max(usualMs, usualMsPerByte * bytesOf(index))
    const times = (now - first.startedAt) / Math.max(leastMs, slowness * expectedMs)
    if (times > 1 && times > (slowest?.times ?? 0)) slowest = { index, attempt: first.attempt, times }
  }
  return slowest === null ? null : { index: slowest.index, attempt: slowest.attempt }
}

type Measured = DoneTask<unknown> & { readonly tookMs: number }

function isMeasured(task: { readonly kind: string; readonly tookMs?: number | null }): task is Measured {
  return task.kind === 'done' && typeof task.tookMs === 'number'
}

/** REQUIRES: there are some. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}

function mapBytes({ plan }: RunState): (index: number) => number {
  return (index) => splitsOf(plan, index).reduce((sum, split) => sum + diskBytes(split), 0)
}

/** What was spilled for each partition. */
function reduceBytes({ map, plan: { partitions } }: RunState): (index: number) => number {
  const bytes = new Float64Array(partitions)
  for (const task of map) {
    if (task.kind !== 'done') continue
    for (const spill of task.report.spills) bytes[spill.partition]! += spill.bytes
  }
  return (index) => bytes[index]!
}
