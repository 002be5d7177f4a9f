/** What is said when a run has ended. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { basename, relative } from 'node:path'
import type { WrittenResult } from '../result/index.ts'
import {
  notesOf,
  type PreparedRun,
  RunDirectory,
  type RunState,
  type Shortfall,
  totalsOf,
} from '../run/index.ts'
import type { Outlet } from './outlet.ts'
import { printable } from './printable.ts'
import { countOf, showBytes, showCount, showDuration } from './quantities.ts'
import { showHeads } from './tables.ts'
import { sayFault, type Terminal } from './terminal.ts'

/** More of a kind are counted, not listed. */
const listedMax = 20
const rejectedShownMax = 5

/** A path as people see it: relative to where they are, where that is shorter. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return printable(short !== '' && short.length < path.length && !short.startsWith('..') ? short : path)
}

export function sayComplete(
  terminal: Terminal,
  end: {
    readonly run: PreparedRun
    readonly written: WrittenResult
    readonly outlet: Outlet
    readonly elapsedMs: number
  },
): void {
  const { run, written, outlet, elapsedMs } = end
  const { committed, heads } = written
  const digestLine = `digest ${committed.digest}`
  if (outlet.quiet) {
    if (outlet.toStdout) terminal.say(digestLine)
    else terminal.out(digestLine)
    return
  }
  if (!outlet.toStdout) {
    const shown = heads.map((table) => ({ ...table, head: table.head.slice(0, outlet.rows) }))
    if (outlet.rows > 0) showHeads(terminal, shown)
  }
  sayState(terminal, run.state, elapsedMs)
  const { say, colors } = terminal
  const place = shownPath(committed.directory, terminal.cwd)
  const files = committed.tables.map(({ file }) => file).join(', ')
  say(`${colors.bold('Result')} in ${place}: ${files}, manifest.json`)
  say(`Next: tallyman show ${run.id}`)
  if (outlet.toStdout) say(digestLine)
  else terminal.out(digestLine)
}

/** How complete the result is, and what it cost. */
function sayState({ say, colors }: Terminal, state: RunState, elapsedMs: number): void {
  const { records, rejected, readBytes, bytes, counters } = totalsOf(state)
  const inputs = countOf(state.plan.discovery.files.length, 'file')
  const isComplete = state.shortfalls.length === 0
  const head = isComplete ? colors.green('Complete') : colors.yellow('Incomplete, as accepted')
  const rate = elapsedMs > 0 ? `, ${showBytes(bytes / (elapsedMs / 1000))}/s` : ''
  say(
    `${head}: ${inputs}, ${countOf(records, 'record')}, ${showCount(rejected)} rejected; ` +
      `${showBytes(bytes)} (${showBytes(readBytes)} on disk) in ${showDuration(elapsedMs)}${rate}.`,
  )
  listBounded(state.shortfalls.map(({ message }) => `  without: ${printable(message)}`)).map(say)
  for (const [name, count] of Object.entries(counters)) say(`  ${printable(name)}: ${showCount(count)}`)
  listBounded(notesOf(state).map((note) => `  note: ${printable(note)}`)).map(say)
}

function listBounded(lines: readonly string[]): string[] {
  if (lines.length <= listedMax) return [...lines]
  return [...lines.slice(0, listedMax), `  … and ${showCount(lines.length - listedMax)} more`]
}

export function sayRefused(terminal: Terminal, run: PreparedRun): void {
  const { say, colors } = terminal
  const lacking = run.state.shortfalls.filter(({ accepted }) => !accepted)
  say(colors.red('Not committed: the result would not be complete.'))
  const lines = lacking.map(
    ({ message, wayOut }) => `  ${printable(message)}${wayOut === null ? '' : ` ${printable(wayOut)}`}`,
  )
  listBounded(lines).map(say)
  sayRejected(terminal, run)
  say(`What was read is kept. Mend the inputs and run again, or go on without: ${resumeLine(run, lacking)}`)
}

/** The command that goes on without what is lacking, as it is typed in a shell. */
function resumeLine(run: PreparedRun, lacking: readonly Shortfall[]): string {
  const words: string[] = []
  for (const shortfall of lacking) {
    if (shortfall.kind === 'rejected') words.push('--max-bad', String(totalsOf(run.state).rejected))
    else words.push('--accept', shellWord(basename(shortfall.name)))
  }
  const shown = words.length > 8 ? [...words.slice(0, 8), '…'] : words
  return `tallyman resume ${run.id} ${shown.join(' ')}`
}

function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return /[\u0000-\u001f\u007f]/.test(word)
    ? `$'${printable(word).replaceAll("'", "\\'")}'`
    : `'${word.replaceAll("'", "'\\''")}'`
}

/** The first rejected records, and where all of them are. */
function sayRejected(terminal: Terminal, run: PreparedRun): void {
  const { rejectedFile } = new RunDirectory(run.directory)
  if (!existsSync(rejectedFile)) return
  for (const line of firstLines(rejectedFile).slice(0, rejectedShownMax)) {
    const { path, member, line: number, byte, reason, excerpt } = JSON.parse(line)
    const place = `${path}${member === null ? '' : `!${member}`}, line ${showCount(number)} (byte ${showCount(byte)})`
    terminal.say(`  ${printable(`${place}: ${reason}`)}`)
    terminal.say(terminal.colors.dim(`    ${printable(String(excerpt).slice(0, 100))}`))
  }
  terminal.say(`  All of them: ${shownPath(rejectedFile, terminal.cwd)}`)
}

function firstLines(file: string): string[] {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(64 * 1024)
    const length = readSync(fd, bytes, 0, bytes.length, 0)
    return bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
  } finally {
    closeSync(fd)
  }
}

export function sayFailed(terminal: Terminal, run: PreparedRun): void {
  const { fault } = run.state
  if (fault !== null) sayFault(terminal, fault)
  terminal.say(
    `Run ${run.id} failed; nothing was committed. What was read is kept: tallyman resume ${run.id}`,
  )
}

export function sayInterrupted(terminal: Terminal, run: PreparedRun): void {
  const { tasksDone, tasks } = totalsOf(run.state)
  terminal.say(
    `Interrupted: ${showCount(tasksDone)} of ${countOf(tasks, 'task')} done and kept. Go on: tallyman resume ${run.id}`,
  )
}

/** The one object that `--json` writes; docs/formats/command-json.md describes it. */
export function saySummaryJson(terminal: Terminal, run: PreparedRun, written: WrittenResult | null): void {
  const { phase, shortfalls, fault } = run.state
  const { records, rejected, counters } = totalsOf(run.state)
  terminal.out(
    JSON.stringify({
      run: run.id,
      status: phase,
      result: written?.committed.directory ?? null,
      digest: written?.committed.digest ?? null,
      tables: written?.committed.tables ?? [],
      records,
      rejected,
      counters,
      shortfalls,
      fault,
    }),
  )
}
