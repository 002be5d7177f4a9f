import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { errnoOf, TallymanError } from '../errors.ts'
import type { RunDirectory } from './directory.ts'

/**
 * Who holds a run: a file in its lock folder for each process that took it, or tries to. Its name says which process, so it
 * is there whole or not at all, and removing the file of a process that is gone cannot hit another one's. It is empty until
 * the process has seen that no other one is there: of several that come together, none goes on that was not alone.
 */

/** How often, and after how many milliseconds, a process looks again whether another one has given way. */
const looksMax = 50
const lookEveryMs = 20
const heldText = 'held\n'

/** Takes a run for this process. Throws `usage` when another process that is still there holds it. */
export function takeLock(directory: RunDirectory): void {
  mkdirSync(directory.lockFolder, { recursive: true })
  for (let looks = 1; ; looks += 1) {
    const other = tryToTake(directory)
    if (other === null) return
    // Of two that came together the one of the smaller number waits until the other has given way.
    if (other.holds || other.pid < process.pid || looks === looksMax) throw heldBy(directory, other.pid)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookEveryMs)
  }
}

export function releaseLock(directory: RunDirectory): void {
  rmSync(fileOf(directory, ownName()), { force: true })
}

/** Is a process at work on this run? */
export function isHeld(directory: RunDirectory): boolean {
  return holders(directory).some(isThere)
}

/** Id of the process that has this run, and is still the one that took it; null where there is none. */
export function holderOf(directory: RunDirectory): number | null {
  const holds = (holder: Holder): boolean => sizeOf(directory, holder) > 0 && isThere(holder)
  return holders(directory).find(holds)?.pid ?? null
}

/** 0 for one that came just now and may give way, or has let go meanwhile. */
function sizeOf(directory: RunDirectory, { name }: Holder): number {
  return statSync(fileOf(directory, name), { throwIfNoEntry: false })?.size ?? 0
}

/** A process that took a run. */
interface Holder {
  readonly pid: number
  /** The boot, and the clock ticks since then at which the process started; empty where the system does not tell. */
  readonly started: string
  /** Name of the file. */
  readonly name: string
}

/** A process that is in the way. */
interface Other {
  readonly pid: number
  /** False for one that came at the same time, and may give way. */
  readonly holds: boolean
}

/** Says that this process takes the run. Where another one is there as well, takes it back and says which. */
function tryToTake(directory: RunDirectory): Other | null {
  const name = ownName()
  const file = fileOf(directory, name)
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return { pid: process.pid, holds: true }
    throw error
  }
  const others = holders(directory).filter((holder) => holder.name !== name)
  const gone = others.filter((holder) => !isThere(holder))
  for (const holder of gone) rmSync(fileOf(directory, holder.name), { force: true })
  const [first] = others.filter((holder) => !gone.includes(holder)).sort((a, b) => a.pid - b.pid)
  if (first === undefined) {
    writeFileSync(file, heldText)
    return null
  }
  rmSync(file, { force: true })
  return { pid: first.pid, holds: sizeOf(directory, first) > 0 }
}

function heldBy(directory: RunDirectory, pid: number): TallymanError {
  const id = basename(directory.path)
  return new TallymanError(
    'usage',
    `Run ${directory.path} is held by process ${pid}, which is still running.`,
    {
      wayOut: `\`tallyman attach ${id}\` follows it, \`tallyman stop ${id}\` ends it.`,
    },
  )
}

function holders({ lockFolder }: RunDirectory): Holder[] {
  let names: string[]
  try {
    names = readdirSync(lockFolder)
  } catch (error) {
    // Nobody ever took it.
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
  return names.flatMap((name) => {
    const match = /^(\d+)-(.*)$/.exec(name)
    return match === null ? [] : [{ pid: Number(match[1]), started: match[2] ?? '', name }]
  })
}

function ownName(): string {
  return `${process.pid}-${startOf(process.pid)}`
}

function fileOf({ lockFolder }: RunDirectory, name: string): string {
  return join(lockFolder, name)
}

function isThere({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (errnoOf(error) === 'ESRCH') return false
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
    return fields[0] === 'Z' ? 'ended' : `${boot}-${fields[19]}`
  } catch {
    // Not Linux: the process id alone has to do.
    return ''
  }
}
