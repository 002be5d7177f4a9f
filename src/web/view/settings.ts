import { countOf, showBytes } from '../../quantities.ts'
import type { RunState } from '../../run/index.ts'
import type { Pair } from './views.ts'

/** The job's parameters as they hold. */
export function paramsOf({ plan }: RunState): Pair[] {
  return Object.entries(plan.job.params).map(([name, value]) => ({
    name,
    value: JSON.stringify(value) ?? 'undefined',
  }))
}

/** How the run is carried out. */
export function settingsOf({ plan }: RunState, job: string): Pair[] {
  const { workers, isolation, memory, partitions, discovery, badRecords, fingerprint, tallyman } = plan
  const members = discovery.files.reduce((sum, file) => sum + file.members.length, 0)
  const limit =
    badRecords.kind === 'count'
      ? countOf(badRecords.count, 'record')
      : `${badRecords.percent} % of the records`
  return [
    { name: 'job', value: job },
    {
      name: 'inputs',
      value:
        countOf(discovery.files.length, 'file') + (members === 0 ? '' : `, ${countOf(members, 'member')}`),
    },
    {
      name: 'workers',
      value: countOf(workers, isolation, isolation === 'process' ? 'processes' : `${isolation}s`),
    },
    {
      name: 'memory',
      value: `${showBytes(memory.totalBytes)} for all, heap of ${showBytes(memory.workerHeapBytes)} a worker`,
    },
    { name: 'partitions', value: String(partitions) },
    { name: 'rejected records tolerated', value: limit },
    { name: 'fingerprint', value: fingerprint },
    { name: 'tallyman', value: tallyman },
  ]
}
