import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, messageOf, TallymanError } from '../errors.ts'
import type { RunDirectory } from './directory.ts'

/**
 * Who holds a run, or the place a result goes to: a file in its lock folder for each process that took it, or tries to. Its name says which process, so it
 * is there whole or not at all, and removing the file of a process that is gone cannot hit another one's. It is empty until
 * the process has seen that no other one is there: of several that come together, none goes on that was not alone.
 */

/** How often, and after how many milliseconds, a process looks again whether another one has given way. */
const looksMax = 50
const lookEveryMs = 20
const heldText = 'held\n'

/** Takes a run for this process. Throws `usage` when another process that is still there holds it. */
export function takeLock(directory: RunDirectory): void {
  take(directory.lockFolder, (pid) => runHeldBy(directory, pid))
}

export function releaseLock(directory: RunDirectory): void {
  rmSync(join(directory.lockFolder, ownName()), { force: true })
}

/**
 * Takes the place a result goes to for this process, so that no two runs write into it at once, whichever folders they
 * live in. The lock folder is beside the target and gone when nobody holds it.
 *
 * @param target absolute path; REQUIRES: the folder around it is there
 * @throws {TallymanError} `usage` when another process that is still there holds it
 */
export function takeTarget(target: string): void {
  take(targetLockFolder(target), (pid) => targetHeldBy(target, pid))
}

/** Lets go of what `takeTarget` took; nothing happens where it did not. */
export function releaseTarget(target: string): void {
  try {
    const folder = targetLockFolder(target)
    rmSync(join(folder, ownName()), { force: true })
    rmdirSync(folder)
  } catch {
    // Never taken, or another process takes it just now. What cannot be removed is that of a process that ends: no lock any more.
  }
}

/** Hidden, so that it is no input where results lie among inputs. */
function targetLockFolder(target: string): string {
  return join(realpathSync(dirname(target)), `.${basename(target)}.lock`)
}

function take(lockFolder: string, heldBy: (pid: number) => TallymanError): void {
  for (let looks = 1; ; looks += 1) {
    makeFolder(lockFolder)
    const other = tryToTake(lockFolder)
    if (other === null) return
    // Of two that came together the one of the smaller number waits until the other has given way.
    const isLast = looks === looksMax
    if (other !== 'again' && (other.holds || other.pid < process.pid || isLast)) throw heldBy(other.pid)
    if (isLast) throw notMade(lockFolder, 'it goes away as soon as it is made.')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookEveryMs)
  }
}

/** Is a process at work on this run? */
export function isHeld(directory: RunDirectory): boolean {
  return holders(directory.lockFolder).some(isThere)
}

/** Id of the process that has this run, and is still the one that took it; null where there is none. */
export function holderOf(directory: RunDirectory): number | null {
  const { lockFolder } = directory
  const holds = (holder: Holder): boolean => sizeOf(lockFolder, holder) > 0 && isThere(holder)
  return holders(lockFolder).find(holds)?.pid ?? null
}

/** 0 for one that came just now and may give way, or has let go meanwhile. */
function sizeOf(lockFolder: string, { name }: Holder): number {
  return statSync(join(lockFolder, name), { throwIfNoEntry: false })?.size ?? 0
}

/** A process that took a lock, or tries to. */
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

/** Not with `recursive`, which goes round and round where the system takes no folders, as in /proc. */
function makeFolder(lockFolder: string): void {
  try {
    mkdirSync(lockFolder)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw notMade(lockFolder, messageOf(error))
  }
}

function notMade(lockFolder: string, reason: string): TallymanError {
  return new TallymanError('io', `The folder ${lockFolder} could not be made: ${reason}`, {
    wayOut: 'Name a place in a folder where you may make others.',
  })
}

/**
 * Says that this process takes the lock. Where another one is there as well, takes it back and says which; `again` where
 * the folder was removed by one that let go.
 */
function tryToTake(lockFolder: string): Other | 'again' | null {
  const name = ownName()
  const file = join(lockFolder, name)
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return { pid: process.pid, holds: true }
    if (errnoOf(error) === 'ENOENT') return 'again'
    throw error
  }
  const others = holders(lockFolder).filter((holder) => holder.name !== name)
  const gone = others.filter((holder) => !isThere(holder))
  for (const holder of gone) rmSync(join(lockFolder, holder.name), { force: true })
  const [first] = others.filter((holder) => !gone.includes(holder)).sort((a, b) => a.pid - b.pid)
  if (first === undefined) {
    writeFileSync(file, heldText)
    return null
  }
  rmSync(file, { force: true })
  return { pid: first.pid, holds: sizeOf(lockFolder, first) > 0 }
}

function runHeldBy(directory: RunDirectory, pid: number): TallymanError {
  const id = basename(directory.path)
  return new TallymanError(
    'usage',
    `Run ${directory.path} is held by process ${pid}, which is still running.`,
    {
      wayOut: `\`tallyman attach ${id}\` follows it, \`tallyman stop ${id}\` ends it.`,
    },
  )
}

function targetHeldBy(target: string, pid: number): TallymanError {
  return new TallymanError(
    'usage',
    `Process ${pid}, which is still running, is at work on a result that goes to ${target} as well.`,
    { wayOut: 'Wait for its end, or name another place with -o.' },
  )
}

function holders(lockFolder: string): Holder[] {
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
