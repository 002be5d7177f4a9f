/** What vitest's JSON report says, in true numbers. */
import { z } from 'zod'

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['passed', 'failed']),
      startTime: z.number(),
      endTime: z.number(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.enum(['passed', 'failed', 'skipped', 'pending', 'todo', 'disabled']),
        }),
      ),
    }),
  ),
})

const skipSchema = z.object({ file: z.string(), reason: z.string() })

/** Why a file's tests were left out, as `requires` wrote it down. */
export type SkipReason = z.infer<typeof skipSchema>

/** One test that was not run. */
export interface Skip {
  readonly file: string
  readonly test: string
  /** What `requires` said in that file; null when nobody gave a reason. */
  readonly reason: string | null
}

export interface Tally {
  readonly passed: number
  /** Tests that failed, and files that failed as a whole (they do not load, or a hook threw) as one each. */
  readonly failed: number
  readonly skips: readonly Skip[]
}

/** One test that failed; the file as a whole where `test` is null. */
export interface Failure {
  readonly file: string
  readonly test: string | null
}

/** What failed, in the report's order. */
export function failuresIn(report: unknown): Failure[] {
  return reportSchema
    .parse(report)
    .testResults.flatMap(({ name: file, status, assertionResults }): Failure[] => {
      const failed = assertionResults.filter((one) => one.status === 'failed')
      if (failed.length === 0) return status === 'failed' ? [{ file, test: null }] : []
      return failed.map(({ fullName }) => ({ file, test: fullName }))
    })
}

/** Words that run a test alone, for a shell: `-t` takes a regular expression. */
export function againAlone({ file, test }: Failure): string {
  const words = ['npx', 'vitest', 'run', file]
  if (test !== null) words.push('-t', `^${test.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)
  return words
    .map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}

/** A file of tests, and how long its tests took by the clock, beside those of other files. */
export interface FileTime {
  readonly file: string
  readonly seconds: number
}

/** The files that took longest, longest first. */
export function slowestFiles(report: unknown, count: number): FileTime[] {
  return reportSchema
    .parse(report)
    .testResults.map(({ name, startTime, endTime }) => ({
      file: name,
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
}

/** Reads the ledger of `requires`: one JSON object a line. */
export function parseSkipReasons(ledger: string): SkipReason[] {
  const lines = ledger.split('\n').filter((line) => line !== '')
  return lines.map((line) => skipSchema.parse(JSON.parse(line)))
}

/** Counts a report. A file that failed without one failed test counts as one failure. */
export function tallyReport(report: unknown, reasons: readonly SkipReason[]): Tally {
  const files = reportSchema.parse(report).testResults
  let passed = 0
  let failed = 0
  const skips: Skip[] = []
  for (const { name: file, status, assertionResults } of files) {
    const told = [...new Set(reasons.filter((one) => one.file === file).map(({ reason }) => reason))]
    const failedHere = assertionResults.filter((one) => one.status === 'failed').length
    passed += assertionResults.filter((one) => one.status === 'passed').length
    failed += status === 'failed' ? Math.max(failedHere, 1) : failedHere
    for (const one of assertionResults) {
      if (one.status === 'passed' || one.status === 'failed') continue
      skips.push({ file, test: one.fullName, reason: told.length === 0 ? null : told.join(', ') })
    }
  }
  return { passed, failed, skips }
}
