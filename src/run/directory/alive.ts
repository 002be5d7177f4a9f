import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { processNamespace } from '../../host/index.ts'

/**
 * The proof that who took a lock is still there: a named pipe beside its file, which its process holds open for reading. The
 * system closes that when the process ends, however it does, and tells whoever opens the other end whether anybody reads
 * (fifo(7): ENXIO). So it holds where process numbers tell nothing: between containers that share a folder, each of which
 * counts its processes from 1, and where /proc does not show the processes of others (hidepid, proc(5)).
 */

/** Of the file `name` in a lock folder. */
function proofOf(lockFolder: string, name: string): string {
  return join(lockFolder, `alive-${name}`)
}

/** Proofs this process gives, by path: descriptors, which no child process inherits. */
const given = new Map<string, number>()

/**
 * Gives the proof, until it is withdrawn or this process ends. Where there are no named pipes nothing happens. To be called
 * before the file it is for is there. Cost: a small program is started: 2 ms.
 */
export function giveProof(lockFolder: string, name: string): void {
  const path = proofOf(lockFolder, name)
  if (given.has(path)) return
  // Whoever may see the folder may ask: nothing is read of what would be written.
  const { status } = spawnSync('mkfifo', ['-m', '622', path], { stdio: 'ignore' })
  if (status !== 0) return
  try {
    given.set(path, openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
  } catch {
    rmSync(path, { force: true })
  }
}

/** Safe where none was given, and for that of a process that is gone. */
export function withdrawProof(lockFolder: string, name: string): void {
  const path = proofOf(lockFolder, name)
  rmSync(path, { force: true })
  const fd = given.get(path)
  given.delete(path)
  if (fd !== undefined) closeSync(fd)
}

/** Whether who gave the proof is still there; null where none was given, or it may not be asked. */
export function askProof(lockFolder: string, name: string): boolean | null {
  try {
    closeSync(openSync(proofOf(lockFolder, name), constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch (error) {
    return errnoOf(error) === 'ENXIO' ? false : null
  }
}

/** Where process numbers mean the same. */
export interface Realm {
  /** Id of this start of this machine. */
  readonly boot: string
  /** Of all processes that count each other: a container has one of its own (pid_namespaces(7)). */
  readonly namespace: string
}

let known: Realm | null | undefined

/** That of this process; null where the system does not tell. */
export function ownRealm(): Realm | null {
  known ??= readRealm()
  return known
}

function readRealm(): Realm | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const namespace = processNamespace()
    return namespace === null ? null : { boot, namespace }
  } catch {
    return null
  }
}
