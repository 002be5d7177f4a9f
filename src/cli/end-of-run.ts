/** What is said when a run has ended. */
import type { ErrorCode } from '../errors.ts'
import { printable } from '../printable.ts'
import { countOf, showBytes, showCount, showDuration } from '../quantities.ts'
import type { WrittenResult } from '../result/index.ts'
import {
  attemptId,
  type HeldRun,
  notesOf,
  type RunState,
  type RunTotals,
  resumeCommand,
  sayBottleneck,
  sayMend,
  statusOf,
  taskId,
  totalsOf,
} from '../run/index.ts'
import { notesOfAccepted } from './accepted-names.ts'
import type { Outlet } from './outlet.ts'
import { rejectedLines } from './rejected-lines.ts'
import { shownPath } from './shown-path.ts'
import { showHeads } from './tables.ts'
import { sayFault, type Terminal } from './terminal.ts'

/** More of a kind are counted, not listed. */
const listedMax = 20
/** In less time than this a rate says nothing. */
const rateFromMs = 500

/** A run as it is told of, by its own process or by another one. */
export type ReportedRun = Pick<HeldRun, 'id' | 'directory' | 'state' | 'bottleneck'>

/** What a session has done, for the line about its cost. */
export interface Session {
  /** What was committed before it began. */
  readonly before: Pick<RunTotals, 'bytes'>
  readonly elapsedMs: number
}

/** What is committed as a session begins, and is not read again. On Spark map tasks run again as long as a partition is not reduced. Pure. */
export function readBefore(state: ReportedRun['state']): Session['before'] {
  const { plan, reduce } = state
  return plan.spark !== null && reduce.done < reduce.length ? { bytes: 0 } : totalsOf(state)
}

/**
 * The result is in its place: the heads of its tables, totals, cost, what to type next, and the digest last. All but the heads and the digest go
 * to stderr; the digest, too, where rows go to stdout. `--quiet` leaves nothing but the digest.
 */
export function sayComplete(
  terminal: Terminal,
  end: {
    readonly run: ReportedRun
    readonly written: Pick<WrittenResult, 'committed' | 'heads'>
    readonly outlet: Pick<Outlet, 'quiet' | 'toStdout' | 'rows'>
    readonly session: Session
  },
): void {
  const { run, written, outlet, session } = end
  const { committed, heads } = written
  const digestLine = `digest ${committed.digest}`
  const sayDigest = (): void => (outlet.toStdout ? terminal.say(digestLine) : terminal.out(digestLine))
  if (outlet.quiet) {
    sayDigest()
    return
  }
  if (!outlet.toStdout && outlet.rows > 0) showHeads(terminal, heads)
  sayTotals(terminal, run, session)
  const { say, colors } = terminal
  const place = shownPath(committed.directory, terminal.cwd)
  const files = committed.tables.map(({ file }) => file).join(', ')
  say(`${colors.bold('Result')} in ${place}: ${files}, manifest.json`)
  say(`Next: tallyman show ${run.id}`)
  sayDigest()
}

/** What was accepted to be lacking, or to be more than it should. */
export function sayWithout({ say }: Pick<Terminal, 'say'>, { shortfalls }: ReportedRun['state']): void {
  listBounded(shortfalls.map(({ message }) => `  without: ${printable(message)}`)).map(say)
}

