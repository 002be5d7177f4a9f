import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { execute, makeWorkplace } from '../../test/fixtures/real-runs.ts'
import { answerSoFar } from './answer-so-far.ts'

const job = `
  import { count, defineJob, max, text } from 'tallyman'
  export default defineJob({
    input: text(),
    reduce: { words: count<string>(), longest: max() },
    charts: [{ name: 'often', kind: 'bars', table: 'words', x: 'key', top: 2 }, { name: 'none', kind: 'bars', table: 'words', x: 'key', where: { key: 'nowhere' } }],
    map(line, emit) {
      for (const word of line.split(' ')) { emit.words(word); emit.longest(word[0], word.length) }
    },
  })`

const scratches = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('tallyman-so-far-'))

/** Not with names alone: that would follow the link to the package, and all that lies there. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.map(({ parentPath, name }) => join(parentPath, name)).sort()
}

test('answerSoFar is the answer over what is mapped, largest values first, and leaves the run and no file behind', async () => {
  const place = makeWorkplace()
  place.write('words.job.ts', job)
  place.write('in/a.txt', 'b a b\n')
  place.write('in/b.txt', 'a ccc b\n')
  place.write('in/c.txt', 'zzzz\n')
  const run = await place.prepare({ job: 'words.job.ts', inputs: ['in'], reuse: false, isPolite: false })
  const directory = run.directory
  expect(await answerSoFar(directory, run.state, 3)).toBeNull()
  const stop = new AbortController()
  let done = 0
  await execute(
    run,
    ({ type }) => void (type === 'map-committed' && ++done === 2 && stop.abort()),
    stop.signal,
  )
  const before = filesBelow(run.directory.path)
  const known = scratches()
  const answer = await answerSoFar(directory, run.state, 2)
  const [often, none] = answer?.charts ?? []
  expect(often).toMatchObject({
    name: 'often',
    unit: 'count',
    content: {
      kind: 'bars',
      panels: [
        {
          bars: [
            { label: 'b', total: 3 },
            { label: 'a', total: 2 },
          ],
        },
      ],
    },
    notes: ['1 other, together 1.'],
    warnings: ['Not the result: the answer so far, of 2 of 3 map tasks, 73 % of the input.'],
    source: expect.stringMatching(/^words · run \S+ · so far$/),
  })
  expect(none).toEqual({
    name: 'none',
    refused: {
      message: 'Chart none: no row of table words is nowhere.',
      wayOut: 'Look what there is: tallyman show RESULT --table words',
    },
  })
  expect(answer).toEqual({
    charts: [often, none],
    tasks: 2,
    tasksOf: 3,
    readBytes: 14,
    inputBytes: 19,
    partitions: 1,
    partitionsOf: 1,
    tables: [
      {
        name: 'longest',
        rows: 3,
        top: [
          { key: ['"c"'], value: '3' },
          { key: ['"a"'], value: '1' },
        ],
      },
      {
        name: 'words',
        rows: 3,
        top: [
          { key: ['"b"'], value: '3' },
          { key: ['"a"'], value: '2' },
        ],
      },
    ],
  })
  expect(filesBelow(run.directory.path)).toEqual(before)
  expect(scratches()).toEqual(known)
  expect((await execute(await place.prepare({ job: 'words.job.ts', inputs: ['in'] }))).phase).toBe('reduce')
}, 240_000)
