import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { TallymanError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { shownPath } from '../report.ts'

export const newJob: Command = {
  name: 'new',
  operands: 'NAME',
  operandsMax: 1,
  summary: 'writes a job and its test, which both run as they are',
  details: [
    'NAME may have folders before it: texts/words writes texts/words.job.ts and texts/words.test.ts. A file that is there is never overwritten.',
  ],
  example: 'tallyman new words',
  run: async (args, terminal) => {
    const [name] = args.positionals
    if (name === undefined) {
      throw new TallymanError('usage', 'Which name? `tallyman new` needs one for the job it writes.', {
        wayOut: 'Say for example: tallyman new words',
      })
    }
    const stem = resolve(terminal.cwd, name.replace(/(\.job)?\.ts$/, ''))
    // The last part as it was typed: of "" and "../" there is none.
    if (!/(^|\/)[A-Za-z0-9][\w.-]*$/.test(name)) {
      throw new TallymanError('usage', `Name ${JSON.stringify(name)} will not do for a job's file.`, {
        wayOut: 'Use letters, digits, "-", "_" and ".", a letter or digit first.',
      })
    }
    const job = `${stem}.job.ts`
    const test = `${stem}.test.ts`
    for (const file of [job, test]) {
      if (!existsSync(file)) continue
      throw new TallymanError('result-exists', `${file} exists already; it is not overwritten.`, {
        wayOut: 'Choose another name, or move that file away.',
      })
    }
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
  },
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
