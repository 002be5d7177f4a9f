import type { MapWork, ReduceWork } from '../executor/index.ts'
import type { Section, Spill } from '../flow/index.ts'
import type { Split } from '../input/index.ts'
import type { RunDirectory } from './directory/directory.ts'
import { type Plan, splitsOf } from './plan/plan.ts'
import type { Care } from './state/decide.ts'
import type { RunState } from './state/state.ts'
import { taskId } from './state/task-id.ts'

/** What an attempt at a map task has to do now. Pure. */
export function mapWork(state: RunState, index: number, { careful }: Care): MapWork {
  const { plan, map } = state
  const { partitions, memory } = plan
  const everyBytes = indexEveryBytes(plan)
  return {
    kind: 'map',
    splits: splitsToRead(state, index),
    partitions,
    combineBytesMax: memory.combineBytesMax,
    skip: map.at(index)?.trouble?.skip ?? [],
    careful,
    ...(everyBytes === null ? {} : { indexEveryBytes: everyBytes }),
  }
}

/** The window that comes with each cut would be much of the file. */
const indexEveryBytesMin = 256 * 1024

/** A file is cut as long as pieces of plain files are. Where nothing is kept, an index is of no use. */
function indexEveryBytes({ splitBytes, job, keepBytesMax }: Plan): number | null {
  if (job.description.input.unit !== 'line' || keepBytesMax === 0) return null
  return Math.max(splitBytes, indexEveryBytesMin)
}

/** A map task's splits without those that turned out damaged; the first part of a file that is read as a whole stands for all of it. */
function splitsToRead({ plan, damaged, joined }: RunState, index: number): Split[] {
  return splitsOf(plan, index).flatMap((split): Split[] => {
    if (damaged.has(split.ordinal)) return []
    if (split.kind !== 'gzip' || !joined.has(split.path)) return [split]
    const { part, ...whole } = split
    return part === undefined || part.start === null ? [whole] : []
  })
}

/** Does a map task read just what the plan says? */
export function readsAsPlanned(
  { plan, damaged, joined }: Pick<RunState, 'plan' | 'damaged' | 'joined'>,
  index: number,
): boolean {
  return splitsOf(plan, index).every(({ ordinal, path }) => !damaged.has(ordinal) && !joined.has(path))
}

/**
 * What an attempt at a reduce task has to merge: what the map tasks that are done have written for it. Pure. For a result every
 * map task has to be done.
 */
export function reduceWork(state: RunState, partition: number, directory: RunDirectory): ReduceWork {
  const spills: Section[] = []
  let recordsExpected = 0
  for (const [folder, spill] of spillsOf(state, directory)) {
    if (spill.partition !== partition) continue
    spills.push(sectionOf(folder, spill))
    recordsExpected += spill.records
  }
  return { kind: 'reduce', spills, recordsExpected }
}

/** The same of all partitions, in turn. Cost: one look at each spill, where one at a time would be as many as there are partitions. */
export function reduceWorks(state: RunState, directory: RunDirectory): ReduceWork[] {
  const works = Array.from({ length: state.plan.partitions }, () => ({
    kind: 'reduce' as const,
    spills: [] as Section[],
    recordsExpected: 0,
  }))
  for (const [folder, spill] of spillsOf(state, directory)) {
    const work = works[spill.partition]
    if (work === undefined) continue
    work.spills.push(sectionOf(folder, spill))
    work.recordsExpected += spill.records
  }
  return works
}

/** What the map tasks that are done have written, in their order, each with its task's folder. */
function* spillsOf({ map }: RunState, directory: RunDirectory): Generator<readonly [string, Spill]> {
  for (const [index, task] of map.entries()) {
    if (task.kind !== 'done') continue
    const folder = directory.relativeCommittedFolder(taskId('map', index))
    for (const spill of task.report.spills) yield [folder, spill]
  }
}

function sectionOf(folder: string, { name, atByte, bytes }: Spill): Section {
  // With a slash, so that `Storage.open` looks for it in the run's directory. Not by `join`, which looks at each letter: there may be as many as tasks times partitions.
  return { name: `${folder}/${name}`, atByte, bytes }
}
