import {
  carriersOf,
  endProcesses,
  isThere,
  type ProcessIdentity,
  type ProcessToken,
} from '../../host/index.ts'

/**
 * Ends what a worker that is gone has left behind: children that were detached, left their group or lost their parent are
 * found by the token in their environment, and by the mark that the worker handed down; those that have neither, where they
 * were seen while their parent was there. Cost: one
 * look at all processes, where nothing is left.
 */
export async function endStrays(token: ProcessToken, seen: readonly ProcessIdentity[] = []): Promise<void> {
  const strays = [...carriersOf(token), ...seen.filter(isThere)].filter(({ pid }) => pid !== process.pid)
  if (strays.length > 0) await endProcesses(strays, { token })
}
