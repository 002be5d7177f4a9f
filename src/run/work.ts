import { join } from 'node:path'
import type { MapWork, ReduceWork } from '../executor/index.ts'
import type { Care } from './decide.ts'
import type { RunDirectory } from './directory.ts'
import type { RunState } from './state.ts'
import { taskId } from './task-id.ts'

/** What an attempt at a map task has to do now: it reads no split that turned out damaged. Pure. */
export function mapWork({ plan, map, damaged }: RunState, index: number, { careful }: Care): MapWork {
  const { splits, tasks, partitions, memory } = plan
  const task = tasks[index]
  return {
    kind: 'map',
    splits: splits.slice(task?.firstSplit, task?.endSplit).filter(({ ordinal }) => !damaged.has(ordinal)),
    partitions,
    combineBytesMax: memory.combineBytesMax,
    skip: map.at(index)?.trouble?.skip ?? [],
    careful,
  }
}

/**
 * What an attempt at a reduce task has to merge: what the map tasks that are done have written for it. Pure. For a result every
 * map task has to be done.
 */
export function reduceWork({ map }: RunState, partition: number, directory: RunDirectory): ReduceWork {
  const spills: string[] = []
  let recordsExpected = 0
  for (const [index, task] of map.entries()) {
    if (task.kind !== 'done') continue
    const folder = directory.committedFolder(taskId('map', index))
    for (const spill of task.report.spills) {
      if (spill.partition !== partition) continue
      spills.push(join(folder, spill.name))
      recordsExpected += spill.records
    }
  }
  return { kind: 'reduce', spills, recordsExpected }
}
