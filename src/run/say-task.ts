import type { Split } from '../input/index.ts'
import type { Plan } from './plan.ts'
import { type Stage, taskId } from './task-id.ts'

/** A task as people have to hear of it: its id and, of a map task, what it reads: `map-00001 (a.txt, bytes 10 to 20)`. */
export function sayTask(
  { tasks, splits }: Pick<Plan, 'tasks' | 'splits'>,
  stage: Stage,
  index: number,
): string {
  const id = taskId(stage, index)
  const task = stage === 'map' ? tasks[index] : undefined
  const first = task === undefined ? undefined : splits[task.firstSplit]
  if (task === undefined || first === undefined) return id
  const more = task.endSplit - task.firstSplit - 1
  return `${id} (${saySplit(first)}${more === 0 ? '' : ` and ${decimal(more)} more`})`
}

function saySplit(split: Split): string {
  switch (split.kind) {
    case 'gzip':
      return split.path
    case 'zip-member':
      return `${split.path}!${split.member}`
    case 'range': {
      const { path, startByte, endByte, identity } = split
      const isWhole = startByte === 0 && endByte === identity.sizeBytes
      return isWhole ? path : `${path}, bytes ${decimal(startByte)} to ${decimal(endByte)}`
    }
  }
}

function decimal(value: number): string {
  return value.toLocaleString('en-US')
}
