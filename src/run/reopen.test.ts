import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lockNameOf } from '../../test/fixtures/lock-name.ts'
import { mapReport, plainFile, planOf } from '../../test/fixtures/plans.ts'
import { execute, makeWorkplace, type Workplace } from '../../test/fixtures/real-runs.ts'
import { startShell } from '../../test/fixtures/shell.ts'
import { requires } from '../../test/requires.ts'
import { onThisMachine } from './coordinator.ts'
import { createRunDirectory, RunDirectory } from './directory/directory.ts'
import { isHeld, takeLock } from './directory/lock.ts'
import type { HeldRun } from './held-run.ts'
import type { CommittedResult, RunEvent } from './journal/events.ts'
import { encodeLine, JournalWriter } from './journal/journal.ts'
import { writePlan } from './plan/plan-file.ts'
import { type ResumeOptions, readRun, resumeRun } from './reopen.ts'
import { totalsOf } from './state/totals.ts'

const wordsJob = `
  import { count, defineJob, text } from 'tallyman'
  export default defineJob({
    input: text(),
    reduce: count<string>(),
    map(line, emit) {
      if (line === 'bad') throw new Error('no')
      for (const word of line.split(' ')) emit(word)
    },
  })`

/** Three map tasks. */
function workplace(): Workplace {
  const place = makeWorkplace()
  place.write('words.job.ts', wordsJob)
  for (const day of ['01', '02', '03']) place.write(`in/2020-01-${day}.txt`, `a b ${day}\n`)
  return place
}

const asked = { job: 'words.job.ts', inputs: ['in'], reuse: false }
const asBefore: ResumeOptions = { accept: [], badRecords: null }
const result: CommittedResult = { directory: '/r', digest: 'sha256:', tables: [], manifestSha256: '' }

/** Executes a run until the event, stops it there, and closes it. */
async function stopAt(run: HeldRun, type: RunEvent['type']): Promise<RunDirectory> {
  const stop = new AbortController()
  await execute(run, (event) => event.type === type && stop.abort(), stop.signal)
  await run.close()
  return run.directory
}

async function resume(directory: RunDirectory, options: ResumeOptions = asBefore): Promise<HeldRun> {
  const run = await resumeRun(directory, options, onThisMachine)
  onTestFinished(() => run.close())
  return run
}

/** A run's directory as a run of three map tasks leaves it that came so far. */
function left(place: Workplace, ...events: readonly RunEvent[]): RunDirectory {
  const directory = createRunDirectory(place.runsFolder, { job: 'a.job.ts', cwd: '/', now: new Date(5000) })
  const plan = planOf([plainFile('a.txt', 30)])
  writePlan(directory.planFile, plan)
  const journal = new JournalWriter(directory.journalFile, 'new')
  journal.append({ type: 'planned', at: 6000, tasks: 3, partitions: 1, inputBytes: 30 })
  for (const event of events) journal.append(event)
  journal.close()
  return directory
}

const mapped: RunEvent = {
  type: 'map-committed',
  at: 7000,
  task: 'map-00001',
  attempt: 1,
  report: mapReport([]),
}
const complete: RunEvent = { type: 'result-committed', at: 8000, result }

/** The bytes of the part files that a run in phase `reduce` has left. */
function partsOf({ directory }: HeldRun): Record<string, string> {
  const folder = directory.absolute('committed')
  const parts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.part'),
  )
  return Object.fromEntries(parts.map((name) => [name, readFileSync(join(folder, name), 'hex')]))
}

