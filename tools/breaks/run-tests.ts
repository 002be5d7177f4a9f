/** Runs tests in a copy of the project, and reads what Vitest reports of them. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Noticing } from './break.ts'
import type { ScratchTree } from './scratch-tree.ts'

/** A test that hangs has noticed something as well. */
const timeoutMs = 300_000

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

/** How tests ended, by file and full name. */
export interface TestsRun {
  readonly passed: readonly Noticing[]
  readonly failed: readonly Noticing[]
  /** They ran on and on, and were ended. */
  readonly isHung: boolean
}

/** @param bail ends with the first that fails */
export async function runTests(
  tree: ScratchTree,
  tests: readonly Noticing[],
  bail: boolean,
): Promise<TestsRun> {
  const reportFile = join(tree.folder, 'node_modules.report.json')
  rmSync(reportFile, { force: true })
  const files = [...new Set(tests.map(({ file }) => file))]
  const isNamed = tests.every(({ name }) => name !== '')
  const pattern = tests.map(({ name }) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')
  const startMs = performance.now()
  await tree.run(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...files,
      ...(isNamed ? ['-t', pattern] : []),
      ...(bail ? ['--bail=1'] : ['--retry=1']),
      '--reporter=json',
      `--outputFile=${reportFile}`,
    ],
    bail ? { timeoutMs } : {},
  )
  if (!existsSync(reportFile)) {
    if (performance.now() - startMs >= timeoutMs) return { passed: [], failed: [], isHung: true }
    throw new Error(`Vitest made no report of ${files.join(', ')}.`)
  }
  return { ...readReport(reportFile, tree.folder), isHung: false }
}

function readReport(file: string, folder: string): Pick<TestsRun, 'passed' | 'failed'> {
  const { testResults } = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const passed: Noticing[] = []
  const failed: Noticing[] = []
  for (const { name: path, status: ofFile, message, assertionResults } of testResults) {
    const file = path.slice(folder.length + 1)
    for (const { fullName: name, status } of assertionResults) {
      if (status === 'passed') passed.push({ file, name })
      if (status === 'failed') failed.push({ file, name })
    }
    // What is thrown before a test, or as its file is loaded, is no test's; of a group's own preparations there is no message.
    if (ofFile === 'failed' && !assertionResults.some(({ status }) => status === 'failed'))
      failed.push({ file, name: `(before its tests) ${message.split('\n')[0]}` })
  }
  return { passed, failed }
}

/** Is it one of those that are meant? */
export function isAmong({ file, name }: Noticing, tests: readonly Noticing[]): boolean {
  return tests.some((test) => test.file === file && name.includes(test.name))
}
