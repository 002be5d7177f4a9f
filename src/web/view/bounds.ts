import { showBytes } from '../../quantities.ts'
import type { RunState } from '../../run/index.ts'
import type { Pair, WorkerView } from './views.ts'

/**
 * What the workers of a run hold together, and how much they may.
 *
 * @param spareBytes what may still be written before the run ends for want of disk; null where that is not known
 */
export function boundsOf(
  { plan }: RunState,
  workers: readonly WorkerView[],
  spilledBytes: number,
  spareBytes: number | null,
): Pair[] {
  if (workers.length === 0) return []
  const held = workers.map(({ bytes }) => bytes ?? 0)
  // Threads share what each of them is said to hold.
  const bytes = plan.isolation === 'thread' ? Math.max(...held) : held.reduce((sum, one) => sum + one, 0)
  const room = spareBytes === null ? '' : `, room for ${showBytes(Math.max(0, spareBytes))} more`
  return [
    { name: 'memory together', value: `${showBytes(bytes)} of ${showBytes(plan.memory.totalBytes)}` },
    { name: 'spilled to disk', value: `${showBytes(spilledBytes)}${room}` },
  ]
}
