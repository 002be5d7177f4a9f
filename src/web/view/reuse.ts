import { showCount } from '../../quantities.ts'
import type { RunState } from '../../run/index.ts'
import { sayMiss } from '../../run/index.ts'
import type { ReuseView } from './views.ts'

/** How many map tasks an earlier run had done, and why the others ran; null where every one had to, as at a first run. */
export function reuseView({ plan }: RunState): ReuseView | null {
  const reasons = new Map<string, number>()
  let reused = 0
  for (const { reuse } of plan.tasks) {
    if (reuse.kind === 'kept') reused += 1
    else reasons.set(sayMiss(reuse.why), (reasons.get(sayMiss(reuse.why)) ?? 0) + 1)
  }
  if (reused === 0 && reasons.size === 1 && reasons.has(sayMiss('new'))) return null
  return {
    reused,
    of: plan.tasks.length,
    others: [...reasons].map(([name, count]) => ({ name, value: showCount(count) })),
  }
}
