import { mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute, makeWorkplace, type Workplace } from '../../test/fixtures/real-runs.ts'
import { decodeKey, RecordFileReader } from '../record/index.ts'
import type { HeldRun } from './held-run.ts'
import { type PartSoFar, reduceSoFar } from './reduce-so-far.ts'
import type { RunState } from './state/state.ts'

const wordsJob = `
  import { count, defineJob, sum, text } from 'tallyman'
  export default defineJob({
    input: text(),
    reduce: { words: count<string>(), lengths: sum<string>() },
    map(line, emit) {
      for (const word of line.split(' ')) {
        emit.words(word)
        emit.lengths('all', word.length)
      }
    },
  })`

/** A run of two files, stopped when the first map task is done. */
async function halfWay(): Promise<{ place: Workplace; run: HeldRun; state: RunState }> {
  const place = makeWorkplace()
  place.write('words.job.ts', wordsJob)
  place.write('in/1.txt', 'a b a\n')
  place.write('in/2.txt', 'a c\n')
  const run = await place.prepare({ job: 'words.job.ts', inputs: ['in'], reuse: false, isPolite: false })
  const stop = new AbortController()
  await execute(run, (event) => event.type === 'map-committed' && stop.abort(), stop.signal)
  // As others see it that look on: the run goes on.
  return { place, run, state: { ...run.state, phase: 'map' } }
}

function rowsIn({ file }: PartSoFar): [key: unknown, json: string][] {
  const bytes = readFileSync(file)
  const source = {
    name: file,
    sizeBytes: bytes.length,
    read: (into: Buffer, atByte: number) => bytes.copy(into, 0, atByte),
  }
  const reader = new RecordFileReader(source, 'part')
  const rows: [unknown, string][] = []
  while (reader.next()) {
    const { bytes: block, keyStart, keyEnd, valueStart, valueEnd } = reader
    rows.push([decodeKey(block, keyStart, keyEnd), block.toString('utf8', valueStart, valueEnd)])
  }
  return rows
}

function scratchIn({ folder }: Workplace, name = 'scratch'): string {
  mkdirSync(folder.at(name))
  return folder.at(name)
}

/** What lies in a run's directory, not behind its link to the package: other tests may write there meanwhile. */
function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.map(({ parentPath, name }) => join(parentPath, name)).toSorted()
}

const never = new AbortController().signal

describe('reduceSoFar', () => {
  test('reduces what is committed by now, beside the run, and leaves that as it is', async () => {
    const { place, run, state } = await halfWay()
    const directory = run.directory
    const before = filesIn(run.directory.path)
    const scratch = scratchIn(place)
    const parts = await reduceSoFar(directory, state, { scratch, partitions: 1, stop: never })
    expect(parts?.map((part) => [part.table, rowsIn(part)])).toEqual([
      ['lengths', [['all', '3']]],
      [
        'words',
        [
          ['a', '2'],
          ['b', '1'],
        ],
      ],
    ])
    for (const { file } of parts ?? []) expect(file.startsWith(`${scratch}/`)).toBe(true)
    expect(filesIn(run.directory.path)).toEqual(before)
  })

  test('is null where it was given up, or a file is not as it was written', async () => {
    const { place, run, state } = await halfWay()
    const directory = run.directory
    const given = { partitions: 1, stop: AbortSignal.abort() }
    expect(await reduceSoFar(directory, state, { ...given, scratch: scratchIn(place, 'one') })).toBeNull()
    truncateSync(directory.absolute('committed/map-00000/s0.spill'), 20)
    const whole = { partitions: 1, stop: never }
    expect(await reduceSoFar(directory, state, { ...whole, scratch: scratchIn(place, 'two') })).toBeNull()
  })
})
