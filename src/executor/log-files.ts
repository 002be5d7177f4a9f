import { join } from 'node:path'

/** Where it lies what one attempt has printed, or what a worker has outside of attempts: `of` is the attempt's id, `worker-0`, `threads`. */
export function logFile(logFolder: string, of: string): string {
  return join(logFolder, `${of}.log`)
}

/** Where the death record of an attempt lies. It may be lacking: see `writeDeath`. */
export function deathFile(logFolder: string, attempt: string): string {
  return join(logFolder, `${attempt}.death.json`)
}
