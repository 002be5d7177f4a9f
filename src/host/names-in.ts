import { readdirSync } from 'node:fs'
import { errnoOf } from '../errors.ts'

/** Names of what is in a folder, in no order; none where there is no folder. Throws the system's error for anything else. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** The same, where a folder that may not be listed has nothing in it either. */
export function namesSeenIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
