import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Rejected, rejectedName } from '../flow/index.ts'
import type { RunDirectory } from './directory.ts'
import type { RunState } from './state.ts'
import { taskId } from './task-id.ts'

/** A rejected record as `rejected.jsonl` of the run lists it; docs/formats/rejected.md describes it. */
export interface RejectedRecord extends Omit<Rejected, 'ordinal' | 'lineInSplit'> {
  /** From 1, counted from the start of the file or member. */
  readonly line: number
}

/**
 * Puts the lists of all map attempts together into the run's, in the order of the records, and with lines counted from
 * the start of each file. Called when every map task is done.
 *
 * @returns how many are listed; of more than 10,000 in one task only so many are
 */
export function writeRejectedList(directory: RunDirectory, state: RunState): number {
  rmSync(directory.rejectedFile, { force: true })
  const firstLines = countFirstLines(state)
  let listed = 0
  for (const [index] of state.map.entries()) {
    const file = directory.absolute(join(directory.committedFolder(taskId('map', index)), rejectedName))
    if (!existsSync(file)) continue
    const records = readFileSync(file, 'utf8').trimEnd().split('\n')
    const lines = records.map((text) => JSON.stringify(placed(JSON.parse(text), firstLines)))
    appendFileSync(directory.rejectedFile, `${lines.join('\n')}\n`)
    listed += lines.length
  }
  return listed
}

function placed(
  { ordinal, lineInSplit, path, member, byte, ...rest }: Rejected,
  firstLines: ReadonlyMap<number, number>,
): RejectedRecord {
  return { path, member, byte, line: (firstLines.get(ordinal) ?? 0) + lineInSplit, ...rest }
}

/** Lines before each byte range of a file, by ordinal. */
function countFirstLines(state: RunState): ReadonlyMap<number, number> {
  const linesOf = new Map<number, number>()
  for (const task of state.map) {
    if (task.kind === 'done')
      for (const { ordinal, lines } of task.report.sources) linesOf.set(ordinal, lines)
  }
  const firstLines = new Map<number, number>()
  let before = 0
  let path = ''
  for (const split of state.plan.splits) {
    if (split.kind !== 'range') continue
    if (split.path !== path) before = 0
    path = split.path
    firstLines.set(split.ordinal, before)
    before += linesOf.get(split.ordinal) ?? 0
  }
  return firstLines
}
