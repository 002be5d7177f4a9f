import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { type ErrorCode, errnoOf, toFault } from '../errors.ts'
import { type WrittenResult, writeResult } from '../result/index.ts'
import {
  LiveProgress,
  type PreparedRun,
  RunDirectory,
  type RunObserver,
  releaseTarget,
  totalsOf,
} from '../run/index.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Outlet } from './outlet.ts'
import { servePageBeside } from './page-beside.ts'
import { Progress, type RunSource } from './progress.ts'
import {
  type ReportedRun,
  sayComplete,
  sayCutOff,
  sayFailed,
  sayInterrupted,
  sayRefused,
  saySummaryJson,
} from './report.ts'
import { type JsonLines, openJsonLines, type Terminal } from './terminal.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Asks a run to begin nothing more and to end what it has begun; the second one is as SIGINT. */
export const finishSignal = 'SIGUSR2'

/** How long work that was asked twice to stop may still put things in order. */
const orderlyMsMax = 2000

/**
 * Does something that Ctrl-C, SIGTERM and SIGHUP stop: the first one by aborting `stop`, the second one
 * by ending this process after two seconds, the third one at once. (One Ctrl-C may come as two: npx passes on what the
 * terminal has sent to all.) Work that rejects with the reason of the stop had not got as far as a run that could be resumed.
 * `tallyman stop` asks more gently, with a signal that aborts `finish`.
 */
