import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isRunId } from '../run/index.ts'

/** What is beside a result's place while the result is written there. Hidden: where results lie among inputs, half of one is no input. */
export type Beside =
  /** The new result, until it is whole. */
  | 'new'
  /** The older result, until the new one is in its place. */
  | 'old'

/** Absolute path of what a run has beside a place. @param target absolute path */
export function besideTarget(target: string, runId: string, what: Beside): string {
  return join(dirname(target), `.${basename(target)}.${runId}.${what}`)
}

/**
 * Removes what runs that were killed have left beside a place. What cannot be removed stays. REQUIRES: this process has taken the place.
 *
 * Cost: a look at all names in the folder around it.
 */
export function removeLeft(target: string, what: Beside): void {
  const folder = dirname(target)
  const [start, end] = [`.${basename(target)}.`, `.${what}`]
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue
    // Nobody else's file is called like this.
    if (!isRunId(name.slice(start.length, -end.length))) continue
    try {
      rmSync(join(folder, name), { recursive: true, force: true })
    } catch {
      // It was another user's: it takes room, and no more than that.
    }
  }
}
