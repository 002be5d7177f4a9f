/** Reads the pages about runs, and holds the code to them: every path, every field, every example. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { crc32, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { packSplits, planSplits } from '../../src/input/index.ts'
import { writeResult } from '../../src/result/index.ts'
import { createRunDirectory, RunDirectory, readIdentity } from '../../src/run/directory/directory.ts'
import { releaseLock, takeLock } from '../../src/run/directory/lock.ts'
import type { HeldRun, NoteEvent, Plan, ProgressEvent, RunEvent } from '../../src/run/index.ts'
import { encodeLine, readJournal } from '../../src/run/journal/journal.ts'
import { fingerprint } from '../../src/run/plan/fingerprint.ts'
import { apply, initialState } from '../../src/run/state/state.ts'
import { blockOf, quotedIn, readPage, tableOf } from '../fixtures/pages.ts'
import { gzipFile, plainFile, planOf } from '../fixtures/plans.ts'
import { execute, makeWorkplace } from '../fixtures/real-runs.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { readTypes } from '../fixtures/type-members.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const types = readTypes({
  'run/journal/events.ts': ['RunEvent'],
  'run/plan/plan.ts': ['Plan'],
  'run/directory/directory.ts': ['RunIdentity'],
  'run/directory/rejected-list.ts': ['RejectedRecord'],
})

/** Names of a type that no text between backquotes on these pages has. */
function undescribed(type: string, ...pages: readonly string[]): string[] {
  const { properties, kinds } = types.get(type)!
  const quoted = quotedIn(pages.join('\n'))
  return [...properties, ...kinds].filter((name) => !quoted.has(name))
}

const journalPage = readPage('journal.md')
const planPage = readPage('plan.md')
const rejectedPage = readPage('rejected.md')
const directoryPage = readPage('run-directory.md')

describe('docs/formats/journal.md', () => {
  const text = blockOf(journalPage, 'text journal.jsonl')
  const file = folder.at('example.jsonl')
  writeFileSync(file, text)
  const { events, wholeBytes } = readJournal(file)!

  test('describes every event, and every field of one', () => {
    expect(undescribed('RunEvent', journalPage)).toEqual([])
  })

  test('lists for each event the fields it has in the example', () => {
    const rows = new Map(tableOf(journalPage, 'type').map(([type, also]) => [type, also ?? '']))
    for (const { type, at: _, ...also } of events) {
      const row = rows.get(`\`${type}\``)
      const listed = [...quotedIn(row ?? '')].sort()
      const optional = [...(row ?? '').matchAll(/`(\w+)`\?/g)].map(([, name]) => name)
      const has = Object.keys(also).sort()
      expect(listed.filter((name) => has.includes(name) || !optional.includes(name))).toEqual(has)
    }
    expect(rows.size).toBe(new Set(events.map(({ type }) => type)).size)
  })

  test('has an example that is read as it stands, with every type of event in it', () => {
    expect(wholeBytes).toBe(Buffer.byteLength(text))
    const unseen = new Set(types.get('RunEvent')!.kinds)
    JSON.stringify(events, (name, value) => {
      if (name === 'type' || name === 'kind') unseen.delete(value)
      return value
    })
    expect([...unseen]).toEqual([])
  })

  test('has an example that is written as it stands', () => {
    const [header] = text.split('\n')
    const [, object] = /; of (\{.*\})$/m.exec(journalPage) ?? []
    expect(header?.slice(9)).toBe(object)
    const lines = [`${header}\n`]
    for (const event of events) lines.push(encodeLine(event, lines.at(-1) ?? ''))
    expect(lines.join('')).toBe(text)
  })

  test('has the checksums the page describes', () => {
    let before = 0
    for (const line of text.trimEnd().split('\n')) {
      const [crc, json] = [line.slice(0, 8), line.slice(9)]
      before = crc32(Buffer.from(json), before)
      expect(crc).toBe(before.toString(16).padStart(8, '0'))
    }
  })

  test('has an example of a run that is complete, after four attempts at map-00001', () => {
    const plan = planOf([plainFile('a.txt', 10), plainFile('b.txt', 10), gzipFile('c.gz', 40)])
    const state = events.reduce((before, event) => apply(before, event), initialState(plan))
    expect(state.phase).toBe('complete')
    expect(state.map.at(1)).toMatchObject({ kind: 'done', attempt: 4 })
    expect([...state.damaged.keys()]).toEqual([2])
    expect(state.shortfalls.map(({ accepted }) => accepted)).toEqual([true, true])
  })
})

