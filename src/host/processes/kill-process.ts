import { errnoOf } from '../../errors.ts'
import { isDead, type ProcessIdentity, readProcess } from './process-tree.ts'

/** Is it still there, and no other that has its number by now? */
export function isThere({ pid, startTicks }: ProcessIdentity): boolean {
  const entry = readProcess(pid)
  return entry !== null && entry.startTicks === startTicks && !isDead(entry)
}

/**
 * Ends one process at once, and no other that has its number by now.
 *
 * @returns `gone` where it has ended by itself; `refused` where the system does not let us, as with a daemon's
 */
export function killProcess(identity: ProcessIdentity): 'killed' | 'gone' | 'refused' {
  if (!isThere(identity)) return 'gone'
  try {
    process.kill(identity.pid, 'SIGKILL')
    return 'killed'
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return 'gone'
    if (errnoOf(error) === 'EPERM') return 'refused'
    throw error
  }
}
