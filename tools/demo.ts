/**
 * `npm run demo`: builds, makes the scale model of the tweets of 2020, runs the homework over it, and compares the answer
 * with the one that was counted while the model was written.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.ts'
import { runProgram } from './run-program.ts'

const demoFolder = 'demo'
const model = join(demoFolder, 'model')
const result = join(demoFolder, 'hashtags')
const plots = join(demoFolder, 'plots')
const job = join('examples', 'twitter', 'hashtags.job.ts')
const tables = ['lang', 'country', 'day']

function say(line: string): void {
  console.log(line)
}

async function run(program: string, ...args: readonly string[]): Promise<number> {
  const { exitCode } = await runProgram(process.execPath, [program, ...args], {
    output: 'shown',
  })
  return exitCode
}

/** Written last, so a model that was cut off is made again. */
const isWhole = (): boolean => existsSync(join(model, 'model.json'))

/** Is every table the one that was counted independently? Says so for each. */
function compareTables(): boolean {
  return tables
    .map((table) => {
      const [ours, theirs] = [result, join(model, 'answer')].map((folder) =>
        readFileSync(join(folder, `${table}.jsonl`)),
      )
      const isSame = ours !== undefined && theirs !== undefined && ours.equals(theirs)
      say(
        `  ${table}: ${isSame ? 'equal to the byte' : 'DIFFERENT'} (${join(model, 'answer', `${table}.jsonl`)})`,
      )
      return isSame
    })
    .every((isSame) => isSame)
}

/** Draws the homework's pictures. The demo is whole without: what they are drawn with are optional packages. */
async function drawPictures(): Promise<void> {
  say(
    `\n5. Drawing the homework's pictures: the top ten of #coronavirus by language and by country, the year's days, a map:`,
  )
  const args = ['plot', result, '-o', plots]
  const exitCode = await run(join('bin', 'tallyman'), ...args)
  if (exitCode === 0) return
  say('   Not drawn, for want of the packages above. In the terminal it needs none:')
  await run(join('bin', 'tallyman'), 'plot', result, 'languages', 'countries', '--text')
}

export async function main(): Promise<number> {
  say('1. Building tallyman.')
  if (!(await build())) return 1

  if (isWhole()) say(`2. The scale model is in ${model} already.`)
  else {
    say(`2. Making a scale model of the tweets of 2020 in ${model}: 366 zip archives, one for each day.`)
    rmSync(model, { recursive: true, force: true })
    if ((await run(join('examples', 'twitter', 'make-model.mjs'), model)) !== 0) return 1
  }

  say(`3. Counting hashtags by language, country and day: ${job}\n`)
  rmSync(result, { recursive: true, force: true })
  const archive = join(model, 'Twitter dataset')
  const expected = ['--expect', '2020-01-01..2020-12-31']
  const exitCode = await run(join('bin', 'tallyman'), 'run', job, archive, ...expected, '-o', result)
  if (exitCode !== 0) return exitCode

  say('\n4. Comparing with the answer that was counted without tallyman while the model was written:')
  if (!compareTables()) return 1
  await drawPictures()
  say(`
The whole year is there, and the answer is right. Next:
  bin/tallyman show ${result} --rows 20         more of each table
  bin/tallyman plot ${result} languages --where 'tag=#covid19' -o covid19    any other hashtag
  bin/tallyman explain                          what each task did: run it again, and all of it is reused
  bin/tallyman run ${job} "${archive}" --isolation thread --no-reuse    the same digest
  bin/tallyman new words                        a job of your own
Take a day away (mv "${join(archive, 'geoTwitter20-02-20.zip')}" .), run that line again, and the day is missed.
The homework, step by step: docs/guide/homework.md`)
  return 0
}