describe('docs/formats/plan.md', () => {
  const plan: Plan = JSON.parse(blockOf(planPage, 'json'))

  test('describes every field of a plan', () => {
    expect(undescribed('Plan', planPage)).toEqual([])
  })

  test('has in its first table, and in its example, what a plan has', () => {
    const names = Object.keys(plan)
    expect(tableOf(planPage, 'field').map(([field]) => field)).toEqual(names.map((name) => `\`${name}\``))
    expect([...names].sort()).toEqual(Object.keys(planOf([])).sort())
  })

  test('has an example whose splits and tasks are cut from its files', () => {
    const { files } = plan.discovery
    const splits = planSplits(files, { splitBytes: plan.splitBytes, splittable: true })
    expect(plan.splits).toEqual(splits)
    const packed = packSplits(splits, plan.splitBytes, 1024)
    expect(plan.tasks.map(({ firstSplit, endSplit }) => splits.slice(firstSplit, endSplit))).toEqual(packed)
  })

  test('has an example with the fingerprint the page describes', () => {
    const { engine, surroundings, job, discovery, accept } = plan
    const { codeSha256, typedParams: params, params: resolved } = job
    const { files } = discovery
    const parts = { engine, surroundings, codeSha256, params, resolved, files, accept }
    expect(fingerprint(parts)).toBe(plan.fingerprint)
  })
})

describe('docs/formats/rejected.md', () => {
  test('describes every field of a record', () => {
    expect(undescribed('RejectedRecord', rejectedPage)).toEqual([])
  })

  test.each([10, 1000])('has an example that a run leaves, in splits of %i bytes', async (splitBytes) => {
    const { write, prepare } = makeWorkplace()
    write('positive.job.ts', blockOf(rejectedPage, 'ts'))
    write('numbers.jsonl', blockOf(rejectedPage, 'text numbers.jsonl'))
    const run = await prepare({ job: 'positive.job.ts', inputs: ['numbers.jsonl'], splitBytes })
    expect((await execute(run)).phase).toBe('refused')
    const left = readFileSync(run.directory.rejectedFile, 'utf8')
    expect(left).toBe(blockOf(rejectedPage, 'text rejected.jsonl'))
  })
})

