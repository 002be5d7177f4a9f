import { readFileSync } from 'node:fs'

/** The token in a file that `readToken` made; null where it cannot be read, as another user's. */
export function readPageToken(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
