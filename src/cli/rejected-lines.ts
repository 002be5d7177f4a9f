import { printable } from '../printable.ts'
import { attemptId, firstRejected, type HeldRun, sayRejectedPlace, taskId, userFrames } from '../run/index.ts'
import { clip } from './cells.ts'
import { shownPath } from './shown-path.ts'
import type { Terminal } from './terminal.ts'

const shownMax = 5
const excerptCellsMax = 100

/** A line about rejected records. */
interface RejectedLine {
  readonly text: string
  /** Tells more of what stands above it. */
  readonly isAside: boolean
}

/**
 * The first rejected records of a run with the job's line that rejected them, where all of them are, and the command that has
 * the first of them again. No line before they are listed, which is when every map task is done.
 */
export function rejectedLines(
  { id, directory, state }: Pick<HeldRun, 'id' | 'directory' | 'state'>,
  { cwd, isLive, columns }: Pick<Terminal, 'cwd' | 'isLive' | 'columns'>,
): RejectedLine[] {
  const first = firstRejected(directory, shownMax)
  if (first.length === 0) return []
  const cells = Math.min(excerptCellsMax, isLive ? columns - 4 : excerptCellsMax)
  const lines = first.flatMap((record): RejectedLine[] => {
    const { reason, excerpt, stack } = record
    const [frame] = userFrames(stack ?? '')
    const place = frame === undefined ? [] : [printable(frame.trim().replace(`${cwd}/`, ''))]
    return [
      { text: `  ${printable(`${sayRejectedPlace(record)}: ${reason}`)}`, isAside: false },
      ...[...place, clip(printable(excerpt), cells)].map((text) => ({ text: `    ${text}`, isAside: true })),
    ]
  })
  const attempt = attemptThatRejected(state)
  const again =
    attempt === null ? [] : [`  The first of them again, in front of you: tallyman repro ${attempt} ${id}`]
  const where = [`  All of them: ${shownPath(directory.rejectedFile, cwd)}`, ...again]
  return [...lines, ...where.map((text) => ({ text, isAside: false }))]
}

/** The first attempt of this run that rejected a record; null where only what earlier runs kept has any. */
function attemptThatRejected({ map }: HeldRun['state']): string | null {
  for (const [index, task] of map.entries())
    if (task.kind === 'done' && task.attempt > 0 && task.report.sources.some(({ rejected }) => rejected > 0))
      return attemptId(taskId('map', index), task.attempt)
  return null
}
