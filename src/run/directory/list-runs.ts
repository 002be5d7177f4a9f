import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import { isRunId, RunDirectory, readIdentity } from './directory.ts'

/** Length of the time an id begins with: `20201231-235959`. */
const secondLength = 15

interface Dated {
  readonly id: string
  readonly second: string
  readonly createdAt: () => number
}

/** Ids begin with the second, and within it `run.json` tells the millisecond. */
function newestFirst(left: Dated, right: Dated): number {
  if (left.second !== right.second) return left.second < right.second ? 1 : -1
  return right.createdAt() - left.createdAt() || (left.id < right.id ? 1 : -1)
}

function createdAt(folder: string, id: string): number {
  try {
    const { identityFile } = new RunDirectory(join(folder, id))
    return Number(JSON.parse(readFileSync(identityFile, 'utf8')).createdAt)
  } catch {
    // What cannot be read stands behind what can; `readRun` says what is wrong with it.
    return 0
  }
}

/** A folder of another name is one where its `run.json` says so: somebody may have renamed it. */
function isRun(folder: string, name: string): boolean {
  if (isRunId(name)) return true
  try {
    readIdentity(new RunDirectory(join(folder, name)))
    return true
  } catch {
    return false
  }
}

/** Ids of all runs, newest first. What else lies there is somebody else's. */
export function listRuns(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isRun(folder, entry.name))
      .map(({ name }) => ({
        id: name,
        second: name.slice(0, secondLength),
        createdAt: () => createdAt(folder, name),
      }))
      .sort(newestFirst)
      .map(({ id }) => id)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
