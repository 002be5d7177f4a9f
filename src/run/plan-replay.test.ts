import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mapReport, plainFile, planOf, reduceReport, zipFile } from '../../test/fixtures/plans.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import type { Fault } from '../errors.ts'
import { deathFile } from '../executor/index.ts'
import type { RecordPlace, Spill } from '../flow/index.ts'
import { createRunDirectory, type RunDirectory } from './directory/directory.ts'
import type { RunEvent } from './journal/events.ts'
import { JournalWriter } from './journal/journal.ts'
import type { Plan } from './plan/plan.ts'
import { writePlan } from './plan/plan-file.ts'
import { planReplay } from './plan-replay.ts'

const died: Fault = { code: 'worker-died', message: 'The worker died.' }

/** A run whose process is gone, which came so far. Its input is three pieces of a file, and two members of an archive. */
function left(
  events: readonly RunEvent[],
  more: Partial<Plan> = {},
): { directory: RunDirectory; plan: Plan } {
  const folder = tempFolder()
  onTestFinished(() => folder.remove())
  const now = new Date('2020-12-31T23:59:59Z')
  const directory = createRunDirectory(folder.path, { job: 'words.job.ts', cwd: '/home/ada', now })
  const code = 'export default 1'
  writeFileSync(directory.bundleFile, code)
  const made = planOf([plainFile('a.txt', 30), zipFile('b.zip', ['m', 'n'])], more)
  const codeSha256 = createHash('sha256').update(code).digest('hex')
  const plan = { ...made, job: { ...made.job, codeSha256 } }
  writePlan(directory.planFile, plan)
  const journal = new JournalWriter(directory.journalFile, 'new')
  journal.append({ type: 'planned', at: 1, tasks: 5, partitions: 1, inputBytes: 30 })
  for (const event of events) journal.append(event)
  journal.close()
  return { directory, plan }
}

function started(task: string, attempt = 1): RunEvent {
  return { type: 'attempt-started', at: 2, task, attempt, seat: 0 }
}

function failed(task: string, attempt: number, place?: RecordPlace, message = died.message): RunEvent {
  const fault = { ...died, message }
  return { type: 'attempt-failed', at: 3, task, attempt, fault, charged: true, ...(place && { place }) }
}

function committed(task: string, attempt = 1, spills: readonly Spill[] = []): RunEvent {
  return { type: 'map-committed', at: 4, task, attempt, report: mapReport([], { spills }) }
}

/** What is left of an attempt that died, with the work it had. */
function leaveDeath(directory: RunDirectory, attempt: string, more: object): void {
  const record = {
    format: 'tallyman death',
    version: 1,
    attempt: {
      id: attempt,
      directory: `attempts/${attempt}`,
      work: { kind: 'reduce', spills: [], recordsExpected: 0 },
    },
    fault: { ...died, message: 'It was told to.' },
    record: null,
    limits: { heapBytes: 12_345 },
    ...more,
  }
  writeFileSync(deathFile(directory.logFolder, attempt), JSON.stringify(record))
}

