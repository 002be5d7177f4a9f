import { basename } from 'node:path'
import { TallymanError } from '../errors.ts'
import { readProcess, ticksPerSecond } from '../host/index.ts'
import { type AnswerSoFar, answerSoFar, type LookedAnswer } from '../result/index.ts'
import { type RunDirectory, type RunState, readRun } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { sayBasis } from './so-far-lines.ts'
import { showHeads } from './tables.ts'
import type { Terminal } from './terminal.ts'
import { leavable } from './watch-run.ts'

const rowsDefault = 10

/** Shows what the tables of a run would be, were it to end now. */
export async function showSoFar(
  directory: RunDirectory,
  args: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const { state } = readRun(directory)
  const rows = args.count('rows') ?? rowsDefault
  const answer = await leavable((stop) => look(directory, state, rows, stop))
  if (answer === null) return exitCodes.interrupted
  if (args.has('json')) {
    const looked: LookedAnswer = { ...answer, cpuMs: cpuMs() }
    // Amounts beyond 2^53 are drawn, and need not be exact.
    terminal.out(
      JSON.stringify(looked, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    )
    return exitCodes.complete
  }
  terminal.out(sayBasis(answer))
  showHeads(
    terminal,
    answer.tables.map(({ name, rows: count, top }) => ({ table: name, rows: count, head: top })),
  )
  return exitCodes.complete
}

/** Null where it was given up. */
async function look(
  directory: RunDirectory,
  state: RunState | null,
  rows: number,
  stop: AbortSignal,
): Promise<AnswerSoFar | null> {
  const id = basename(directory.path)
  if (state?.phase === 'complete')
    throw new TallymanError('usage', `Run ${id} has its result.`, { wayOut: `Say: tallyman show ${id}` })
  let answer: AnswerSoFar | null = null
  try {
    answer = state === null ? null : await answerSoFar(directory, state, rows, stop)
  } catch (error) {
    if (!stop.aborted) throw error
  }
  if (answer !== null || stop.aborted) return answer
  throw new TallymanError('usage', `Nothing of run ${id} can be shown yet.`, {
    wayOut: 'Ask again once more of its map tasks are done.',
  })
}

/** What this process and those it started have taken. */
function cpuMs(): number {
  return ((readProcess(process.pid)?.cpuTicks ?? 0) * 1000) / ticksPerSecond
}
