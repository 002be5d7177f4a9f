/** The same tasks in this very thread, over files in memory: what every executor's reports and files are compared with. */

import type { Attempt } from '../../src/executor/index.ts'
import { type MapReport, type ReduceReport, runMapTask, runReduceTask } from '../../src/flow/index.ts'
import { MemoryStorage } from '../../src/flow/storage.ts'
import { openSplit, type Split } from '../../src/input/index.ts'
import { type AnyJob, jobTables, recordUse } from '../../src/job/index.ts'
import obedient from '../fixtures/jobs/obedient.job.ts'
import { mapAttempt } from './workplace.ts'

// The types of its records are nobody's business here.
const job = obedient as unknown as AnyJob
const params = { least: 1 }
const tick = async (): Promise<void> => undefined

interface Performed<Report> {
  readonly report: Report
  /** What the task wrote, by name. */
  readonly files: Map<string, Buffer>
}

export async function mapInProcess(
  splits: readonly Split[],
  combineBytesMax: number,
): Promise<{ readonly attempt: Attempt; readonly expected: Performed<MapReport> }> {
  const attempt = mapAttempt('map-00000.1', splits, combineBytesMax)
  const { work } = attempt
  if (work.kind !== 'map') throw new Error('A map attempt has map work.')
  const files = new Map<string, Buffer>()
  const report = await runMapTask({
    job,
    params,
    sources: work.splits.map((split) => ({
      ordinal: split.ordinal,
      path: split.path,
      member: null,
      fromStart: true,
      open: () => openSplit(split, job.input, job.input.decoder(recordUse(job.map))),
    })),
    partitions: work.partitions,
    combineBytesMax,
    storage: new MemoryStorage(files),
    tick,
  })
  return { attempt, expected: { report, files: sorted(files) } }
}

/** @param read gives the bytes of a committed file by the name the attempt has for it */
export async function reduceInProcess(
  { work }: Attempt,
  read: (name: string) => Buffer,
): Promise<Performed<ReduceReport>> {
  if (work.kind !== 'reduce') throw new Error('A reduce attempt has reduce work.')
  const files = new Map(work.spills.map(({ name }) => [name, read(name)]))
  const report = await runReduceTask({
    tables: jobTables(job),
    spills: work.spills,
    recordsExpected: work.recordsExpected,
    storage: new MemoryStorage(files),
    tick,
  })
  for (const { name } of work.spills) files.delete(name)
  return { report, files: sorted(files) }
}

function sorted(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}