describe('docs/formats/run-directory.md', () => {
  const identity = blockOf(directoryPage, 'json')

  test('describes every field of run.json, and has one that is read and written as it stands', () => {
    expect(undescribed('RunIdentity', directoryPage)).toEqual([])
    const { id, createdAt, job, cwd } = JSON.parse(identity)
    const directory = createRunDirectory(folder.at('runs'), { job, cwd, now: new Date(createdAt) })
    expect(readIdentity(directory)).toEqual({ format: 'tallyman run', version: 1, id, createdAt, job, cwd })
    expect(readFileSync(directory.identityFile, 'utf8')).toBe(identity)
  })

  const lockName = /^\d+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+-\d+$/

  test('describes the lock', () => {
    const directory = new RunDirectory(folder.at('locked'))
    mkdirSync(directory.path)
    takeLock(directory)
    const names = readdirSync(directory.lockFolder)
    const name = names.find((one) => !one.startsWith('alive-'))
    expect(names.sort()).toEqual([name, `alive-${name}`].sort())
    const held = readFileSync(join(directory.lockFolder, name ?? ''), 'utf8')
    releaseLock(directory)
    const example = /^lock\/(.*)$/m.exec(directoryPage)?.[1] ?? ''
    expect(lockName.test(example)).toBe(true)
    expect(name).toMatch(existsSync('/proc/self/stat') ? lockName : /^\d+-$/)
    expect(held).toBe('held\n')
  })

  const numbers = '\\d+'
  const placeholders: Readonly<Record<string, string>> = {
    TASK: '(?:map|reduce)-\\d{5}',
    ATTEMPT: '(?:map|reduce)-\\d{5}\\.\\d+',
    PID: numbers,
    STARTED: '.*',
    SEAT: numbers,
    PARTITION: numbers,
    ROUND: numbers,
    N: numbers,
    INDEX: '[0-9a-f]{64}',
    TABLE: '[a-z]\\w*',
    FORMAT: '(?:jsonl|json|csv|tsv)',
  }
  const rows = tableOf(directoryPage, 'path').map(([path]) => (path ?? '').replaceAll('`', ''))
  const patterns = rows.map((path) => {
    const source = path
      .replaceAll('.', '\\.')
      .replaceAll(
        /TASK|ATTEMPT|PID|STARTED|SEAT|PARTITION|ROUND|TABLE|FORMAT|INDEX|\bN\b/g,
        (name) => placeholders[name] ?? name,
      )
    return { path, pattern: new RegExp(`^${source}$`) }
  })

  /** Rows that a path of the directory is an instance of; folders have none. */
  function rowsOf(directory: string): Set<string> {
    const found = new Set<string>()
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue
      const path = relative(directory, join(entry.parentPath, entry.name))
      const row =
        patterns.find((known) => known.path === path) ?? patterns.find(({ pattern }) => pattern.test(path))
      expect(row, `${path} is not on the page`).toBeDefined()
      if (row !== undefined) found.add(row.path)
    }
    return found
  }

  const job = `
    import { count, defineJob, text } from 'tallyman'
    console.log('loading')
    export default defineJob({
      input: text(),
      reduce: { words: count<string>(), lines: count<boolean>() },
      map(line, emit) {
        if (line.startsWith('#')) return
        console.log(line)
        if (line === 'bad') throw new Error('no')
        emit.lines(true)
        for (const word of line.split(' ')) emit.words(word)
      },
    })`

  test.each(['process', 'thread'] as const)('has every path that a run in a %s makes', async (isolation) => {
    const { write, prepare } = makeWorkplace()
    write('words.job.ts', job)
    write('a.txt', 'a b a\nbad\nb c\n')
    // Long enough to be indexed the first time, and read by its index the second time.
    const comments = Array.from({ length: 40_000 }, (_, at) => `#${Math.imul(at, 2654435761) >>> 0}\n`)
    write('b.txt.gz', gzipSync(`c d\n${comments.join('')}`))
    const seen = new Set<string>()
    for (const reuse of [true, false]) {
      const run = await prepare({
        job: 'words.job.ts',
        inputs: ['a.txt', 'b.txt.gz'],
        isolation,
        badRecords: { kind: 'count', count: 1 },
        splitBytes: 256 * 1024,
        reuse,
      })
      await seeAll(run, seen)
    }
    const log = isolation === 'process' ? 'logs/worker-SEAT.log' : 'logs/threads.log'
    const logs = [log, 'logs/ATTEMPT.log']
    expect([...seen].sort()).toEqual(
      rows
        .filter(
          (row) =>
            logs.includes(row) || !/^(logs|attempts|spark)\/|merge-|^(outlet|containers)\.json$/.test(row),
        )
        .sort(),
    )
  })

  /** Carries a run out to its end, and notes the rows of all that is in its directory in the meantime. */
  async function seeAll(run: HeldRun, seen: Set<string>): Promise<void> {
    const look = (event?: RunEvent | ProgressEvent | NoteEvent): void => {
      if (event?.type !== 'attempt-started') for (const row of rowsOf(run.directory.path)) seen.add(row)
    }
    look()
    expect((await execute(run, look)).phase).toBe('reduce')
    const { committed } = await writeResult(run, {
      target: run.directory.absolute('result'),
      format: 'tsv',
      headRows: 10,
    })
    look()
    run.observe(look)
    await run.commit(committed)
    await run.close()
    look()
    const left = rowsOf(run.directory.path)
    expect([...left].some((row) => /^(committed|attempts|lock)\//.test(row))).toBe(false)
  }
})