export async function interruptible(
  terminal: Terminal,
  work: (stop: AbortSignal, finish: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const controller = new AbortController()
  const finishing = new AbortController()
  const { signal } = controller
  const leave = (): never => process.exit(exitCodes.interrupted)
  const leaveSoon = (): void => {
    setTimeout(leave, orderlyMsMax).unref()
    terminal.say(
      `Asked twice to stop: ends in ${orderlyMsMax / 1000} seconds at the latest. What is committed is kept.`,
    )
  }
  let asked = 0
  const onSignal = (): void => {
    asked += 1
    if (asked === 1) controller.abort()
    else if (asked === 2) leaveSoon()
    else leave()
  }
  const onFinish = (): void => {
    if (!finishing.signal.aborted) finishing.abort()
    else {
      if (asked === 0) terminal.say('Asked again to stop: what has begun is given up.')
      onSignal()
    }
  }
  for (const name of signals) process.on(name, onSignal)
  process.on(finishSignal, onFinish)
  try {
    return await work(signal, finishing.signal)
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    terminal.say('Interrupted before a record was read.')
    return exitCodes.interrupted
  } finally {
    for (const name of signals) process.off(name, onSignal)
    process.off(finishSignal, onFinish)
  }
}

/** What a run is carried out with. */
export interface Surroundings {
  readonly outlet: Outlet
  readonly terminal: Terminal
  readonly stop: AbortSignal
  readonly finish: AbortSignal
  /** Serves the page while the run goes on, where that was asked for. */
  readonly page?: { readonly port: number | null } | undefined
}

/**
 * Makes what `make` makes, with events going where the outlet says, and closes both in the end. The place of the result, which
 * `make` takes, is let go of.
 *
 * @throws {TallymanError} `usage` where the file for events cannot be written; nothing has been made then
 */
export async function withRun(
  make: () => Promise<PreparedRun>,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { eventsFile, target } = surroundings.outlet
  const events = eventsFile === null ? null : openJsonLines(eventsFile)
  try {
    const run = await make()
    try {
      return await carryOut(run, events, surroundings)
    } finally {
      await run.close()
    }
  } finally {
    events?.close()
    if (target !== null) releaseTarget(target)
  }
}

/** Executes a prepared run to its end, writes its result, and tells the user how it went. */
async function carryOut(
  run: PreparedRun,
  events: JsonLines | null,
  { outlet, terminal, stop, finish, page }: Surroundings,
): Promise<ExitCode> {
  const beside = page === undefined ? null : servePageBeside(terminal, `/runs/${run.id}`, page.port)
  const before = totalsOf(run.state)
  const startMs = performance.now()
  const progress = outlet.quiet ? null : new Progress(terminal, sourceOf(run))
  const live = new LiveProgress(run)
  const observe: RunObserver = (event, state) => {
    events?.write(event)
    progress?.observe(event, state)
    live.observe(event)
  }
  const sayFinishing = (): void => terminal.say(finishingNote)
  finish.addEventListener('abort', sayFinishing)
  try {
    const written = await executeAndWrite(run, outlet, { observe, progress, stop, finish })
    progress?.end()
    if (written === null) return tellEnd(run, outlet, terminal)
    await run.commit(written.committed, observe)
    if (outlet.toStdout) await copyToStdout(written)
    const session = { before, elapsedMs: performance.now() - startMs }
    if (outlet.json) saySummaryJson(terminal, run, written)
    else sayComplete(terminal, { run, written, outlet, session })
    return exitCodes.complete
  } finally {
    progress?.end()
    live.end()
    beside?.end()
    finish.removeEventListener('abort', sayFinishing)
  }
}

function sourceOf(run: PreparedRun): RunSource {
  return {
    directory: new RunDirectory(run.directory),
    live: () => ({ workers: run.workers, bottleneck: run.bottleneck() }),
  }
}

const finishingNote = 'Asked to stop: what has begun is finished, and nothing more is begun.'

/** Who follows a run, and who may stop it. */
interface Watch {
  readonly observe: RunObserver
  readonly progress: Progress | null
  readonly stop: AbortSignal
  readonly finish: AbortSignal
}

/** What the place of a result can refuse its files for. */
const ofTheSystem: ReadonlySet<ErrorCode> = new Set(['disk-full', 'io', 'limit-reached'])

/** Null when the run ended without a result. Part files that turn out damaged as they are read are made again. */
async function executeAndWrite(
  run: PreparedRun,
  { target, format, rows }: Outlet,
  { observe, progress, stop, finish }: Watch,
): Promise<WrittenResult | null> {
  for (;;) {
    const { phase } = await run.execute(observe, stop, finish)
    if (phase !== 'reduce') return null
    progress?.showWriting()
    try {
      return await writeResult(run, {
        target: target ?? join(run.directory, 'result'),
        format,
        headRows: rows,
        stop,
      })
    } catch (error) {
      // Stopped in the middle of writing: `execute` then says so in the journal.
      if (stop.aborted && error === stop.reason) continue
      const fault = toFault(error)
      if (run.redo(fault)) continue
      if (!ofTheSystem.has(fault.code)) throw error
      // What the tasks made is kept, and nothing of the result is there: the run has failed as it does where its own files cannot be written.
      try {
        run.giveUp(fault, observe)
      } catch {
        // The same disk, it may be.
        throw error
      }
      return null
    }
  }
}

/** Tells of a run that ended without a result, or whose process is gone; returns what it ends with. */
export function tellEnd(run: ReportedRun, outlet: Pick<Outlet, 'json'>, terminal: Terminal): ExitCode {
  if (outlet.json) saySummaryJson(terminal, run, null)
  switch (run.state.phase) {
    case 'refused':
      sayRefused(terminal, run)
      return exitCodes.incomplete
    case 'interrupted':
      sayInterrupted(terminal, run)
      return exitCodes.interrupted
    case 'map':
    case 'reduce':
      sayCutOff(terminal, run)
      return exitCodes.interrupted
    default:
      sayFailed(terminal, run)
      return exitCodes.failed
  }
}

/**
 * Writes a result's rows to stdout: one table as its file is, several as JSON lines that name their table. Whoever reads
 * them may have enough; the result is in its place whatever they do.
 */
async function copyToStdout({ committed: { directory, tables } }: WrittenResult): Promise<void> {
  const isOne = tables.length === 1
  try {
    for (const { name, file } of tables) {
      const source = createReadStream(join(directory, file))
      if (isOne) await pipeline(source, process.stdout, { end: false })
      else await pipeline(source, (chunks) => tagged(name, chunks), process.stdout, { end: false })
    }
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE') throw error
  }
}

/** Canonical lines, each with its table's name put before the key. */
async function* tagged(table: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0)
      yield lines.map((line) => `{"table":${JSON.stringify(table)},${line.slice(1)}\n`).join('')
  }
}
