import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { type WrittenResult, writeResult } from '../result/index.ts'
import type { PreparedRun, RunState } from '../run/index.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Outlet } from './outlet.ts'
import { Progress } from './progress.ts'
import { sayComplete, sayFailed, sayInterrupted, sayRefused, saySummaryJson } from './report.ts'
import { openJsonLines, type Terminal } from './terminal.ts'

/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; the second one ends this process at once. */
export function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}

/** Executes a prepared run to its end, writes its result, and tells the user how it went. */
export async function carryOut(
  run: PreparedRun,
  outlet: Outlet,
  terminal: Terminal,
  stop: AbortSignal,
): Promise<ExitCode> {
  const events = outlet.eventsFile === null ? null : openJsonLines(outlet.eventsFile)
  const progress = new Progress(terminal)
  const observe: Parameters<PreparedRun['execute']>[0] = (event, state) => {
    events?.write(event)
    if (!outlet.quiet) progress.observe(event, state)
  }
  try {
    const state = await run.execute(observe, stop)
    progress.end()
    if (state.phase !== 'reduce') return await tellEnd(run, state, outlet, terminal)
    const written = writeResult(run, {
      target: outlet.target ?? join(run.directory, 'result'),
      format: outlet.format,
    })
    await run.commit(written.committed, observe)
    if (outlet.toStdout) await copyToStdout(written)
    if (outlet.json) saySummaryJson(terminal, run, written)
    else sayComplete(terminal, { run, written, outlet, elapsedMs: progress.elapsedMs })
    return exitCodes.complete
  } finally {
    progress.end()
    await events?.close()
  }
}

async function tellEnd(
  run: PreparedRun,
  state: RunState,
  outlet: Outlet,
  terminal: Terminal,
): Promise<ExitCode> {
  if (outlet.json) saySummaryJson(terminal, run, null)
  switch (state.phase) {
    case 'refused':
      sayRefused(terminal, run)
      return exitCodes.incomplete
    case 'interrupted':
      sayInterrupted(terminal, run)
      return exitCodes.interrupted
    default:
      sayFailed(terminal, run)
      return exitCodes.failed
  }
}

/** Writes a result's rows to stdout: one table as its file is, several as JSON lines that name their table. */
async function copyToStdout({ committed: { directory, tables } }: WrittenResult): Promise<void> {
  for (const { name, file } of tables) {
    const source = createReadStream(join(directory, file))
    if (tables.length === 1) await pipeline(source, process.stdout, { end: false })
    else await pipeline(source, (lines) => tagged(name, lines), process.stdout, { end: false })
  }
}

async function* tagged(table: string, source: NodeJS.ReadableStream): AsyncGenerator<string> {
  for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY }))
    yield `{"table":${JSON.stringify(table)},${line.slice(1)}\n`
}
