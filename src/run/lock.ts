import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { TallymanError } from '../errors.ts'
import type { RunDirectory } from './directory.ts'

/** Who holds a run: a process id alone may be another process's after a while, so its start time is kept beside it. */
interface Holder {
  readonly pid: number
  /** Clock ticks since boot at which the process started, and the boot; empty where the system does not tell. */
  readonly started: string
}

/** Takes a run for this process. Throws `usage` when another process that is still there holds it. */
export function takeLock(directory: RunDirectory): void {
  const holder = readHolder(directory)
  if (holder !== null && isThere(holder)) {
    throw new TallymanError(
      'usage',
      `Run ${directory.path} is held by process ${holder.pid}, which is still running.`,
      {
        wayOut: 'Wait for it, or stop it with Ctrl-C where it runs.',
      },
    )
  }
  const own: Holder = { pid: process.pid, started: startOf(process.pid) }
  writeFileSync(directory.lockFile, `${JSON.stringify(own)}\n`)
}

export function releaseLock(directory: RunDirectory): void {
  rmSync(directory.lockFile, { force: true })
}

/** Is a process at work on this run? */
export function isHeld(directory: RunDirectory): boolean {
  const holder = readHolder(directory)
  return holder !== null && isThere(holder)
}

function readHolder(directory: RunDirectory): Holder | null {
  try {
    return JSON.parse(readFileSync(directory.lockFile, 'utf8'))
  } catch {
    // No lock, or one that was half written when its process died: nobody holds the run.
    return null
  }
}

function isThere({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
  }
  return startOf(pid) === started
}

/** proc(5): field 22 of /proc/PID/stat; the name before it may hold spaces and parentheses. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    // Not Linux: the process id alone has to do.
    return ''
  }
}
