import type { JobDescription } from '../../job/index.ts'
import type { Report, RunFacts } from './write-report.ts'

export type { RunFacts } from './write-report.ts'

/** What `makeReport` of `write-report.ts` does; it is loaded when it is first called, as the chart library is. */
export async function makeReport(
  directory: string,
  facts: RunFacts,
  look: JobDescription | null = null,
): Promise<Report> {
  const { makeReport: make } = await import('./write-report.ts')
  return make(directory, facts, look)
}