describe('readRun', () => {
  test('says that a directory is no run', () => {
    const place = makeWorkplace()
    expect(() => readRun(new RunDirectory(place.folder.path))).toThrow(/is no run of tallyman/)
  })

  test('reads a run that ended before it had a plan', async () => {
    const place = makeWorkplace()
    const now = new Date(5000)
    const directory = createRunDirectory(place.runsFolder, { job: 'a.job.ts', cwd: '/', now })
    const unplanned = { state: null, isHeld: false, lastAt: 5000, journalBytes: 0 }
    expect(readRun(directory)).toMatchObject(unplanned)
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toThrow(/ended before it had a plan/)
    expect(isHeld(directory)).toBe(false)
  })

  test('reads how far a run came, and changes nothing', () => {
    const directory = left(makeWorkplace(), mapped, { type: 'interrupted', at: 9000 })
    const before = readFileSync(directory.journalFile)
    const { state, journalBytes, lastAt } = readRun(directory)
    expect(state).toMatchObject({ phase: 'interrupted', mapStageEnded: false })
    expect(state?.map.toArray().map(({ kind }) => kind)).toEqual(['waiting', 'done', 'waiting'])
    expect(lastAt).toBe(9000)
    expect(journalBytes).toBe(before.length)
    expect(readFileSync(directory.journalFile)).toEqual(before)
    expect(isHeld(directory)).toBe(false)
  })

  test('says that a plan is damaged', () => {
    const directory = left(makeWorkplace())
    const plan = readFileSync(directory.planFile)
    const oneBit = Buffer.from(plan)
    oneBit[plan.indexOf('"partitions":')] = 0x23
    for (const damaged of [plan.subarray(0, 100), oneBit, Buffer.alloc(0), Buffer.concat([plan, plan])]) {
      writeFileSync(directory.planFile, damaged)
      expect(() => readRun(directory)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
    }
  })
})

describe('resumeRun', () => {
  test('goes on with a run that was stopped at any moment, does nothing twice, and gives the same bytes', {
    tags: ['large'],
    timeout: 180_000,
  }, async () => {
    const place = workplace()
    const whole = await place.prepare(asked)
    expect((await execute(whole)).phase).toBe('reduce')
    const moments = [
      'planned',
      'map-committed',
      'map-stage-ended',
      'attempt-started',
      'reduce-committed',
    ] as const
    for (const moment of moments) {
      const directory = await stopAt(await place.prepare(asked), moment)
      const before = readRun(directory).state
      const run = await resume(directory)
      const begun: string[] = []
      const state = await execute(run, (event) => {
        if (event.type === 'attempt-started') begun.push(event.task)
      })
      expect(state.phase).toBe('reduce')
      expect(partsOf(run), `stopped at ${moment}`).toEqual(partsOf(whole))
      for (const [index, task] of (before?.map ?? []).entries())
        if (task.kind === 'done') expect(begun).not.toContain(`map-0000${index}`)
      await run.close()
    }
  })

  test('goes on with a run that was killed between its plan and its journal', {
    tags: ['large'],
    timeout: 60_000,
  }, async () => {
    const place = workplace()
    const whole = await place.prepare(asked)
    await execute(whole)
    for (const half of [null, '', '6ad9f3a7 {"format":"tally']) {
      const directory = await stopAt(await place.prepare(asked), 'planned')
      rmSync(directory.journalFile)
      if (half !== null) writeFileSync(directory.journalFile, half)
      expect(readRun(directory)).toMatchObject({ state: { phase: 'map' }, events: [], journalBytes: 0 })
      const run = await resume(directory)
      expect((await execute(run)).phase).toBe('reduce')
      expect(partsOf(run)).toEqual(partsOf(whole))
      expect(readRun(directory).events.slice(0, 2)).toMatchObject([{ type: 'planned' }, { type: 'resumed' }])
      await run.close()
    }
  })

  test('finishes a refused run with a higher limit of rejected records, mapping nothing again', async () => {
    const place = workplace()
    place.write('in/2020-01-02.txt', 'a\nbad\nb\n')
    const run = await place.prepare(asked)
    expect(await execute(run)).toMatchObject({ phase: 'refused', shortfalls: [{ kind: 'rejected' }] })
    await run.close()
    const again = await resume(run.directory, {
      accept: [],
      badRecords: { kind: 'count', count: 1 },
    })
    const begun: string[] = []
    const state = await execute(again, (event) => {
      if (event.type === 'attempt-started') begun.push(event.task)
    })
    expect(state).toMatchObject({ phase: 'reduce', shortfalls: [{ kind: 'rejected', accepted: true }] })
    expect(begun).toEqual(['reduce-00000'])
  })

  test('finishes a refused run without what is accepted, and keeps saying so when it is stopped once more', async () => {
    const place = workplace()
    rmSync(place.folder.at('in', '2020-01-02.txt'))
    place.write('in/2020-01-02.txt.gz', gzipSync('a b 02\n').subarray(0, 15))
    const run = await place.prepare({ ...asked, inputs: ['in/2020-01-01.txt', 'in/2020-01-02.txt.gz'] })
    expect(await execute(run)).toMatchObject({ phase: 'refused' })
    await run.close()
    const directory = run.directory
    await stopAt(
      await resume(directory, { accept: ['2020-01-02.txt.gz'], badRecords: null }),
      'map-stage-ended',
    )
    const lacking = [{ name: 'in/2020-01-02.txt.gz', accepted: true }]
    expect(readRun(directory).state).toMatchObject({ phase: 'interrupted', shortfalls: lacking })
    const again = await resume(directory)
    expect(await execute(again)).toMatchObject({ phase: 'reduce', shortfalls: lacking })
    expect(again.plan.accept).toEqual(['2020-01-02.txt.gz'])
  })

  test('looks again for an input that was not there, and reads it where it is there now', async () => {
    const place = workplace()
    const [file, away] = [place.folder.at('in', '2020-01-02.txt'), place.folder.at('away.txt')]
    const run = await place.prepare(asked)
    renameSync(file, away)
    const lacking = [{ name: 'in/2020-01-02.txt', accepted: false }]
    expect(await execute(run)).toMatchObject({ phase: 'refused', shortfalls: lacking })
    await run.close()
    const still = await resume(run.directory)
    expect(await execute(still)).toMatchObject({ phase: 'refused', shortfalls: lacking })
    await still.close()
    renameSync(away, file)
    const again = await resume(run.directory)
    const begun: string[] = []
    const state = await execute(again, (event) => {
      if (event.type === 'attempt-started') begun.push(event.task)
    })
    expect(state).toMatchObject({ phase: 'reduce', shortfalls: [] })
    expect(begun).toEqual(['map-00001', 'reduce-00000'])
    expect(totalsOf(state)).toMatchObject({ records: 3, rejected: 0 })
    expect(readRun(run.directory).state).toEqual(state)
  })

  test('cuts off the half line that a crash left, and leads the job to the tallyman that runs it now', async () => {
    const directory = await stopAt(await workplace().prepare(asked), 'map-committed')
    appendFileSync(directory.journalFile, '0123abcd {"type":"map-comm')
    const link = directory.absolute('node_modules/tallyman')
    rmSync(link)
    symlinkSync('/nowhere/tallyman', link)
    const run = await resume(directory)
    expect((await execute(run)).phase).toBe('reduce')
    expect(readRun(directory).state?.phase).toBe('reduce')
  })

  test('refuses a run that a process is at work on', async () => {
    const directory = left(makeWorkplace(), mapped)
    takeLock(directory)
    const before = readFileSync(directory.journalFile)
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toMatchObject({ code: 'usage' })
    expect(readFileSync(directory.journalFile)).toEqual(before)
    expect(readRun(directory).isHeld).toBe(true)
  })

  test('refuses a run that is complete, and lets go of it', async () => {
    const directory = left(makeWorkplace(), mapped, complete)
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('is complete; there is nothing left to do.'),
    })
    expect(isHeld(directory)).toBe(false)
  })

  test('refuses a run that another version of tallyman began, and lets go of it', async () => {
    const directory = left(workplace(), mapped)
    writePlan(directory.planFile, { ...planOf([plainFile('a.txt', 30)]), engine: '0.0.9' })
    const error = await resumeRun(directory, asBefore, onThisMachine).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/was begun by tallyman 0\.0\.9; this is \d/),
      wayOut: expect.stringContaining('start the run again'),
    })
    expect(isHeld(directory)).toBe(false)
  })

  test('refuses a run that was begun in another time zone or language, and says how to go on', async () => {
    const directory = left(workplace(), mapped)
    writePlan(directory.planFile, { ...planOf([plainFile('a.txt', 30)]), surroundings: 'Asia/Seoul, ko_KR' })
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('by which dates and texts may look: Asia/Seoul, ko_KR; here it is '),
      wayOut: expect.stringContaining('TZ=Asia/Seoul LC_ALL=ko_KR.UTF-8 tallyman resume '),
    })
    expect(isHeld(directory)).toBe(false)
  })

  test('refuses to go on with another job than the one that was begun', async () => {
    const directory = await stopAt(await workplace().prepare(asked), 'map-committed')
    writeFileSync(directory.bundleFile, readFileSync(directory.bundleFile, 'utf8').replace('"bad"', '"bat"'))
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toMatchObject({
      code: 'file-damaged',
      message: expect.stringContaining(`${directory.bundleFile}, is not as it was written`),
    })
    expect(isHeld(directory)).toBe(false)
    rmSync(directory.bundleFile)
    await expect(resumeRun(directory, asBefore, onThisMachine)).rejects.toMatchObject({
      code: 'file-damaged',
      message: expect.stringContaining('cannot be read'),
    })
  })

  test('refuses what is no run, and makes no lock there', async () => {
    const place = makeWorkplace()
    await expect(
      resumeRun(new RunDirectory(place.folder.path), asBefore, onThisMachine),
    ).rejects.toMatchObject({
      code: 'not-found',
    })
    expect(readdirSync(place.folder.path)).toEqual([])
  })

  test.skipIf(!requires('/proc', existsSync('/proc/self/stat')))(
    'keeps what the holder of a run writes until it lets go',
    async () => {
      const place = makeWorkplace()
      const directory = left(place, mapped)
      mkdirSync(directory.lockFolder)
      const line = encodeLine(
        complete,
        readFileSync(directory.journalFile, 'utf8').trimEnd().split('\n').at(-1) ?? '',
      )
      const shell = startShell(
        'while [ ! -e "$GO" ]; do sleep 0.02; done; printf "%s" "$LINE" >> "$JOURNAL"; rm "$LOCK"/*; sleep 60',
        { GO: place.folder.at('go'), LINE: line, JOURNAL: directory.journalFile, LOCK: directory.lockFolder },
      )
      writeFileSync(join(directory.lockFolder, lockNameOf(shell.pid)), '')
      writeFileSync(place.folder.at('go'), '')
      let refusal: unknown
      do {
        refusal = await resumeRun(directory, asBefore, onThisMachine).catch((error: Error) => error.message)
      } while (String(refusal).includes('is held'))
      expect(refusal).toContain('is complete')
      expect(readFileSync(directory.journalFile, 'utf8').endsWith(line)).toBe(true)
    },
  )
})
