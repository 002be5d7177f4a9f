import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Limits of one process and what it starts (setrlimit(2)); what is left out stays as it is. */
export interface StartLimits {
  /**
   * Heap and Buffers of each process, and Node itself needs 50 MB of it. Beyond it an allocation fails: a RangeError where that
   * of a Buffer is noticed in time, else the end of the process, whose last words are of an allocation that failed.
   */
  readonly dataBytesMax?: number
  /**
   * Threads of this user, over all his processes: so it is what he has now and what the process may add. Not held against
   * root. A fork bomb is refused there, and leaves him enough to log in.
   */
  readonly userThreadsMax?: number
  /** Size of the image a process leaves when it crashes; 0 for none, which may save a disk. */
  readonly coreBytesMax?: number
}

const options = { dataBytesMax: 'data', userThreadsMax: 'nproc', coreBytesMax: 'core' } as const

/** A value with a reason, since not being able to is no error. */
export type LimitedStart =
  | { readonly kind: 'able'; readonly command: readonly string[] }
  | { readonly kind: 'unable'; readonly reason: string }

/**
 * The words to put before a command so that it runs under these limits: the program `prlimit` (util-linux) sets them and becomes
 * the command, so the pid is that of the command, and the limits hold before its first instruction. This is what an ordinary user
 * has where he may not make control groups. Limits can only be lowered, so one above what holds already makes the command
 * fail to start.
 *
 * Cost: looking for the program; the start takes 2 ms longer.
 */
export function limitedStart(limits: StartLimits, path = process.env.PATH ?? ''): LimitedStart {
  const program = path
    .split(delimiter)
    .map((folder) => join(folder, 'prlimit'))
    .find(isExecutable)
  if (program === undefined)
    return { kind: 'unable', reason: 'The program "prlimit" (util-linux) is not there.' }
  const words = Object.entries(options).flatMap(([name, option]) => {
    const limit = limits[name as keyof typeof options]
    return limit === undefined ? [] : [`--${option}=${limit}:${limit}`]
  })
  return { kind: 'able', command: [program, ...words, '--'] }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
