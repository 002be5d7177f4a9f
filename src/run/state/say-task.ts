import { saySplits } from '../../input/index.ts'
import { type Plan, splitsOf } from '../plan/plan.ts'
import { type Stage, taskId } from './task-id.ts'

/** A task as people have to hear of it: its id and, of a map task, what it reads: `map-00001 (a.txt, bytes 10 to 20)`. */
export function sayTask(plan: Pick<Plan, 'tasks' | 'splits'>, stage: Stage, index: number): string {
  const id = taskId(stage, index)
  const splits = stage === 'map' ? splitsOf(plan, index) : []
  return splits.length === 0 ? id : `${id} (${saySplits(splits)})`
}
