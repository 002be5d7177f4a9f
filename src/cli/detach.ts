import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, TallymanError } from '../errors.ts'
import { printableLines } from '../printable.ts'
import { packageRoot, type RunDirectory } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import { detachedName, type Told } from './detached.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { shownPath } from './shown-path.ts'
import type { Terminal } from './terminal.ts'

/** Where a run that is detached writes what it says. */
export interface DetachedLog {
  readonly path: string
  /** Made for this start: the run that comes of it takes it along. */
  readonly isNew: boolean
}

/** For a run that has no directory yet. */
export function newLog(runsFolder: string): DetachedLog {
  return { path: join(runsFolder, `detached-${process.pid}.log`), isNew: true }
}

/** For a run that goes on: what it says is appended to the log in its directory. */
export function logOf({ runLogFile }: RunDirectory): DetachedLog {
  return { path: runLogFile, isNew: false }
}

type Begun = Extract<Told, { kind: 'begun' }>

/** A process that ended before anybody let go of it. */
interface Ended {
  readonly kind: 'ended'
  /** Id of the run that it had begun just when it was stopped. */
  readonly run: string | null
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Starts this command line once more, in a session of its own that no terminal can close, and waits until its run has begun.
 * What it says until then is said here. Ctrl-C until then stops it; when only this process goes, it does not.
 */
export async function detach(args: Arguments, terminal: Terminal, log: DetachedLog): Promise<ExitCode> {
  const fd = openLog(log)
  const startByte = log.isNew ? 0 : readFileSync(log.path).length
  try {
    const child = startAgain(terminal, { fd, log })
    const end = await follow(child, terminal)
    if (end.kind === 'ended') return tellEnded(end, terminal, rawText(log, startByte))
    child.unref()
    tellBegun(end, child, { args, terminal })
    return exitCodes.complete
  } finally {
    closeSync(fd)
    // Where a run has begun, it has it.
    if (log.isNew) rmSync(log.path, { force: true })
  }
}

function openLog({ path }: DetachedLog): number {
  try {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'a')
  } catch (cause) {
    const reason = messageOf(cause)
    throw new TallymanError('io', `The log of the run, ${path}, could not be opened: ${reason}`, {
      wayOut: 'Start in a directory you may write to, or name one in $TALLYMAN_HOME.',
      cause,
    })
  }
}

function startAgain(
  { cwd, env }: Terminal,
  { fd, log }: { readonly fd: number; readonly log: DetachedLog },
): ChildProcess {
  const program = join(packageRoot, 'bin', 'tallyman')
  return spawn(process.execPath, [...process.execArgv, program, ...process.argv.slice(2)], {
    cwd,
    env: { ...env, [detachedName]: log.path },
    detached: true,
    stdio: ['ignore', fd, fd, 'ipc'],
  })
}

const passedOn = ['SIGINT', 'SIGTERM'] as const

async function follow(child: ChildProcess, terminal: Terminal): Promise<Begun | Ended> {
  let isStopped = false
  const passOn = (signal: NodeJS.Signals): void => {
    isStopped = true
    child.kill(signal)
  }
  for (const name of passedOn) process.on(name, passOn)
  try {
    return await new Promise((resolve, reject) => {
      let ended: Ended | null = null
      let run: string | null = null
      const settle = (): void => {
        // What it said last may come after its end: only when its line is closed, too, is nothing under way.
        if (ended !== null && !child.connected) resolve({ ...ended, run })
      }
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        ended = { kind: 'ended', run, code, signal }
        settle()
      })
      child.once('disconnect', settle)
      child.on('message', (told: Told) => {
        if (told.kind !== 'begun') terminal[told.kind](told.line)
        else if (isStopped) run = told.run
        else resolve(told)
      })
    })
  } finally {
    for (const name of passedOn) process.off(name, passOn)
  }
}

/** What it wrote past its terminal: where it broke down, the reason. */
function rawText({ path }: DetachedLog, startByte: number): string {
  if (!existsSync(path)) return ''
  return readFileSync(path).subarray(startByte).toString('utf8').trimEnd()
}

function tellEnded({ code, signal, run }: Ended, { say }: Terminal, raw: string): ExitCode {
  if (raw !== '') say(printableLines(raw))
  if (signal !== null) say(`The process of the run was ended by ${signal} before the run had begun.`)
  if (run !== null) say(`Interrupted. Go on: tallyman resume ${run}`)
  return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.failed
}

function tellBegun(
  { run, directory, log }: Begun,
  { pid }: ChildProcess,
  { args, terminal }: { readonly args: Arguments; readonly terminal: Terminal },
): void {
  const { out, say, cwd } = terminal
  if (args.has('json')) {
    out(JSON.stringify({ run, directory, status: 'running', pid, log }))
    return
  }
  if (!args.has('quiet')) {
    say(`It goes on by itself as process ${pid}, and writes what it says to ${shownPath(log, cwd)}.`)
    say(`Next: tallyman attach ${run} follows it, tallyman stop ${run} ends it.`)
  }
  out(run)
}
