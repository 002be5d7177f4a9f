import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, messageOf, TallymanError } from '../../errors.ts'
import { writeFully } from '../../host/index.ts'
import { askProof, giveProof, ownRealm, type Realm, withdrawProof } from './alive.ts'
import type { RunDirectory } from './directory.ts'

/**
 * Who holds a run, or the place a result goes to: a file in its lock folder for each process that took it, or tries to. Its name says which process, so it
 * is there whole or not at all, and removing the file of a process that is gone cannot hit another one's. It is empty until
 * the process has seen that no other one is there: of several that come together, none goes on that was not alone. A named pipe
 * beside it proves that the process is there (`alive.ts`).
 */

/** How often, and after how many milliseconds, a process looks again whether another one has given way. */
const looksMax = 50
const lookEveryMs = 20
const heldText = 'held\n'
/** Stands for the start of a process that is dead. */
const endedStart = 'ended'

/** Takes a run for this process. Throws `usage` when another process that is still there holds it. */
export function takeLock(directory: RunDirectory): void {
  take(directory.lockFolder, (holder) => runHeldBy(directory, holder))
}

/** Gives back what `takeLock` took; nothing happens where it did not. The lock folder stays. */
export function releaseLock(directory: RunDirectory): void {
  letGo(directory.lockFolder, ownName())
}

function letGo(lockFolder: string, name: string): void {
  rmSync(join(lockFolder, name), { force: true })
  withdrawProof(lockFolder, name)
}

/**
 * Takes the place a result goes to for this process, so that no two runs write into it at once, whichever folders they
 * live in. The lock folder is beside the target and gone when nobody holds it.
 *
 * @param target absolute path; REQUIRES: the folder around it is there
 * @throws {TallymanError} `usage` when another process that is still there holds it
 */
export function takeTarget(target: string): void {
  try {
    take(targetLockFolder(target), (holder) => targetHeldBy(target, holder))
  } catch (error) {
    // Who held it may have let go meanwhile, and left the folder to this process.
    removeFolder(targetLockFolder(target))
    throw error
  }
}

/** Lets go of what `takeTarget` took; nothing happens where it did not. */
export function releaseTarget(target: string): void {
  try {
    const folder = targetLockFolder(target)
    letGo(folder, ownName())
    removeFolder(folder)
  } catch {
    // Never taken. What cannot be removed is that of a process that ends: no lock any more.
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Another process has it, or takes it just now; or it is gone.
  }
}

/** Hidden, so that it is no input where results lie among inputs. */
function targetLockFolder(target: string): string {
  return join(realpathSync(dirname(target)), `.${basename(target)}.lock`)
}

function take(lockFolder: string, heldBy: (holder: Holder) => TallymanError): void {
  for (let looks = 1; ; looks += 1) {
    makeFolder(lockFolder)
    const other = tryToTake(lockFolder)
    if (other === null) return
    // Of two that came together the one of the smaller name waits until the other has given way; and everyone until one that was
    // killed has ended with all its threads, which takes some milliseconds.
    const isLast = looks === looksMax
    const isInTheWay = (one: Other): boolean =>
      !isEnding(one.holder) && (one.holds || one.holder.name < ownName())
    if (other !== 'again' && (isLast || isInTheWay(other))) {
      if (other.holder.name !== ownName()) withdrawProof(lockFolder, ownName())
      throw heldBy(other.holder)
    }
    if (isLast) throw notMade(lockFolder, 'it goes away as soon as it is made.')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookEveryMs)
  }
}

/** Is a process at work on this run? */
export function isHeld(directory: RunDirectory): boolean {
  return holders(directory.lockFolder).some((holder) => isThere(directory.lockFolder, holder))
}

/** The process that has this run, and is still the one that took it; null where there is none. */
export function holderOf(
  directory: RunDirectory,
): { readonly pid: number; readonly isElsewhere: boolean } | null {
  const { lockFolder } = directory
  const holds = (holder: Holder): boolean => sizeOf(lockFolder, holder) > 0 && isThere(lockFolder, holder)
  const holder = holders(lockFolder).find(holds)
  return holder === undefined ? null : { pid: holder.pid, isElsewhere: isElsewhere(holder) }
}

/** 0 for one that came just now and may give way, or has let go meanwhile. */
function sizeOf(lockFolder: string, { name }: Holder): number {
  return statSync(join(lockFolder, name), { throwIfNoEntry: false })?.size ?? 0
}

