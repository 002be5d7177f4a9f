import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { bundleModule, packageRoot } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

export const test: Command = {
  name: 'test',
  operands: 'FILE…',
  summary: "runs a job's tests, written with node:test and testJob, from TypeScript as it is",
  example: 'tallyman test words.test.ts',
  run: async (args, terminal) => {
    const files = args.positionals.map((file) => resolve(terminal.cwd, file))
    if (files.length === 0) {
      throw new TallymanError('usage', '`tallyman test` takes the files of tests.', {
        wayOut: 'Say for example: tallyman test words.test.ts',
      })
    }
    const absent = files.find((file) => !existsSync(file))
    if (absent !== undefined) throw new TallymanError('not-found', `Test file ${absent} does not exist.`)
    return await runTests(files, terminal.cwd)
  },
}

/** Bundles each test to a folder where `tallyman` is this very copy, and has Node run them. */
async function runTests(files: readonly string[], cwd: string): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-test-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(packageRoot, join(folder, 'node_modules', 'tallyman'), 'dir')
    const bundles: string[] = []
    for (const [index, file] of files.entries()) {
      const out = join(folder, `${index}-${basename(file).replace(/\.[^.]*$/, '')}.mjs`)
      bundles.push((await bundleModule(file, out)).file)
    }
    const child = spawn(process.execPath, ['--enable-source-maps', '--test', ...bundles], {
      cwd,
      stdio: 'inherit',
    })
    const code = await new Promise<number | null>((done, fail) => {
      child.on('error', fail)
      child.on('close', done)
    })
    return code === 0 ? exitCodes.complete : exitCodes.failed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
