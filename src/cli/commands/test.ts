import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { bundleModule, packageRoot } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'

export const test: Command = {
  name: 'test',
  operands: 'FILE…',
  summary: "runs a job's tests",
  details: [
    'FILE is a TypeScript or JavaScript file with tests of node:test; testJob of tallyman runs a job in them. Nothing has to be installed or compiled.',
  ],
  example: 'tallyman test words.test.ts',
  run: async (args, terminal) => {
    const files = args.positionals.map((file) => resolve(terminal.cwd, file))
    if (files.length === 0) {
      throw new TallymanError('usage', 'Which tests? `tallyman test` needs the files they are in.', {
        wayOut: 'Say for example: tallyman test words.test.ts',
      })
    }
    for (const file of files) requireFile(file)
    return await runTests(files, terminal.cwd)
  },
}

function requireFile(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile()) return
  const what = found === undefined ? 'does not exist' : 'is no file'
  throw new TallymanError('not-found', `Test ${JSON.stringify(file)} ${what}.`, {
    wayOut: 'Name a file, for example words.test.ts; `tallyman new NAME` writes a job and its test.',
  })
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
