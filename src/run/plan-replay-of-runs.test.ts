/** Of attempts that real workers made; by journals that are written for it, see `plan-replay.test.ts`. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute, makeWorkplace } from '../../test/fixtures/real-runs.ts'
import type { MapWork } from '../executor/index.ts'
import type { RunDirectory } from './directory/directory.ts'
import { planReplay } from './plan-replay.ts'

/** A run of a job that does this at the record `bad`, and its attempts in the order that they were begun. */
async function runWith(code: string, files: Readonly<Record<string, string>>, bad = 0, splitBytes = 4) {
  const { write, prepare } = makeWorkplace()
  write(
    'words.job.ts',
    `import { count, defineJob, text } from 'tallyman'
    export default defineJob({ input: text(), reduce: count<string>(), map(line, emit, ctx) {
      if (line === 'bad') { ${code} }
      emit(line)
    } })`,
  )
  for (const [name, content] of Object.entries(files)) write(name, content)
  const run = await prepare({
    job: 'words.job.ts',
    inputs: Object.keys(files),
    splitBytes,
    badRecords: { kind: 'count', count: bad },
  })
  const begun: string[] = []
  await execute(run, (event) => {
    if (event.type === 'attempt-started') begun.push(`${event.task}.${event.attempt}`)
  })
  await run.close()
  return { directory: run.directory, begun }
}

function mapWorkOf(directory: RunDirectory, attempt: string): MapWork {
  const { work } = planReplay(directory, attempt, 'record').replay.attempt
  if (work.kind !== 'map') throw new Error('It is no map attempt.')
  return work
}

describe('planReplay, of runs that were', () => {
  test('knows by the journal how an attempt ended of which nothing else is left', async () => {
    const { directory, begun } = await runWith('process.exit(9)', { 'a.txt': 'bad\n' }, 1)
    for (const name of readdirSync(directory.logFolder))
      if (name.endsWith('.death.json')) rmSync(join(directory.logFolder, name))
    const failed = {
      kind: 'failed',
      message: expect.stringContaining('was ended by the job itself: process.exit(9)'),
    }
    const maps = begun.filter((attempt) => attempt.startsWith('map'))
    expect(maps.length).toBeGreaterThan(2)
    // The last one passed over the record, which is what is to be looked at.
    for (const attempt of maps) {
      const { formerly, replay } = planReplay(directory, attempt, 'record')
      expect(formerly).toEqual(failed)
      expect(replay.attempt.work).toMatchObject({ skip: [], replay: { record: { ordinal: 0, byte: 0 } } })
    }
  })

  test('passes over the records that an attempt was told to, and not the one it died at', async () => {
    const { directory, begun } = await runWith('process.exit(9)', { 'a.txt': 'bad\nbad\n' }, 2, 100)
    const works = begun
      .filter((attempt) => attempt.startsWith('map'))
      .map((attempt) => mapWorkOf(directory, attempt))
    const told = works.map(({ skip, replay }) => [skip.map(({ byte }) => byte), replay?.record.byte])
    expect(told).toContainEqual([[], 0])
    expect(told).toContainEqual([[0], 4])
  })
})