/** A process that took a lock, or tries to. */
interface Holder {
  readonly pid: number
  /** Boot, namespace, and the clock ticks since boot at which the process started; empty where the system does not tell. */
  readonly started: string
  /** Where its number means something; null where the system did not tell. */
  readonly realm: Realm | null
  /** Name of the file. */
  readonly name: string
}

/** A process that is in the way. */
interface Other {
  readonly holder: Holder
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
  giveProof(lockFolder, name)
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return { holder: holderNamed(name), holds: true }
    if (errnoOf(error) === 'ENOENT') return 'again'
    throw error
  }
  const others = holders(lockFolder).filter((holder) => holder.name !== name)
  const gone = others.filter((holder) => !isThere(lockFolder, holder))
  for (const holder of gone) letGo(lockFolder, holder.name)
  const [first] = others.filter((holder) => !gone.includes(holder)).sort((a, b) => (a.name < b.name ? -1 : 1))
  if (first === undefined) {
    writeHeld(file)
    return null
  }
  rmSync(file, { force: true })
  return { holder: first, holds: sizeOf(lockFolder, first) > 0 }
}

/** On a full disk it is this that fails first, and its name is wanted. */
function writeHeld(file: string): void {
  const fd = openSync(file, 'w')
  try {
    writeFully(fd, Buffer.from(heldText), file)
  } finally {
    closeSync(fd)
  }
}

function runHeldBy(directory: RunDirectory, holder: Holder): TallymanError {
  const id = basename(directory.path)
  const end = isElsewhere(holder) ? 'there ' : ''
  return new TallymanError(
    'usage',
    `Run ${directory.path} is held by ${sayHolder(holder)}, which is still running.`,
    {
      wayOut: `\`tallyman attach ${id}\` follows it, ${end}\`tallyman stop ${id}\` ends it.`,
    },
  )
}

function sayHolder(holder: Holder): string {
  return `process ${holder.pid}${isElsewhere(holder) ? ' of another container' : ''}`
}

function targetHeldBy(target: string, holder: Holder): TallymanError {
  const who = sayHolder(holder).replace('p', 'P')
  return new TallymanError(
    'usage',
    `${who}, which is still running, is at work on a result that goes to ${target} as well.`,
    {
      wayOut:
        'Wait for its end, or name another place with -o; `tallyman runs` lists it, `tallyman attach` follows it and `tallyman stop` ends it.',
    },
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
  return names.filter((name) => /^\d+-/.test(name)).map(holderNamed)
}

/** REQUIRES: a name that `ownName` gave. */
function holderNamed(name: string): Holder {
  const pidLength = name.indexOf('-')
  const started = name.slice(pidLength + 1)
  const [, boot, namespace] = /^([0-9a-f-]{36})-(\d+)-\d+$/.exec(started) ?? []
  const realm = boot === undefined || namespace === undefined ? null : { boot, namespace }
  return { pid: Number(name.slice(0, pidLength)), started, realm, name }
}

function ownName(): string {
  return `${process.pid}-${startOf(process.pid)}`
}

/** Does it live where its number means nothing to this process? */
function isElsewhere({ realm }: Holder): boolean {
  const own = ownRealm()
  return realm !== null && own !== null && realm.namespace !== own.namespace
}

function isThere(lockFolder: string, holder: Holder): boolean {
  const { pid, started, realm, name } = holder
  const own = ownRealm()
  if (realm !== null && own !== null && realm.boot !== own.boot) return false
  const proven = askProof(lockFolder, name)
  if (proven !== null) return proven
  // Nothing can be found out about it: better a refusal than two at one run.
  if (isElsewhere(holder)) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (errnoOf(error) === 'ESRCH') return false
  }
  const now = startOf(pid)
  // There is a process of that number, and /proc does not show it (hidepid).
  return now === started || (now === '' && started !== '')
}

/** Is it one of ours to see that /proc does not show as alive any more, though its proof still stands? */
function isEnding({ pid, started, realm, name }: Holder): boolean {
  if (name === ownName() || realm === null || started === '') return false
  const now = startOf(pid)
  // A process that is dead is shown until all of its threads have ended, which is when its proof falls.
  return !isElsewhere({ pid, started, realm, name }) && (now === '' || now === endedStart)
}

/**
 * proc(5): field 22 of /proc/PID/stat; the name before it may hold spaces and parentheses. A process that has ended and that
 * its parent has not asked for, a zombie, is gone. Empty where it is not shown, or this is not Linux: the process id alone has to do then.
 */
function startOf(pid: number): string {
  const realm = ownRealm()
  if (realm === null) return ''
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? endedStart : `${realm.boot}-${realm.namespace}-${fields[19]}`
  } catch {
    return ''
  }
}
