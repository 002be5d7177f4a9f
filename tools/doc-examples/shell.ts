/** Runs the shell commands of a document, as a reader would who types them one after the other. */
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runProgram } from '../run-program.ts'
import type { Block, Finding } from './block.ts'
import { writeJobs } from './workplace.ts'

const shellMsMax = 60_000

/**
 * Runs every `sh` block after `<!-- runs -->`. The blocks of one document share a folder, which holds the job files named
 * before each, and find the project's own `tallyman` first.
 */
export async function runShell(root: string, folder: string, blocks: readonly Block[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const folders = new Map<string, string>()
  for (const block of blocks.filter(({ kind }) => kind === 'shell')) {
    const cwd = folders.get(block.path) ?? join(folder, `shell-${folders.size}`)
    folders.set(block.path, cwd)
    if (!existsSync(cwd)) mkdirSync(cwd)
    writeJobs(root, cwd, block, blocks)
    const { exitCode, output } = await runProgram('bash', ['-euo', 'pipefail', '-c', block.code], {
      cwd,
      env: {
        PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
        NO_COLOR: '1',
        TALLYMAN_HOME: join(cwd, '.tallyman'),
      },
      timeoutMs: shellMsMax,
    })
    if (exitCode === 0) continue
    const message = `Ended with exit code ${exitCode}.\n${output.trimEnd()}`
    findings.push({ path: block.path, line: block.line, message })
  }
  return findings
}
