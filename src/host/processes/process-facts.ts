import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readSmallFile } from '../small-file.ts'

/** What a process has open. */
export interface OpenFiles {
  readonly count: number
  /** Where its descriptors lead, the lowest first, as the system says: paths, `socket:[1234]`, `pipe:[5678]`. */
  readonly names: readonly string[]
}

/**
 * Open files of a process, from /proc/PID/fd; null where it is gone, is another user's, or there is no /proc.
 * Cost: some microseconds for each of the names.
 */
export function readOpenFiles(pid: number, namesMax: number, proc = '/proc'): OpenFiles | null {
  const folder = join(proc, String(pid), 'fd')
  try {
    const numbers = readdirSync(folder).sort((left, right) => Number(left) - Number(right))
    const names = numbers.slice(0, namesMax).flatMap((number) => nameOf(join(folder, number)))
    return { count: numbers.length, names }
  } catch {
    return null
  }
}

/** None where it was closed meanwhile. */
function nameOf(link: string): string[] {
  try {
    return [readlinkSync(link)]
  } catch {
    return []
  }
}

/** Limits of a process, soft and hard, as /proc/PID/limits says them: `Max open files`: `1024 4096 files`. Empty where it says none. */
export function readProcessLimits(pid: number, proc = '/proc'): Readonly<Record<string, string>> {
  const lines = (readSmallFile(join(proc, String(pid), 'limits')) ?? '').split('\n').slice(1)
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, values] = /^(Max .*?) {2,}(.*)$/.exec(line) ?? []
      return name === undefined || values === undefined ? [] : [[name, values.trim().replaceAll(/ +/g, ' ')]]
    }),
  )
}
