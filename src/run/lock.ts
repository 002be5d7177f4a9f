import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { TallymanError } from '../errors.ts'
import type { RunDirectory } from './directory.ts'

/** Who holds a run: a process id alone may be another process's after a while, so its start time is kept beside it. */
interface Holder {
  readonly pid: number
  /** Clock ticks since boot at which the process started, and the boot; empty where the system does not tell. */
  readonly started: string
}

/**
 * Takes a run for this process. The lock is a symbolic link to nowhere whose text says who holds it: a link appears whole or
 * not at all, and where one is there no second one can be made.
 *
 * @throws {TallymanError} `usage` when another process that is still there holds it
 */
export function takeLock(directory: RunDirectory): void {
  const own: Holder = { pid: process.pid, started: startOf(process.pid) }
  while (!link(directory, own)) removeStale(directory)
}

export function releaseLock(directory: RunDirectory): void {
  rmSync(directory.lockFile, { force: true })
}

/** Is a process at work on this run? */
export function isHeld(directory: RunDirectory): boolean {
  const holder = readHolder(directory.lockFile)
  return holder !== null && isThere(holder)
}

/** Makes the lock; false where there is one. */
function link(directory: RunDirectory, holder: Holder): boolean {
  try {
    symlinkSync(JSON.stringify(holder), directory.lockFile)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes the lock of a process that is gone. It is moved aside first and looked at once more: of several processes that
 * found it stale, one may have taken the run by now, and its lock is put back.
 */
function removeStale(directory: RunDirectory): void {
  requireGone(directory, readHolder(directory.lockFile))
  const aside = `${directory.lockFile}.${process.pid}`
  try {
    renameSync(directory.lockFile, aside)
  } catch (error) {
    // Another process was faster; see what it left.
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readHolder(aside)
  rmSync(aside, { force: true })
  if (moved !== null && isThere(moved)) link(directory, moved)
  requireGone(directory, moved)
}

function requireGone(directory: RunDirectory, holder: Holder | null): void {
  if (holder === null || !isThere(holder)) return
  throw new TallymanError(
    'usage',
    `Run ${directory.path} is held by process ${holder.pid}, which is still running.`,
    { wayOut: 'Wait for it, or stop it with Ctrl-C where it runs.' },
  )
}

function readHolder(lockFile: string): Holder | null {
  try {
    return JSON.parse(readlinkSync(lockFile))
  } catch {
    // No lock, or none that this program made: nobody holds the run.
    return null
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isThere({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (codeOf(error) === 'ESRCH') return false
  }
  return startOf(pid) === started
}

/**
 * proc(5): field 22 of /proc/PID/stat; the name before it may hold spaces and parentheses. A process that has ended and that
 * its parent has not asked for, a zombie, is gone.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'ended' : `${boot}/${fields[19]}`
  } catch {
    // Not Linux: the process id alone has to do.
    return ''
  }
}