describe('planReplay', () => {
  test('has an attempt run again as it was, changes nothing, and says what it reads', () => {
    const { directory, plan } = left([started('map-00001'), committed('map-00001')])
    const { replay, run, task, formerly } = planReplay(directory, 'map-00001.1', 'whole')
    expect(replay).toEqual({
      order: {
        bundleFile: directory.bundleFile,
        jobName: plan.job.path,
        runDirectory: directory.path,
        params: plan.job.typedParams,
        resolved: { params: plan.job.params, encodedParams: plan.job.encodedParams },
      },
      attempt: {
        id: 'map-00001.1',
        directory: 'attempts/map-00001.1',
        work: {
          kind: 'map',
          splits: [plan.splits[1]],
          partitions: 1,
          combineBytesMax: plan.memory.combineBytesMax,
          skip: [],
          careful: true,
        },
      },
      heapBytes: plan.memory.workerHeapBytes,
      limits: { memoryBytes: plan.memory.totalBytes, processesMax: 64 },
      patienceMs: plan.taskTimeoutMs,
      environment: {},
      cwd: '/home/ada',
    })
    expect([run, formerly]).toEqual(['20201231-235959-words', { kind: 'well' }])
    expect(task).toContain('a.txt')
  })

  test('notes no record where all is to be as it was', () => {
    const { directory } = left([started('map-00000'), failed('map-00000', 1, { ordinal: 0, byte: 4 })])
    expect(planReplay(directory, 'map-00000.1', 'as-then').replay.attempt.work).toMatchObject({
      careful: false,
    })
    expect(planReplay(directory, 'map-00000.1', 'as-then').replay.attempt.work).not.toHaveProperty('replay')
  })

  test('refuses an attempt that the run does not have, or no run has', () => {
    const { directory } = left([started('map-00000')])
    for (const attempt of ['map-00000.2', 'map-00001.1', 'nonsense'])
      expect(() => planReplay(directory, attempt, 'record')).toThrow(
        expect.objectContaining({
          code: 'not-found',
          message: `Run 20201231-235959-words has no attempt ${JSON.stringify(attempt)}.`,
          wayOut: expect.stringContaining('map-00012.1'),
        }),
      )
    rmSync(directory.planFile)
    expect(() => planReplay(directory, 'map-00000.1', 'record')).toThrow(/has no attempt/)
  })

  test('refuses a run whose job is not the one it began with any more, or is gone', () => {
    const { directory } = left([started('map-00000')])
    const refusal = (what: string) =>
      expect.objectContaining({
        code: 'file-damaged',
        message: expect.stringContaining(`The job of the run, ${directory.bundleFile}, ${what}`),
        wayOut: expect.stringContaining('start the run again'),
      })
    writeFileSync(directory.bundleFile, 'export default 2')
    expect(() => planReplay(directory, 'map-00000.1', 'record')).toThrow(refusal('is not as it was written.'))
    rmSync(directory.bundleFile)
    expect(() => planReplay(directory, 'map-00000.1', 'record')).toThrow(refusal('cannot be read: ENOENT'))
  })

  describe('at a record', () => {
    const place = { ordinal: 0, byte: 4 }

    test('at which it died, as what is left of it says: only that one is mapped, or all up to there', () => {
      const { directory, plan } = left([started('map-00000'), failed('map-00000', 1)])
      const work = {
        kind: 'map',
        splits: plan.splits.slice(0, 2),
        partitions: 9,
        combineBytesMax: 77,
        skip: [
          { ...place, reason: 'it was to be passed over' },
          { ordinal: 0, byte: 5, reason: 'so was this one' },
          { ordinal: 1, byte: 4, reason: 'and this one' },
        ],
        careful: false,
      }
      const attempt = { id: 'map-00000.1', directory: 'attempts/map-00000.1', work }
      leaveDeath(directory, 'map-00000.1', { attempt, record: place })
      const { replay, formerly } = planReplay(directory, 'map-00000.1', 'record')
      expect(replay.attempt.work).toEqual({
        ...work,
        careful: true,
        splits: [plan.splits[0]],
        skip: work.skip.slice(1),
        replay: { record: place, alone: true },
      })
      expect(replay.heapBytes).toBe(12_345)
      expect(formerly).toEqual({ kind: 'failed', message: 'It was told to.' })
      expect(planReplay(directory, 'map-00000.1', 'whole').replay.attempt.work).toMatchObject({
        splits: plan.splits.slice(0, 2),
        replay: { record: place, alone: false },
      })
    })

    test('at which another attempt at the task died, and it is said what that died of', () => {
      const { directory } = left([
        started('map-00001'),
        failed('map-00001', 1, { ordinal: 1, byte: 4 }, 'Another task.'),
        failed('map-00002', 1, { ordinal: 0, byte: 9 }, 'Another record.'),
        started('map-00000', 1),
        failed('map-00000', 1, undefined, 'The first.'),
        started('map-00000', 2),
        failed('map-00000', 2, place, 'The second.'),
        started('map-00000', 3),
        committed('map-00000', 3),
      ])
      const [first, third] = [1, 3].map((attempt) => planReplay(directory, `map-00000.${attempt}`, 'record'))
      for (const one of [first, third])
        expect(one?.replay.attempt.work).toMatchObject({ replay: { record: place, alone: true } })
      expect(first?.formerly).toEqual({ kind: 'failed', message: 'The first.' })
      expect(third?.formerly).toEqual({ kind: 'failed', message: 'The second.' })
    })

    test('that it rejected first, by its own list or the list of the run', () => {
      const { directory } = left([started('map-00001'), committed('map-00001'), started('map-00004')])
      const rejected = (path: string, member: string | null, byte: number): string =>
        `${JSON.stringify({ path, member, byte })}\n`
      const lines = [
        rejected('a.txt', null, 9),
        rejected('elsewhere.txt', null, 12),
        rejected('b.zip', 'm', 12),
        rejected('a.txt', null, 10),
        rejected('a.txt', null, 15),
        rejected('b.zip', 'n', 3),
      ]
      writeFileSync(directory.rejectedFile, lines.join(''))
      const recordOf = (attempt: string): unknown => {
        const { work } = planReplay(directory, attempt, 'record').replay.attempt
        return work.kind === 'map' ? work.replay?.record : null
      }
      // Byte 10 begins the second piece; the first member of the archive is not its second one.
      expect(recordOf('map-00001.1')).toEqual({ ordinal: 1, byte: 10 })
      expect(recordOf('map-00004.1')).toEqual({ ordinal: 4, byte: 3 })
      expect(planReplay(directory, 'map-00001.1', 'record').formerly).toEqual({ kind: 'unknown' })
      const own = directory.absolute(directory.relativeCommittedFolder('map-00001'))
      mkdirSync(own)
      writeFileSync(join(own, 'rejected.jsonl'), rejected('a.txt', null, 15))
      expect(recordOf('map-00001.1')).toEqual({ ordinal: 1, byte: 15 })
      // Half a line is left of what was written when the disk was full.
      writeFileSync(join(own, 'rejected.jsonl'), '{"path":"a.txt"')
      expect(recordOf('map-00001.1')).toBeUndefined()
    })

    test('or all of them where nothing is known of one', () => {
      const { directory } = left([started('map-00000'), failed('map-00000', 1)])
      const { replay, formerly } = planReplay(directory, 'map-00000.1', 'record')
      expect(replay.attempt.work).not.toHaveProperty('replay')
      expect(formerly).toEqual({ kind: 'failed', message: 'The worker died.' })
    })
  })

  test('says nothing of how an attempt ended that has not, or of another attempt', () => {
    const { directory } = left([
      started('map-00000', 1),
      started('map-00001', 1),
      started('map-00001', 2),
      committed('map-00001', 2),
      failed('map-00002', 1),
    ])
    for (const attempt of ['map-00000.1', 'map-00001.1'])
      expect(planReplay(directory, attempt, 'whole').formerly).toEqual({ kind: 'unknown' })
    expect(planReplay(directory, 'map-00001.2', 'whole').formerly).toEqual({ kind: 'well' })
    expect(() => planReplay(directory, 'map-00002.1', 'whole')).toThrow(/has no attempt/)
  })

  describe('of a reduce task', () => {
    const spill: Spill = { partition: 0, name: 's0.spill', atByte: 0, bytes: 7, records: 3, crc32: 1 }
    const tasks = [0, 1, 2, 3, 4].map((index) => `map-0000${index}`)
    const mapped: RunEvent[] = tasks.map((task) => committed(task, 1, [spill]))
    const stage: RunEvent = { type: 'map-stage-ended', at: 5, accepted: [] }
    const reduced: RunEvent = {
      type: 'reduce-committed',
      at: 6,
      task: 'reduce-00000',
      attempt: 1,
      report: reduceReport(15),
    }

    function writeSpills(directory: RunDirectory): void {
      for (const task of tasks) {
        const folder = directory.absolute(directory.relativeCommittedFolder(task))
        mkdirSync(folder)
        writeFileSync(join(folder, 's0.spill'), 'spilled')
      }
    }

    test('merges what the map tasks wrote', () => {
      const { directory } = left([...mapped, stage, started('reduce-00000'), reduced])
      writeSpills(directory)
      const { replay, formerly, task } = planReplay(directory, 'reduce-00000.1', 'record')
      expect(replay.attempt.work).toEqual({
        kind: 'reduce',
        spills: tasks.map((name) => ({ name: `committed/${name}/s0.spill`, atByte: 0, bytes: 7 })),
        recordsExpected: 15,
      })
      expect([formerly, task]).toEqual([{ kind: 'well' }, 'reduce-00000'])
    })

    test('is refused where something of that is gone, or is not there yet', () => {
      const { directory } = left([...mapped, stage, started('reduce-00000'), reduced])
      writeSpills(directory)
      rmSync(directory.absolute('committed/map-00003'), { recursive: true })
      const wayOut = expect.stringContaining('run the job again')
      const refusal = (what: string) =>
        expect.objectContaining({
          code: 'not-found',
          message: `What the map tasks wrote for partition 0 is not there: ${what}.`,
          wayOut,
        })
      expect(() => planReplay(directory, 'reduce-00000.1', 'whole')).toThrow(
        refusal('committed/map-00003/s0.spill'),
      )
      const lost: RunEvent = { type: 'output-lost', at: 7, task: 'map-00002', fault: died }
      const again = left([...mapped, stage, started('reduce-00000'), lost])
      writeSpills(again.directory)
      expect(() => planReplay(again.directory, 'reduce-00000.1', 'whole')).toThrow(
        refusal('they are not all done'),
      )
    })
  })
})
