import type { AnswerSoFar } from '../result/index.ts'
import { type Bottleneck, sayBottleneck } from '../run/index.ts'
import { clip, widthOf } from './cells.ts'
import { soFarLines } from './so-far-lines.ts'
import type { Terminal } from './terminal.ts'

/** A part of a line; where the terminal is too narrow for all of them, those of the highest rank are left out first. */
export interface LinePart {
  readonly text: string
  readonly rank: number
}

/** What is shown of a run that goes on. */
export interface FrameFacts {
  /** How far it is: the first says the stage. */
  readonly parts: readonly LinePart[]
  /** Share that is done, 0 to 1; null where it cannot be told. */
  readonly share: number | null
  /** Those at work may be paused; null where nobody knows. */
  readonly crew: { readonly atWork: number; readonly all: number; readonly paused: number } | null
  readonly bottleneck: Bottleneck | null
  readonly answer: AnswerSoFar | null
}

/** A bar is drawn as well where everything else fits beside it. */
const barCells = 20
/** Rows of the terminal that stay those of others. */
const rowsLeft = 2
const answerRowsMax = 12

/** The lines that show how a run goes on, none wider than the terminal. */
export function runFrame(
  facts: FrameFacts,
  { columns, rows, colors }: Pick<Terminal, 'columns' | 'rows' | 'colors'>,
): string[] {
  const width = Math.max(1, columns - 1)
  const most = Math.max(1, rows - rowsLeft)
  const lines = [firstLine(facts, width, colors)]
  const crew = fitted(crewParts(facts), width)
  if (crew !== '') lines.push(colors.dim(crew))
  if (facts.answer !== null) {
    const room = Math.min(answerRowsMax, Math.floor(most / 2))
    const [basis, ...top] = soFarLines(facts.answer, width, room)
    if (basis !== undefined) lines.push(colors.yellow(basis), ...top)
  }
  return lines.slice(0, most)
}

function firstLine({ parts, share }: FrameFacts, width: number, colors: Terminal['colors']): string {
  const [stage, ...others] = parts
  const all = joined(parts)
  if (share === null || stage === undefined || widthOf(all) + barCells > width) return fitted(parts, width)
  const done = Math.min(barCells, Math.floor(barCells * share))
  const bar = `${colors.green('━'.repeat(done))}${colors.dim('─'.repeat(barCells - done))}`
  return `${stage.text} ${bar} ${joined(others)}`
}

function crewParts({ crew, bottleneck }: FrameFacts): LinePart[] {
  if (crew === null) return []
  const { all, paused } = crew
  const atWork = Math.max(0, crew.atWork - paused)
  return [
    {
      text: `${atWork === all ? all : `${atWork} of ${all}`} ${all === 1 ? 'worker' : 'workers'} at work`,
      rank: 0,
    },
    ...(paused === 0 ? [] : [{ text: `${paused} paused for others`, rank: 1 }]),
    ...(bottleneck === null ? [] : [{ text: sayBottleneck(bottleneck), rank: 2 }]),
  ]
}

/** The parts in one line, however wide. */
export function joined(parts: readonly LinePart[]): string {
  return parts.map(({ text }) => text).join(' · ')
}

/** As many parts as fit. */
function fitted(parts: readonly LinePart[], width: number): string {
  let kept = parts
  while (kept.length > 1 && widthOf(joined(kept)) > width) {
    const last = Math.max(...kept.map(({ rank }) => rank))
    kept = kept.filter(({ rank }) => rank !== last)
  }
  return clip(joined(kept), width)
}
