import { existsSync, readdirSync, truncateSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Asked, makeWorkplace, optionsOf, type Workplace } from '../../test/fixtures/real-runs.ts'
import { TallymanError } from '../errors.ts'
import { isHeld } from './directory/lock.ts'
import { inspectJob } from './prepare.ts'
import { readRun } from './reopen.ts'

const wordsJob = `
  import { count, defineJob, text } from 'tallyman'
  import * as z from 'zod'
  export default defineJob({
    description: 'Counts words.',
    input: text(),
    reduce: count<string>(),
    params: { least: z.coerce.number().int().default(1), from: z.string() },
    map(line, emit, { params }) {
      for (const word of line.split(' ')) if (word.length >= params.least) emit(word)
    },
  })`

function workplace(): Workplace {
  const place = makeWorkplace()
  place.write('words.job.ts', wordsJob)
  place.write('texts/a.txt', 'a b\n'.repeat(10))
  place.write('texts/b.txt', 'c\n')
  return place
}

const asked = { job: 'words.job.ts', inputs: ['texts'], params: { from: 'x', least: '2' } }

async function failureOf(place: Workplace, more: Partial<Asked>): Promise<TallymanError> {
  try {
    await place.prepare({ ...asked, ...more })
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
  throw new Error('It was prepared.')
}

describe('prepareRun', () => {
  test('leaves a plan on disk, and a journal that begins', async () => {
    const place = workplace()
    const run = await place.prepare({ ...asked, splitBytes: 16, workers: 2, accept: ['2020-02-20'] })
    const { plan } = run
    expect(plan.job).toMatchObject({
      path: 'words.job.ts',
      file: place.folder.at('words.job.ts'),
      params: { from: 'x', least: 2 },
      typedParams: { from: 'x', least: '2' },
      codeSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      description: { description: 'Counts words.', tables: [{ name: 'result', kind: 'count' }] },
    })
    expect(plan.discovery.files.map(({ path }) => path)).toEqual(['texts/a.txt', 'texts/b.txt'])
    expect(plan.splits.map((split) => split.kind === 'range' && split.endByte - split.startByte)).toEqual([
      16, 16, 8, 2,
    ])
    expect(plan).toMatchObject({ workers: 2, partitions: 1, accept: ['2020-02-20'], splitBytes: 16 })
    const { state, isHeld } = readRun(run.directory)
    expect(state?.plan).toEqual(plan)
    expect(state).toEqual(run.state)
    expect(isHeld).toBe(true)
  })

  test('reads no record', async () => {
    const place = workplace()
    place.write('words.job.ts', wordsJob.replace('for (', `throw new Error('no'); for (`))
    const run = await place.prepare(asked)
    expect(run.state.map.toArray().every(({ attempts }) => attempts === 0)).toBe(true)
  })

  test('takes more than one partition only for much input, however few workers there are', {
    tags: ['large'],
  }, async () => {
    const place = workplace()
    expect((await place.prepare({ ...asked, workers: 3 })).plan.partitions).toBe(1)
    truncateSync(place.folder.at('texts', 'a.txt'), 20 * 2 ** 20)
    const [one, three] = [
      await place.prepare({ ...asked, workers: 1 }),
      await place.prepare({ ...asked, workers: 3 }),
    ]
    expect(one.plan.partitions).toBeGreaterThan(1)
    expect(three.plan.partitions).toBe(one.plan.partitions)
  })

  test('lets go of the run when it is closed, twice if need be, and removes it when it is discarded', async () => {
    const run = await workplace().prepare(asked)
    const directory = run.directory
    await run.close()
    await run.close()
    expect(isHeld(directory)).toBe(false)
    expect(existsSync(directory.path)).toBe(true)
    await run.discard()
    expect(existsSync(directory.path)).toBe(false)
  })

  test.each<[string, Partial<Asked>, Partial<TallymanError>]>([
    [
      'a job file that is not there',
      { job: 'word.job.ts' },
      {
        code: 'not-found',
        message: 'Job file "word.job.ts" does not exist.',
        wayOut: 'There is "words.job.ts".',
      },
    ],
    [
      'a folder',
      { job: '.' },
      {
        code: 'not-found',
        message: 'Job "." is a directory; a job is a file.',
        wayOut: 'There is "words.job.ts".',
      },
    ],
    [
      'a file that exports no job',
      { job: 'texts/none.ts' },
      { code: 'job-invalid', message: 'texts/none.ts has no default export.' },
    ],
    [
      'a file that throws',
      { job: 'texts/throws.ts' },
      { code: 'job-invalid', message: 'texts/throws.ts could not be loaded: not today' },
    ],
    ['a file that does not compile', { job: 'texts/wrong.ts' }, { code: 'job-invalid' }],
    ['a parameter that is missing', { params: {} }, { code: 'param-invalid' }],
    ['a parameter that is wrong', { params: { from: 'x', least: 'some' } }, { code: 'param-invalid' }],
    ['inputs that are not there', { inputs: ['nothing.txt'] }, { code: 'input-missing' }],
    ['memory that is too little', { memoryBytes: 1000 }, { code: 'usage' }],
  ])('says what is wrong with %s, and leaves nothing behind', async (_, more, error) => {
    const place = workplace()
    place.write('texts/none.ts', 'export const job = 1')
    place.write('texts/throws.ts', `throw new Error('not today')`)
    place.write('texts/wrong.ts', 'export default {')
    expect(await failureOf(place, more)).toMatchObject(error)
    if (existsSync(place.runsFolder)) expect(readdirSync(place.runsFolder)).toEqual([])
  })
})

describe('inspectJob', () => {
  test('describes a job whose parameters are not given, and leaves nothing behind', async () => {
    const place = workplace()
    const description = await inspectJob(optionsOf(asked, place.folder.path), place.runsFolder)
    expect(description).toMatchObject({
      description: 'Counts words.',
      params: [
        { name: 'least', required: false, default: 1 },
        { name: 'from', required: true },
      ],
    })
    expect(readdirSync(place.runsFolder)).toEqual([])
  })
})
