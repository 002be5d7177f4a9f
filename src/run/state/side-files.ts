import type { Fault } from '../../errors.ts'
import { contentOf, type SideFileList } from '../../flow/index.ts'
import { inputName } from '../../input/index.ts'
import type { RunState } from './state.ts'
import type { TaskState } from './task-state.ts'

/** A task of which it may be told what the job had read itself. */
export type ReadingTask = TaskState<{ readonly sideFiles?: SideFileList }>

/** What the job had read itself by each task that is done; of tasks that follow each other and have the same, once. Pure. */
export function* sideFileLists(...stages: readonly Iterable<ReadingTask>[]): Generator<SideFileList> {
  let before: SideFileList | undefined
  for (const tasks of stages) {
    for (const task of tasks) {
      const list = task.kind === 'done' ? task.report.sideFiles : undefined
      if (list === undefined || list === before) continue
      before = list
      yield list
    }
  }
}

/** Files that the job reads itself, and that were others for some of its work than for the rest: the result is of neither. In order of their paths. Pure. */
export function mixedSideFiles(...stages: readonly Iterable<ReadingTask>[]): string[] {
  const contents = new Map<string, string | null>()
  const mixed = new Set<string>()
  for (const list of sideFileLists(...stages)) {
    for (const { path, identity } of list ?? []) {
      const content = contentOf(identity)
      if (contents.has(path) && contents.get(path) !== content) mixed.add(path)
      contents.set(path, content)
    }
  }
  return [...mixed].sort()
}

/** What is said of a file that was another one meanwhile. */
export function sayMixed(path: string): string {
  return `${path}, which the job reads itself, was changed meanwhile: it was read as it was before, and as it was then.`
}

/**
 * Why there is no result although every task is done: the reduce stage, too, has read files, and what the map stage made was judged before. Null where all have read
 * the same, or what was accepted then. Pure.
 */
export function mixedInTheEnd({ map, reduce, shortfalls }: RunState): Fault | null {
  const accepted = new Set(
    shortfalls.flatMap((one) => (one.kind === 'input' && one.accepted ? one.name : [])),
  )
  const mixed = mixedSideFiles(map, reduce).filter((path) => !accepted.has(inputName(path, null)))
  const [first] = mixed
  if (first === undefined) return null
  const others = mixed.length === 1 ? '' : ` So were ${mixed.length - 1} more.`
  return { code: 'input-changed', message: `${sayMixed(first)}${others}`, wayOut: 'Run again.' }
}
