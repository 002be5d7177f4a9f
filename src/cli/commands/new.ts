import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { packageRoot } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'

export const newJob: Command = {
  name: 'new',
  operands: 'NAME',
  operandsMax: 1,
  summary: 'writes a job and its test, which both run as they are; or a web app',
  details: [
    'NAME may have folders before it: texts/words writes texts/words.job.ts and texts/words.test.ts. A file that is there is never overwritten.',
    'With --app it writes NAME/app.ts, a page that says hello and shows a result, for `tallyman serve`.',
  ],
  example: 'tallyman new words',
  run: async (args, terminal) => {
    const [name] = args.positionals
    if (name === undefined) {
      throw new TallymanError('usage', 'Which name? `tallyman new` needs one for what it writes.', {
        wayOut: 'Say for example: tallyman new words',
      })
    }
    const stem = resolve(terminal.cwd, name.replace(/(\.job)?\.ts$/, ''))
    // The last part as it was typed: of "" and "../" there is none.
    if (!/(^|\/)[A-Za-z0-9][\w.-]*$/.test(name)) {
      throw new TallymanError('usage', `Name ${JSON.stringify(name)} will not do for a file.`, {
        wayOut: 'Use letters, digits, "-", "_" and ".", a letter or digit first.',
      })
    }
    return args.has('app') ? writeApp(stem, args, terminal) : writeJob(stem, args, terminal)
  },
}

function writeJob(stem: string, args: Arguments, terminal: Terminal): ExitCode {
  const job = `${stem}.job.ts`
  const test = `${stem}.test.ts`
  for (const file of [job, test]) requireNew(file)
  mkdirSync(dirname(stem), { recursive: true })
  writeFileSync(job, jobText)
  writeFileSync(test, testText(basename(job)))
  if (args.has('json')) terminal.out(JSON.stringify({ job, test }))
  else {
    const [jobShown, testShown] = [job, test].map((file) => shownPath(file, terminal.cwd))
    terminal.out(`Wrote ${jobShown} and ${testShown}.`)
    terminal.say(`Next: tallyman test ${testShown}`)
    terminal.say(`      tallyman run ${jobShown} FILES…`)
  }
  return exitCodes.complete
}

/** The example, which imports nothing that is not there. */
function writeApp(folder: string, args: Arguments, terminal: Terminal): ExitCode {
  const app = join(folder, 'app.ts')
  requireNew(app)
  mkdirSync(folder, { recursive: true })
  writeFileSync(app, readFileSync(join(packageRoot, 'examples', 'hello', 'app.ts')))
  if (args.has('json')) terminal.out(JSON.stringify({ app }))
  else {
    const shown = shownPath(app, terminal.cwd)
    terminal.out(`Wrote ${shown}.`)
    terminal.say(`Next: tallyman serve ${shown} --watch`)
  }
  return exitCodes.complete
}

function requireNew(file: string): void {
  if (!existsSync(file)) return
  throw new TallymanError('result-exists', `${file} exists already; it is not overwritten.`, {
    wayOut: 'Choose another name, or move that file away.',
  })
}

const jobText = `import { count, defineJob, text } from 'tallyman'

export default defineJob({
  description: 'Counts the words of any text.',
  input: text(),
  reduce: count<string>(),
  map(line, emit) {
    for (const word of line.toLowerCase().match(/[\\p{L}\\p{N}']+/gu) ?? []) emit(word)
  },
})
`

function testText(job: string): string {
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testJob } from 'tallyman'
import job from './${job}'

test('counts words whatever their case', async () => {
  const { result } = await testJob(job, ['The wheels on the bus', 'go round and round'])
  assert.deepEqual(result.find(({ key }) => key === 'the'), { key: 'the', value: 2 })
  assert.deepEqual(result.find(({ key }) => key === 'round'), { key: 'round', value: 2 })
})
`
}
