import { readlinkSync } from 'node:fs'
import { namesSeenIn } from '../names-in.ts'
import { readSmallFile } from '../small-file.ts'

/** State of a socket that listens, in /proc/net/tcp (proc(5)). */
const listening = '0A'

/**
 * Who listens at a port of this machine, for people: `process 4711 (python3)`, or `user 1000 (anna)` where the process is
 * another user's. Null where nobody does, or nobody can tell.
 *
 * Cost: a look at all sockets, and at the open files of this user's processes.
 */
export function whoListens(port: number): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (readSmallFile(file) ?? '').split('\n')) {
      const [, local = '', , state, , , , uid = '', , inode = ''] = line.trim().split(/\s+/)
      if (state !== listening || !local.endsWith(`:${hex}`)) continue
      const pid = holderOf(inode)
      return pid === null ? `user ${uid}${nameOf(uid)}` : `process ${pid} (${commOf(pid)})`
    }
  }
  return null
}

/** The process that has this socket open; null where it is none of this user's. */
function holderOf(inode: string): number | null {
  for (const pid of namesSeenIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const holds = namesSeenIn(`/proc/${pid}/fd`).some(
      (fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`,
    )
    if (holds) return Number(pid)
  }
  return null
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    // It was closed meanwhile.
    return null
  }
}

function commOf(pid: number): string {
  return readSmallFile(`/proc/${pid}/comm`) ?? 'ended'
}

function nameOf(uid: string): string {
  const line = (readSmallFile('/etc/passwd') ?? '').split('\n').find((entry) => entry.split(':')[2] === uid)
  return line === undefined ? '' : ` (${line.split(':')[0]})`
}
