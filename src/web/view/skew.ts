import { saySplits } from '../../input/index.ts'
import { countOf, showBytes, showDuration } from '../../quantities.ts'
import { type RunState, splitsOf } from '../../run/index.ts'
import type { SkewView } from './views.ts'

const shownMax = 5

/** Which tasks and partitions were larger than the others; null before anything was mapped. */
export function skewView(state: RunState): SkewView | null {
  const { plan } = state
  const took: { readonly index: number; readonly ms: number }[] = []
  const partitions = new Map<number, { bytes: number; records: number }>()
  let spilledBytes = 0
  for (const [index, task] of state.map.entries()) {
    if (task.kind !== 'done') continue
    if (task.tookMs !== null && task.attempt > 0) took.push({ index, ms: task.tookMs })
    for (const { partition, bytes, records } of task.report.spills) {
      const sum = partitions.get(partition) ?? { bytes: 0, records: 0 }
      sum.bytes += bytes
      sum.records += records
      partitions.set(partition, sum)
      spilledBytes += bytes
    }
  }
  if (partitions.size === 0 && took.length === 0) return null
  took.sort((left, right) => right.ms - left.ms)
  const readsOf = (index: number): string => saySplits(splitsOf(plan, index))
  const keys = [...state.reduce.entries()].flatMap(([, task]) =>
    task.kind === 'done' ? (task.report.largestKeys ?? []) : [],
  )
  return {
    slowest: took
      .slice(0, shownMax)
      .map(({ index, ms }) => ({ name: readsOf(index), value: showDuration(ms) })),
    medianMs: took[Math.floor(took.length / 2)]?.ms ?? 0,
    partitions: [...partitions]
      .sort(([, left], [, right]) => right.bytes - left.bytes)
      .slice(0, shownMax)
      .map(([partition, { bytes, records }]) => ({
        name: `partition ${partition}`,
        value: `${showBytes(bytes)}, ${countOf(records, 'key')}`,
      })),
    spilledBytes,
    keys: keys
      .sort((left, right) => right.bytes - left.bytes)
      .slice(0, shownMax)
      .map(({ table, key, bytes }) => ({ name: `${table} ${key}`, value: showBytes(bytes) })),
  }
}
