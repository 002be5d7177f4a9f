import { closeSync, constants, mkdirSync, openSync, rmdirSync, writeSync } from 'node:fs'

/** Why the kernel did not do what was asked. */
export interface Refusal {
  /** The system's code, such as EACCES. */
  readonly code: string
  /** A whole sentence. */
  readonly reason: string
}

/**
 * Writes to a file of /sys/fs/cgroup that exists: it is never created, so what only looks like a control group is found out.
 *
 * @returns null, or why not
 */
export function writeKernelFile(file: string, text: string): Refusal | null {
  try {
    const target = openSync(file, constants.O_WRONLY | constants.O_TRUNC)
    try {
      writeSync(target, text)
    } finally {
      closeSync(target)
    }
    return null
  } catch (error) {
    return refusal(`"${text}" could not be written to ${file}`, error)
  }
}

/** Makes a control group, unless it is there; returns null, or why not. */
export function makeGroupFolder(folder: string): Refusal | null {
  try {
    mkdirSync(folder, { recursive: true })
    return null
  } catch (error) {
    return refusal(`The control group ${folder} could not be made`, error)
  }
}

/** Removes a control group, unless it is gone; returns null, or why not: EBUSY while anything is in it. */
export function removeGroupFolder(folder: string): Refusal | null {
  try {
    rmdirSync(folder)
    return null
  } catch (error) {
    const refused = refusal(`The control group ${folder} could not be removed`, error)
    return refused.code === 'ENOENT' ? null : refused
  }
}

function refusal(what: string, error: unknown): Refusal {
  if (!(error instanceof Error)) return { code: '', reason: `${what}: ${String(error)}.` }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // "EACCES: permission denied, open '…'": the place is in `what` already.
  return { code, reason: `${what}: ${error.message.split(',')[0]}.` }
}