/** How complete the result is, and what it cost. */
function sayTotals({ say, colors }: Terminal, run: ReportedRun, session: Session): void {
  const { state } = run
  const totals = totalsOf(state)
  const isComplete = state.shortfalls.length === 0
  const head = isComplete ? colors.green('Complete') : colors.yellow('Incomplete, as accepted')
  say(
    `${head}: ${countOf(state.plan.discovery.files.length, 'file')}, ${countOf(totals.records, 'record')}, ` +
      `${showCount(totals.rejected)} rejected; ${sayCost(totals, session)}.`,
  )
  sayWithout({ say }, state)
  for (const [name, count] of Object.entries(totals.counters))
    say(`  ${printable(name)}: ${showCount(count)}`)
  listBounded([...notesOf(state), ...notesOfAccepted(state)].map((note) => `  note: ${printable(note)}`)).map(
    say,
  )
  const reused = state.map.toArray().filter((task) => task.kind === 'done' && task.attempt === 0).length
  if (reused > 0)
    say(
      `  reused: ${showCount(reused)} of ${countOf(state.map.length, 'map task')}${reused === state.map.length ? '' : '; `tallyman explain` says why the others ran'}`,
    )
  const bound = run.bottleneck()
  // Where others had the cores, one thread would have waited for them as well.
  const alone = bound?.kind === 'others' ? null : sayAlone(totals.workMs, session)
  if (reused === 0 && state.plan.workers > 1 && alone !== null) say(`  ${alone}`)
  if (bound === null) return
  const attempt = bound.kind === 'cpu' ? firstMapped(state) : null
  const next = attempt === null ? '' : `; by what: tallyman repro ${attempt} ${run.id} --profile`
  say(`  ${sayBottleneck(bound)}${next}`)
}

/** The first map attempt that was committed; null where none was made here. */
function firstMapped({ plan, map }: ReportedRun['state']): string | null {
  if (plan.spark !== null) return null
  for (const [index, task] of map.entries())
    if (task.kind === 'done' && task.attempt > 0) return attemptId(taskId('map', index), task.attempt)
  return null
}

/** In less time than this, starting workers is most of it. */
const aloneFromMs = 2000

/**
 * What one thread would have needed, after COST (McSherry, Isard and Murray, HotOS 2015): many workers are worth it only where they end before
 * it. Null where the run was too short, or goes on from an earlier session.
 *
 * @param workMs milliseconds of a core that its tasks took
 */
export function sayAlone(workMs: number, { before, elapsedMs }: Session): string | null {
  if (before.bytes > 0 || workMs < aloneFromMs || elapsedMs < aloneFromMs) return null
  const times = workMs / elapsedMs
  const alone = `one thread alone would have worked ${showDuration(workMs)}`
  return times < 1
    ? `${alone}: no longer than the workers took`
    : `${alone}, ${times.toFixed(1)} times as long`
}

/** `238 MB (40.9 MB on disk) in 3.7 s, 65 MB/s`. The rate is that of this session. */
export function sayCost(
  { bytes, readBytes }: Pick<RunTotals, 'bytes' | 'readBytes'>,
  { before, elapsedMs }: { readonly before: Pick<RunTotals, 'bytes'>; readonly elapsedMs: number },
): string {
  const onDisk = bytes === readBytes ? '' : ` (${showBytes(readBytes)} on disk)`
  const bytesNow = bytes - before.bytes
  const share = bytesNow === 0 ? 'all of it read before' : `${showBytes(bytesNow)} of it now`
  const now = before.bytes === 0 ? '' : `, ${share},`
  const rate =
    elapsedMs < rateFromMs || bytesNow === 0 ? '' : `, ${showBytes(bytesNow / (elapsedMs / 1000))}/s`
  return `${showBytes(bytes)}${onDisk}${now} in ${showDuration(elapsedMs)}${rate}`
}

/** The first lines, and how many more there are. */
export function listBounded(lines: readonly string[]): string[] {
  if (lines.length <= listedMax) return [...lines]
  return [...lines.slice(0, listedMax), `  … and ${showCount(lines.length - listedMax)} more`]
}

/** The map stage has ended, and something is lacking that nobody has accepted: what, the first rejected records, and how to go on without it. */
export function sayRefused(terminal: Terminal, run: ReportedRun): void {
  const { say, colors } = terminal
  const lacking = run.state.shortfalls.filter(({ accepted }) => !accepted)
  say(colors.red('Not committed: the result would not be complete.'))
  // What to do about rejected records is said below, once for all.
  const lines = lacking.map(({ kind, message, wayOut }) =>
    printable(`  ${message}${kind === 'rejected' || wayOut === null ? '' : ` ${wayOut}`}`),
  )
  // An archive that is gone lacks as many members, for one reason.
  listBounded([...new Set(lines)]).map(say)
  listBounded(notesOfAccepted(run.state).map((note) => `  note: ${printable(note)}`)).map(say)
  for (const { text, isAside } of rejectedLines(run, terminal)) say(isAside ? colors.dim(text) : text)
  const mend = sayMend(run.state)
  if (mend !== null) {
    say(mend)
    return
  }
  say(
    run.state.plan.spark === null
      ? 'What was read is kept. Mend what is wrong and run again, or go on without it:'
      : 'Mend what is wrong and run again, or go on without it, which maps all again, since Spark keeps nothing:',
  )
  say(`  ${resumeCommand(run.id, run.state)}`)
}

