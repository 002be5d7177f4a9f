/**
 * `npm test [-- VITEST ARGUMENTS…]`: builds what is stale, runs every test, and says in plain numbers how it went.
 * Where CI is set nothing may be skipped.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build } from './build.ts'
import { runPackage } from './run-program.ts'
import {
  againAlone,
  type Failure,
  type FileTime,
  failuresIn,
  parseSkipReasons,
  type Skip,
  slowestFiles,
  type Tally,
  tallyReport,
} from './test-report.ts'

interface TestRun extends Tally {
  /** What vitest itself ended with; errors outside any test are seen only here. */
  readonly exitCode: number
  readonly slowest: readonly FileTime[]
  readonly failures: readonly Failure[]
}

/** Fewer files than this are seen at a glance. */
const slowestCount = 10

async function runTests(args: readonly string[], isCi: boolean): Promise<TestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-test-'))
  const reportFile = join(folder, 'report.json')
  const skipsFile = join(folder, 'skips.jsonl')
  try {
    const { exitCode } = await runPackage(
      'vitest',
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...args],
      {
        output: 'shown',
        env: {
          TALLYMAN_SKIPS: skipsFile,
          // Where it is set, Node reads and checks a machine's certificates whenever it starts, some thousand times; no test asks anybody by TLS.
          NODE_EXTRA_CA_CERTS: '',
          ...(isCi ? { TALLYMAN_REQUIRE_ALL: '1' } : {}),
        },
      },
    )
    if (!existsSync(reportFile))
      return { exitCode: 1, passed: 0, failed: 0, skips: [], slowest: [], failures: [] }
    const reasons = existsSync(skipsFile) ? parseSkipReasons(readFileSync(skipsFile, 'utf8')) : []
    const report: unknown = JSON.parse(readFileSync(reportFile, 'utf8'))
    return {
      exitCode,
      ...tallyReport(report, reasons),
      slowest: slowestFiles(report, slowestCount),
      failures: failuresIn(report),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tellSkips(skips: readonly Skip[]): void {
  if (skips.length === 0) return
  console.log(`\nSkipped tests: ${skips.length}`)
  for (const { file, test, reason } of skips) {
    console.log(`  ${relative(process.cwd(), file)} > ${test}: ${reason ?? 'no reason was given'}`)
  }
}

function tellFailures(failures: readonly Failure[]): void {
  if (failures.length === 0) return
  console.log(
    '\nWhat failed, and how to run it alone (where a file tells a story, from its begin: leave out -t):',
  )
  for (const { file, test } of failures)
    console.log(`  ${againAlone({ file: relative(process.cwd(), file), test })}`)
}

function tellSlowest(slowest: readonly FileTime[]): void {
  if (slowest.length < slowestCount) return
  console.log('\nWhat took longest, beside other files:')
  for (const { file, seconds } of slowest)
    console.log(`  ${seconds.toFixed(0).padStart(4)} s  ${relative(process.cwd(), file)}`)
}

export async function main(args: readonly string[]): Promise<number> {
  const isCi = !['', '0', 'false'].includes(process.env.CI ?? '')
  if (!(await build())) {
    console.error('The sources do not compile, so there is nothing to test.')
    console.log('0 passed, 1 failed')
    return 1
  }
  const { exitCode, passed, failed, skips, slowest, failures: failedTests } = await runTests(args, isCi)
  tellFailures(failedTests)
  tellSlowest(slowest)
  tellSkips(skips)
  const isOutside = exitCode !== 0 && failed === 0
  if (isOutside) console.log('\nvitest failed outside any test (see above); that counts as one failure.')
  const isSkipFailure = isCi && skips.length > 0
  if (isSkipFailure)
    console.log('\nCI is set, and there nothing may be skipped: each skipped test counts as a failure.')
  const failures = failed + (isOutside ? 1 : 0) + (isSkipFailure ? skips.length : 0)
  console.log(`\n${passed} passed, ${failures} failed`)
  return failures === 0 && exitCode === 0 ? 0 : 1
}
