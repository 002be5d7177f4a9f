import { appendFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, TallymanError } from '../../errors.ts'
import { type MapReport, type Rejected, rejectedListMax, rejectedName } from '../../flow/index.ts'
import { openFinishedFile } from '../../host/index.ts'
import type { RunState } from '../state/state.ts'
import { taskId } from '../state/task-id.ts'
import type { RunDirectory } from './directory.ts'

/** A rejected record as `rejected.jsonl` of the run lists it; docs/formats/rejected.md describes it. */
export interface RejectedRecord extends Omit<Rejected, 'ordinal' | 'lineInSplit'> {
  /** From 1, counted from the start of the file or member. */
  readonly line: number
}

/**
 * Puts the lists of all map attempts together into the run's, in the order of the records, and with lines counted from
 * the start of each file. Of more than 10,000 in one task only so many are. Called when every map task is done.
 *
 * @throws {TallymanError} `file-damaged` for a list that is not as its task wrote it: such a task has to run again
 */
export function writeRejectedList(directory: RunDirectory, state: RunState): void {
  rmSync(directory.rejectedFile, { recursive: true, force: true })
  const firstLines = countFirstLines(state)
  for (const [index, task] of state.map.entries()) {
    const file = join(directory.relativeCommittedFolder(taskId('map', index)), rejectedName)
    const records = readOwnList(directory, file, task.kind === 'done' ? rejectedIn(task.report) : 0)
    if (records.length === 0) continue
    const lines = records.map((record) => JSON.stringify(placed(record, firstLines)))
    appendFileSync(directory.rejectedFile, `${lines.join('\n')}\n`)
  }
}

function rejectedIn({ sources }: MapReport): number {
  return sources.reduce((sum, { rejected }) => sum + rejected, 0)
}

/** What one task listed; it has no checksum, so it is held to what the task counted. */
function readOwnList(directory: RunDirectory, file: string, rejected: number): Rejected[] {
  const path = directory.absolute(file)
  let reason = 'is gone'
  try {
    if (existsSync(path)) {
      const records = readText(path).split('\n').slice(0, -1)
      if (records.length >= Math.min(rejected, rejectedListMax))
        return records.map((text) => JSON.parse(text) as Rejected)
      reason = `holds ${records.length} of ${rejected} records`
    } else if (rejected === 0) return []
  } catch (error) {
    reason = `cannot be read: ${messageOf(error)}`
  }
  throw new TallymanError('file-damaged', `The list of rejected records ${path} ${reason}.`, { file })
}

/** Whole; of what is no file nothing, since a pipe might never end. */
function readText(path: string): string {
  const file = openFinishedFile(path, path)
  try {
    const bytes = Buffer.alloc(file.sizeBytes)
    return bytes.toString('utf8', 0, file.read(bytes, 0))
  } finally {
    file.close()
  }
}

function placed(
  { ordinal, lineInSplit, path, member, byte, ...rest }: Rejected,
  firstLines: ReadonlyMap<number, number>,
): RejectedRecord {
  return { path, member, byte, line: (firstLines.get(ordinal) ?? 0) + lineInSplit, ...rest }
}

/** Lines before each split of a file, by ordinal. */
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
    if (split.kind === 'zip-member') continue
    if (split.path !== path) before = 0
    path = split.path
    firstLines.set(split.ordinal, before)
    before += linesOf.get(split.ordinal) ?? 0
  }
  return firstLines
}