/** A task has failed for good: why, whether to resume or to run again, and which attempt is worth a look. */
export function sayFailed(terminal: Terminal, run: ReportedRun): void {
  const { fault } = run.state
  if (fault !== null) sayFault(terminal, fault)
  const [next, ...more] = afterFailure(run.id, run.state)
  terminal.say(`Run ${run.id} failed; nothing was committed. ${next}`)
  more.map(terminal.say)
}

/** What to do about a run that failed: whether to resume or to run again first, then which attempt is worth a look. */
export function afterFailure(id: string, state: RunState): string[] {
  const next = sayMend(state) ?? `What was done is kept; to try again: ${resumeCommand(id, state)}`
  const attempt = lastFailed(state)
  if (attempt === null) return [next]
  return [
    next,
    `What is left of its attempts: tallyman logs ${id}`,
    `The last one again, in front of you: tallyman repro ${attempt} ${id}`,
  ]
}

/** What an attempt can fail of without anything to be seen in it. */
const causedOutside: ReadonlySet<ErrorCode> = new Set([
  'disk-full',
  'io',
  'limit-reached',
  'file-damaged',
  'input-changed',
  'input-touched',
])

/** The attempt that the run failed of, where a look at it may help; null where it failed of something else. */
function lastFailed({ fault, map, reduce }: ReportedRun['state']): string | null {
  if (fault === null || causedOutside.has(fault.code)) return null
  for (const [stage, tasks] of [
    ['map', map],
    ['reduce', reduce],
  ] as const)
    for (const [index, task] of tasks.entries())
      if (task.kind !== 'done' && task.lastFault !== null && fault.message.endsWith(task.lastFault.message))
        return attemptId(taskId(stage, index), task.attempts)
  return null
}

/** Somebody has stopped the run: how many of its tasks are kept, and the command that goes on. */
export function sayInterrupted(terminal: Terminal, run: ReportedRun): void {
  const { tasksDone, tasks, partitionsDone } = totalsOf(run.state)
  const { partitions, spark } = run.state.plan
  // What map tasks wrote on Spark goes with the application.
  const kept =
    spark === null
      ? `${showCount(tasksDone)} of ${countOf(tasks, 'map task')}`
      : `${showCount(partitionsDone)} of ${countOf(partitions, 'reduce task')}`
  terminal.say(`Interrupted: ${kept} done and kept. Go on: ${resumeCommand(run.id, run.state)}`)
}

/** The journal ends in the middle of a stage, and nobody holds the run. */
export function sayCutOff({ say }: Terminal, { id, state }: ReportedRun): void {
  say(`Run ${id} was cut off: its process is gone. Go on: ${resumeCommand(id, state)}`)
}

/** The one object that `--json` writes; docs/formats/command-json.md describes it. */
export function saySummaryJson(
  terminal: Terminal,
  run: Pick<ReportedRun, 'id' | 'directory' | 'state'>,
  written: Pick<WrittenResult, 'committed'> | null,
): void {
  const { phase, shortfalls, fault } = run.state
  const { records, rejected, counters } = totalsOf(run.state)
  terminal.out(
    JSON.stringify({
      run: run.id,
      directory: run.directory.path,
      // Where it can go on yet, its process is gone: whoever tells of it has seen it end.
      status: statusOf({ state: run.state, isHeld: false }),
      complete: phase === 'complete' && shortfalls.length === 0,
      result: written?.committed.directory ?? null,
      digest: written?.committed.digest ?? null,
      tables: written?.committed.tables ?? [],
      records,
      rejected,
      counters,
      notes: notesOf(run.state),
      shortfalls,
      fault,
    }),
  )
}
