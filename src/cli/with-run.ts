import { runToResult } from '../result/index.ts'
import { type HeldRun, LiveProgress, type RunObserver, releaseTarget } from '../run/index.ts'
import {
  type ReportedRun,
  readBefore,
  sayComplete,
  sayCutOff,
  sayFailed,
  sayInterrupted,
  sayRefused,
  saySummaryJson,
} from './end-of-run.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Outlet } from './outlet.ts'
import { servePageBeside } from './page-beside.ts'
import { Progress, type RunSource } from './progress.ts'
import { copyToStdout } from './rows-to-stdout.ts'
import { type JsonLines, openJsonLines, type Terminal } from './terminal.ts'

/** Where what a run tells goes, and who may stop it. */
export interface RunTerms {
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
export async function withRun(make: () => Promise<HeldRun>, terms: RunTerms): Promise<ExitCode> {
  const { eventsFile, target } = terms.outlet
  const events = eventsFile === null ? null : await openJsonLines(eventsFile, terms.stop)
  try {
    const run = await make()
    try {
      return await carryOut(run, events, terms)
    } finally {
      await run.close()
    }
  } finally {
    events?.close()
    if (target !== null) releaseTarget(target)
  }
}

/** Has a run carried through, and tells the user how it goes and how it went. */
async function carryOut(
  run: HeldRun,
  events: JsonLines | null,
  { outlet, terminal, stop, finish, page }: RunTerms,
): Promise<ExitCode> {
  const beside = page === undefined ? null : servePageBeside(terminal, `/runs/${run.id}`, page.port)
  const before = readBefore(run.state)
  const startMs = performance.now()
  const progress = outlet.quiet ? null : new Progress(terminal, sourceOf(run))
  const live = new LiveProgress(run)
  const observe: RunObserver = (event, state) => {
    events?.write(event)
    progress?.observe(event, state)
    live.observe(event)
  }
  const sayFinishing = (): void => terminal.say(run.plan.spark === null ? finishingNote : endingNote)
  finish.addEventListener('abort', sayFinishing)
  try {
    run.observe(observe)
    const written = await runToResult(run, {
      target: outlet.target ?? run.directory.absolute('result'),
      format: outlet.format,
      headRows: outlet.rows,
      onWriting: () => progress?.showWriting(),
      onWritten: () => progress?.end(),
      stop,
      finish,
    })
    progress?.end()
    if (written === null) return tellEnd(run, outlet, terminal)
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

function sourceOf(run: HeldRun): RunSource {
  return {
    directory: run.directory,
    live: () => ({ workers: run.workers, bottleneck: run.bottleneck() }),
  }
}

const finishingNote = 'Asked to stop: what has begun is finished, and nothing more is begun.'
const endingNote = 'Asked to stop: the application on Spark is ended.'

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
