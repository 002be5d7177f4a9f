import { carriersOf, endProcesses, type Token } from '../host/index.ts'

/**
 * Ends what a worker that is gone has left behind: children that were detached, left their group or lost their parent are
 * found by the token in their environment. Cost: one look at all processes, where nothing is left.
 */
export async function endStrays(token: Token): Promise<void> {
  const strays = carriersOf(token).filter(({ pid }) => pid !== process.pid)
  if (strays.length > 0) await endProcesses(strays, { token })
}
