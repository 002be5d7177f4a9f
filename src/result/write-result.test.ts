import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { execute, makeWorkplace } from '../../test/fixtures/real-runs.ts'
import type { HeldRun } from '../run/index.ts'
import { writeResult } from './write-result.ts'

/** A run whose tasks are done, in a folder where nothing is but its job and its input, and what the test has put there. */
async function done(workplace = makeWorkplace()): Promise<{ run: HeldRun; target: string }> {
  const { folder, write, prepare } = workplace
  write(
    'lines.job.ts',
    `import { count, defineJob, text } from 'tallyman'
     export default defineJob({ input: text(), reduce: count<string>(), map: (line, emit) => emit(line) })`,
  )
  write('a.txt', 'x\ny\nx\n')
  const run = await prepare({ job: 'lines.job.ts', inputs: ['a.txt'] })
  expect((await execute(run)).phase).toBe('reduce')
  return { run, target: folder.at('out') }
}

const asJsonl = { format: 'jsonl', headRows: 0 } as const

test('keeps a file that somebody puts beside the older result while the new one is written', async () => {
  const workplace = makeWorkplace()
  const first = await done(workplace)
  const { target } = first
  await writeResult(first.run, { target, ...asJsonl })
  const { run } = await done(workplace)
  // Its id is asked for once it is known that nothing stands in the way.
  const meddled: HeldRun = Object.create(run, {
    id: {
      get: () => {
        writeFileSync(`${target}/notes.md`, 'weeks of work')
        return run.id
      },
    },
  })
  await expect(writeResult(meddled, { target, ...asJsonl })).rejects.toMatchObject({
    code: 'result-exists',
    message: expect.stringContaining('holds "notes.md" beside an older result'),
  })
  expect(readdirSync(target).sort()).toEqual(['manifest.json', 'notes.md', 'result.jsonl'])
  expect(readdirSync(workplace.folder.path).filter((name) => /\.(new|old)$/.test(name))).toEqual([])
})

test('leaves nothing beside the place, nor what killed runs have left there', async () => {
  const workplace = makeWorkplace()
  const { run, target } = await done(workplace)
  const left = ['new', 'old'].map((what) => `.out.20201231-235959-lines.${what}`)
  for (const name of left) workplace.write(`${name}/result.jsonl`, '{"key":')
  await writeResult(run, { target, ...asJsonl })
  expect(left.filter((name) => existsSync(workplace.folder.at(name)))).toEqual([])
  expect(readFileSync(`${target}/result.jsonl`, 'utf8')).toBe(
    '{"key":"x","value":2}\n{"key":"y","value":1}\n',
  )
})
