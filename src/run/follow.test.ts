import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { quotedIn, readPage } from '../../test/fixtures/pages.ts'
import { execute, makeWorkplace } from '../../test/fixtures/real-runs.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { createRunDirectory } from './directory/directory.ts'
import { LiveProgress } from './directory/live-progress.ts'
import { RunFollower } from './follow.ts'
import type { NoteEvent, ProgressEvent, RunEvent } from './journal/events.ts'
import { encodeLine, JournalWriter } from './journal/journal.ts'
import { JournalTail } from './journal/journal-tail.ts'
import { readRun } from './reopen.ts'

const started = (task: number): RunEvent => ({
  type: 'attempt-started',
  at: task,
  task: `map-0000${task}`,
  attempt: 1,
  seat: 0,
})

/** A line of a file, counted from 0. */
function lineOf(file: string, index: number): string {
  return readFileSync(file, 'utf8').split('\n')[index] ?? ''
}

describe('JournalTail', () => {
  test('gives each event once, as soon as its line is whole', () => {
    const folder = tempFolder()
    const file = folder.at('journal.jsonl')
    const tail = new JournalTail(file)
    expect(tail.next()).toEqual([])
    const writer = new JournalWriter(file, 'new')
    expect(tail.next()).toEqual([])
    writer.append(started(1))
    writer.append(started(2))
    expect(tail.next()).toEqual([started(1), started(2)])
    expect(tail.next()).toEqual([])
    const line = encodeLine(started(3), encodeLine(started(2), lineOf(file, 1)))
    for (const byte of Buffer.from(line.slice(0, -1))) {
      appendFileSync(file, Buffer.of(byte))
      expect(tail.next()).toEqual([])
    }
    appendFileSync(file, '\n')
    expect(tail.next()).toEqual([started(3)])
    writer.close()
    folder.remove()
  })

  test('gives on what the system says of a journal that cannot be opened', () => {
    const folder = tempFolder()
    writeFileSync(folder.at('file'), '')
    expect(() => new JournalTail(folder.at('file', 'journal.jsonl')).next()).toThrow('ENOTDIR')
    folder.remove()
  })

  test('refuses a line that is not as it was written', () => {
    const folder = tempFolder()
    const file = folder.at('journal.jsonl')
    new JournalWriter(file, 'new').close()
    const header = readFileSync(file, 'utf8')
    const line = encodeLine(started(1), header)
    for (const damaged of [line.replace('map', 'mop'), line.replace('{', '['), '\n', header]) {
      writeFileSync(file, header + damaged)
      expect(() => new JournalTail(file).next()).toThrow(
        expect.objectContaining({ code: 'file-damaged', message: `${file}, line 2: the checksum is wrong.` }),
      )
    }
    folder.remove()
  })

  test('refuses a journal of another version for that reason', () => {
    const folder = tempFolder()
    const file = folder.at('journal.jsonl')
    writeFileSync(file, encodeLine({ format: 'tallyman journal', version: 1 }, ''))
    expect(() => new JournalTail(file).next()).toThrow(/is of version 1; .* reads 2/)
    folder.remove()
  })
})

type Told = RunEvent | ProgressEvent | NoteEvent

describe('RunFollower', () => {
  test('knows nothing of a run without a plan yet', () => {
    const folder = tempFolder()
    const directory = createRunDirectory(folder.at('runs'), {
      job: 'words.job.ts',
      cwd: '/',
      now: new Date(0),
    })
    const unplanned = { isHeld: false, state: null, live: null }
    expect(new RunFollower(directory).look(() => undefined)).toEqual(unplanned)
    folder.remove()
  })

  test('tells what happens to a run, and how far its attempts are, as its own observer is told', async () => {
    const { write, prepare } = makeWorkplace()
    write(
      'words.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      export default defineJob({ input: text(), reduce: count<string>(), map: (line, emit) => emit(line) })`,
    )
    write('a.txt', 'a\nb\nc\n')
    const run = await prepare({ job: 'words.job.ts', inputs: ['a.txt'], splitBytes: 2 })
    const directory = run.directory
    const follower = new RunFollower(directory)
    const told: Told[] = []
    const look = () => follower.look((event) => void told.push(event))
    expect(look()).toMatchObject({ isHeld: true, state: { phase: 'map' } })
    expect(told).toMatchObject([{ type: 'planned' }])

    const live = new LiveProgress(run, 0)
    const events: RunEvent[] = []
    await execute(run, (event, state) => {
      events.push(event)
      expect(look().state?.phase).toBe(state.phase)
      expect(told.at(-1)).toEqual(event)
    })
    expect(told).toEqual(events)

    const at = Date.now() + 1000
    const counts = { readBytes: 3, bytes: 3, records: 2, rejected: 0, groups: 0 }
    const progress: ProgressEvent = { type: 'progress', at, task: 'map-00000', attempt: 1, ...counts }
    live.observe(progress)
    look()
    expect(told.slice(events.length)).toEqual([progress])
    const { attempts, note: none, ...rest } = JSON.parse(readFileSync(directory.progressFile, 'utf8'))
    expect([attempts, none]).toEqual([[progress], null])
    const described = quotedIn(readPage('run-directory.md').split('## logs/progress.json')[1] ?? '')
    for (const field of ['attempts[]', 'note', ...Object.keys(rest), ...Object.keys(progress)])
      expect(described).toContain(field)
    const note: NoteEvent = { type: 'note', at, message: 'A worker is paused.' }
    await new Promise((resolve) => setTimeout(resolve, 2))
    live.observe(note)
    look()
    look()
    expect(told.slice(events.length)).toEqual([progress, progress, note])
    live.end()
    expect(existsSync(directory.progressFile)).toBe(false)

    await run.close()
    expect(look()).toEqual({ isHeld: false, state: readRun(directory).state, live: null })
    rmSync(run.directory.path, { recursive: true })
    expect(look).toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  test('passes over the progress that a session which was killed has left', async () => {
    const { write, prepare } = makeWorkplace()
    write(
      'words.job.ts',
      `import { count, defineJob, text } from 'tallyman'
      export default defineJob({ input: text(), reduce: count<string>(), map: (line, emit) => emit(line) })`,
    )
    write('a.txt', 'a\n')
    const run = await prepare({ job: 'words.job.ts', inputs: ['a.txt'] })
    const directory = run.directory
    const counts = { readBytes: 1, bytes: 1, records: 1, rejected: 0, groups: 0 }
    const live = new LiveProgress(run, 0)
    live.observe({ type: 'progress', at: 1, task: 'map-00000', attempt: 1, ...counts })
    const told: Told[] = []
    const { at, ...rest } = JSON.parse(readFileSync(directory.progressFile, 'utf8'))
    writeFileSync(directory.progressFile, JSON.stringify({ ...rest, at: at - 3_600_000 }))
    new RunFollower(directory).look((event) => void told.push(event))
    expect(told).toMatchObject([{ type: 'planned' }])
    for (const text of ['', '{', '{"format":"tallyman progress","version":2}']) {
      writeFileSync(directory.progressFile, text)
      expect(new RunFollower(directory).look(() => undefined).isHeld).toBe(true)
    }
  })
})
