import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { readSmallFile } from '../small-file.ts'

/**
 * A mark that a process hands down to whatever it starts and that no one of them can easily shed: its limit on file locks.
 * Linux has held nobody to that limit since 2.4 (getrlimit(2)), yet passes it on through fork and exec, shows it to everybody
 * in /proc/PID/limits, and lets only root raise it again. So it is still there when environment, parent, group and session are not.
 */

/** A whole variable of the environment that marks processes. */
export type ProcessToken = `${string}=${string}`

const digestBytes = 5
/** What is marked has a limit below this, which as a number is exact still, by as much as 40 bits can tell. */
const ceiling = 2 ** 51
const floor = ceiling - 256 ** digestBytes

/** The hard limit of this process; null for none, as it nearly always is. */
function readOwnLimit(): number | null {
  const limit = /^Max file locks +\S+ +(\d+) /m.exec(readSmallFile('/proc/self/limits') ?? '')?.[1]
  return limit === undefined ? null : Number(limit)
}

let ownLimit: number | null | undefined

/** The limit that stands for a token: none that anybody would ask for. Below that of this process, which is not to be raised. */
function lockLimitOf(token: ProcessToken): string {
  if (known?.token === token) return known.limit
  ownLimit = ownLimit === undefined ? readOwnLimit() : ownLimit
  const digest = createHash('sha256').update(token).digest().readUIntBE(0, digestBytes)
  known = { token, limit: String(Math.min(ceiling, ownLimit ?? ceiling) - 1 - digest) }
  return known.limit
}

/** That of the last token: it is asked for one process after another. */
let known: { readonly token: ProcessToken; readonly limit: string } | null = null

/**
 * Marks a process, and what it starts from now on. Returns whether that was done: it takes `prlimit` (util-linux). In a run
 * within a run the mark of the outer one stays: by that everything is found. Cost: a small program is started: 2 ms.
 */
export async function markProcess(pid: number, token: ProcessToken): Promise<boolean> {
  const limit = lockLimitOf(token)
  const isWithin = typeof ownLimit === 'number' && ownLimit >= floor && ownLimit < ceiling
  if (isWithin || Number(limit) < 1) return false
  try {
    await promisify(execFile)('prlimit', ['--pid', String(pid), `--locks=${limit}:${limit}`])
    return true
  } catch {
    // It has ended, or there is no such program: then the environment is what there is.
    return false
  }
}

/** Is it marked with a token, or was one that it descends from? Cost: 15 µs. */
export function isMarked(token: ProcessToken, pid: number, proc = '/proc'): boolean {
  const limits = readSmallFile(`${proc}/${pid}/limits`) ?? ''
  return limits.includes(` ${lockLimitOf(token)} `)
}
