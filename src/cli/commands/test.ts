import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { TallymanError } from '../../errors.ts'
import { bundleModule, linkPackage } from '../../run/index.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import type { EndedTest } from '../test-events-main.ts'

export const test: Command = {
  name: 'test',
  operands: 'FILE…',
  summary: "runs a job's tests",
  details: [
    'FILE is a TypeScript or JavaScript file with tests of node:test; testJob of tallyman runs a job in them. Nothing has to be installed or compiled. A file without a test fails.',
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
    return await runTests(files, terminal)
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
async function runTests(files: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-test-'))
  try {
    linkPackage(folder)
    const bundles: string[] = []
    for (const [index, file] of files.entries()) {
      const out = join(folder, `${index}-${basename(file).replace(/\.[^.]*$/, '')}.mjs`)
      bundles.push((await bundleModule(file, out)).file)
    }
    const endedFile = join(folder, 'ended.jsonl')
    if ((await runNode(bundles, endedFile, terminal)) !== 0) return exitCodes.failed
    const empty = withoutTest(bundles, readEnded(endedFile))
    const [first] = files.filter((_, index) => empty.has(bundles[index] ?? ''))
    if (first === undefined) return exitCodes.complete
    throw new TallymanError(
      'job-invalid',
      `Test ${JSON.stringify(first)} has no test in it${empty.size > 1 ? `, and neither have ${empty.size - 1} others` : ''}.`,
      {
        wayOut:
          "Say test('what it shows', async () => { … }) of node:test; `tallyman new NAME` writes a job and a test to begin with.",
      },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs Node's test runner over the bundles; returns its exit code. */
async function runNode(
  bundles: readonly string[],
  endedFile: string,
  { cwd, out }: Terminal,
): Promise<number | null> {
  const reporters = [
    ['spec', 'stdout'],
    [new URL('../test-events-main.js', import.meta.url).href, endedFile],
  ].flatMap(([reporter, place]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${place}`])
  const child = spawn(process.execPath, ['--enable-source-maps', '--test', ...reporters, ...bundles], {
    cwd,
    // The runner does not bear that whoever reads has gone; a terminal does not go, and has its colours from the runner.
    stdio: ['inherit', process.stdout.isTTY ? 'inherit' : 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (child.stdout !== null) for await (const line of createInterface({ input: child.stdout })) out(line)
  return await ended
}

function readEnded(file: string): EndedTest[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  // Written by our own reporter.
  return lines.map((line) => JSON.parse(line) as EndedTest)
}

/** The bundles that have no test: the runner passes a file by itself then, unless there is a suite around the nothing. */
function withoutTest(bundles: readonly string[], ended: readonly EndedTest[]): ReadonlySet<string> {
  const tests = ended.filter(({ isSuite }) => !isSuite)
  const asFiles = bundles.filter((bundle) => tests.some(({ name }) => basename(name) === basename(bundle)))
  return new Set(asFiles.length === tests.length ? bundles : asFiles)
}
