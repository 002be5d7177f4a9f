/** What every kind of worker must do, whatever it is: each test file of this folder runs this suite on one kind. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { AttemptOutcome, AttemptProgress, WorkerKind } from '../../src/executor/index.ts'
import { canMakeGroups } from '../fixtures/control-groups.ts'
import {
  hasProc,
  killQuietly,
  leftBehind,
  markedProcesses,
  markedWorkers,
  ownNap,
  sleepers,
} from '../fixtures/process-tree.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'
import { mapInProcess, reduceInProcess } from './in-process.ts'
import {
  mapAttempt,
  mapReportOf,
  type PoolOptions,
  perform,
  reduceAttempt,
  type TestedPool,
  Workplace,
} from './workplace.ts'

const MiB = 2 ** 20
const canMake = await canMakeGroups()

/** What the suite needs of a place to work in. */
export type Place = Pick<Workplace, 'mark' | 'directory' | 'write' | 'path' | 'logs'> & {
  openPool(options?: PoolOptions): Promise<TestedPool>
}

export function testExecutor(kind: WorkerKind): void {
  describe.skipIf(!requires('/proc', hasProc))(`a pool of workers of kind ${kind}`, () => {
    const place = inPlace(() => new Workplace(kind))
    testLoading(place)
    testAttempts(place)
    testDeaths(place)
    testStopping(place)
    testGroup(place)
  })
}

/** Cases that do not apply, by title, each with the reason. */
export type LeftOut = Readonly<Record<string, string>>

function without(leftOut: LeftOut): (title: string, act: () => Promise<void>) => void {
  return (title, act) => {
    if (leftOut[title] === undefined) it(title, act)
  }
}

/** Makes a place for each test, and sees to it that nothing is left of its processes. */
export function inPlace<P extends Place & { close(): Promise<void> }>(make: () => P): () => P {
  let place: P
  beforeEach(() => {
    place = make()
  })
  afterEach(async () => {
    const { mark } = place
    await place.close()
    expect(await leftBehind(mark)).toEqual([])
  })
  return () => place
}

/** Loose enough for Node itself. */
const group = { memoryBytes: 400 * MiB, processesMax: 200 }

function testGroup(place: () => Place): void {
  describe.skipIf(!requires('the right to make control groups', canMake))('that the kernel limits', () => {
    it('ends an attempt whose memory grows between two looks of the watchdog', async () => {
      const pool = await place().openPool({ group })
      const attempt = mapAttempt('map-00000.1', [place().write('grabs.txt', ['a', '!grab 1000', 'b'])])
      expect(await perform(pool, attempt)).toMatchObject({
        kind: 'failed',
        fault: { code: 'memory-limit', message: expect.stringContaining('was ended by the kernel') },
      })
      const again = mapAttempt('map-00000.2', [place().write('grabs.txt', ['a', 'b'])])
      expect(await perform(pool, again)).toMatchObject({ kind: 'done', workMs: expect.any(Number) })
    })

    it('does not take one that somebody has killed for one that held too much', async () => {
      const pool = await place().openPool({ group })
      const attempt = mapAttempt('map-00000.1', [place().write('dies.txt', ['!kill SIGKILL'])])
      expect(await perform(pool, attempt)).toMatchObject({ kind: 'failed', fault: { code: 'killed' } })
    })

    it('ends what has shaken off everything else', async () => {
      const pool = await place().openPool({ group })
      const note = place().path('escaped')
      const nap = ownNap()
      const attempt = mapAttempt('map-00000.1', [place().write('escapes.txt', [`!escape ${note} ${nap}`])])
      expect(await perform(pool, attempt)).toMatchObject({ kind: 'done' })
      await until('the program to begin', () => sleepers(nap).length > 0)
      await pool.stop()
      await until('it to be gone', () => sleepers(nap).length === 0)
    })
  })
}

function testLoading(place: () => Place): void {
  describe('load', () => {
    it('reports the job and its parameters, validated', async () => {
      const pool = await place().openPool({ params: { least: '3' } })
      const { description, params } = await pool.load()
      expect(description).toMatchObject({
        description: 'Counts words.',
        input: { name: 'text' },
        params: [{ name: 'least' }],
        tables: [{ name: 'lines' }, { name: 'words' }],
      })
      expect(params).toEqual({ least: 3 })
      expect(pool.freeSeats).toBe(1)
    })

    it('reports parameters that are no plain data', async () => {
      const pool = await place().openPool({ job: 'function-param', params: { pattern: '^a' } })
      const { params } = await pool.load()
      expect(params).toMatchObject({ big: String(2n ** 70n) })
      const split = place().write('lines.txt', ['apple', 'banana', 'apricot'])
      const outcome = await perform(pool, mapAttempt('map-00000.1', [split]))
      expect(mapReportOf(outcome).emitted).toBe(2)
    })

    it.each([
      [
        'throws-at-import',
        'job-invalid',
        /throws-at-import\.job\.ts could not be loaded: the stars are wrong/,
      ],
      ['no-default', 'job-invalid', /no-default\.job\.ts has no default export/],
      ['no-job', 'job-invalid', /no-job\.job\.ts exports something else than a job/],
      ['exits-at-import', 'job-exited', /process\.exit\(7\)/],
    ])('throws what is wrong with the job %s', async (job, code, message) => {
      const pool = await place().openPool({ job })
      await expect(pool.load()).rejects.toMatchObject({
        code: expect.stringMatching(code),
        message: expect.stringMatching(message),
      })
      expect(pool.freeSeats).toBe(1)
    })

    it('throws param-invalid, naming the parameter, and for one that is missing or unknown', async () => {
      const wrong = await place().openPool({ params: { least: 'many' } })
      await expect(wrong.load()).rejects.toMatchObject({
        code: 'param-invalid',
        message: expect.stringContaining('least'),
      })
      const unknown = await place().openPool({ params: { leest: '3' } })
      await expect(unknown.load()).rejects.toMatchObject({ code: 'param-invalid' })
      const missing = await place().openPool({ job: 'function-param' })
      await expect(missing.load()).rejects.toMatchObject({ code: 'param-invalid' })
    })

    it('gives the loading of the job time of its own, in an attempt too', async () => {
      const slow = await place().openPool({ job: 'slow-to-load', taskTimeoutMs: 400 })
      const attempt = mapAttempt('map-00000.1', [place().write('lines.txt', ['a'])])
      expect(await perform(slow, attempt)).toMatchObject({ kind: 'done' })
      const short = await place().openPool({ job: 'slow-to-load', loadTimeoutMs: 400 })
      const given = { code: 'job-invalid', message: expect.stringContaining('Loading the job did not end') }
      expect(await perform(short, attempt)).toMatchObject({ kind: 'failed', fault: given })
      await expect(short.load()).rejects.toMatchObject(given)
      expect(short.freeSeats).toBe(1)
    })

    it('throws when the worker cannot be started', async () => {
      const pool = await place().openPool({ cwd: place().path('nowhere') })
      await expect(pool.load()).rejects.toMatchObject({
        message: expect.stringContaining('could not be started'),
      })
      expect(pool.freeSeats).toBe(1)
    })
  })
}

/**
 * What attempts come to.
 *
 * @param leftOut cases that do not apply, by title, each with the reason
 */
export function testAttempts(place: () => Place, leftOut: LeftOut = {}): void {
  const unlessLeftOut = without(leftOut)

  /** Moves an attempt's files to where a committed task's are. */
  function commit(id: string, folder: string): void {
    mkdirSync(place().directory.absolute('committed'), { recursive: true })
    renameSync(place().directory.absolute(join('attempts', id)), place().directory.absolute(folder))
  }

  function filesOf(folder: string): Map<string, Buffer> {
    const path = place().directory.absolute(folder)
    return new Map(
      readdirSync(path)
        .sort()
        .map((name) => [name, readFileSync(join(path, name))]),
    )
  }

  describe('run', () => {
    it('makes of a map attempt the report and the files that the task makes in one thread', async () => {
      const { attempt, expected } = await mapInProcess(
        [
          place().write('a.txt', ['to be or', 'not to be', '!reject this one', '', 'été 東京 🙂']),
          place().write('b.txt', ['', 'that is', 'the question']),
        ],
        64,
      )
      const pool = await place().openPool()
      expect(await perform(pool, attempt)).toEqual({
        kind: 'done',
        report: { kind: 'map', report: expected.report },
        workMs: expect.any(Number),
      })
      expect(expected.report.spills.length).toBeGreaterThan(2)
      expect(filesOf(attempt.directory)).toEqual(expected.files)
    })

    it('makes of a reduce attempt the report and the files that the task makes in one thread', async () => {
      const splits = ['a b c', 'b c d', 'c d e'].map((line, index) =>
        place().write(`${index}.txt`, [line, line]),
      )
      const pool = await place().openPool()
      const committed = []
      for (const [index, split] of splits.entries()) {
        const id = `map-0000${index}.1`
        const report = mapReportOf(await perform(pool, mapAttempt(id, [split])))
        const folder = join('committed', `map-0000${index}`)
        commit(id, folder)
        committed.push({ folder, report })
      }
      for (const partition of [0, 1]) {
        const attempt = reduceAttempt(`reduce-0000${partition}.1`, partition, committed)
        const expected = await reduceInProcess(attempt, (name) =>
          readFileSync(place().directory.absolute(name)),
        )
        expect(await perform(pool, attempt)).toEqual({
          kind: 'done',
          report: { kind: 'reduce', report: expected.report },
          workMs: expect.any(Number),
        })
        expect(filesOf(attempt.directory)).toEqual(expected.files)
      }
    })

    unlessLeftOut(
      'runs as many attempts at once as there are seats, and reports each to its own',
      async () => {
        const pool = await place().openPool({ seats: 3 })
        const outcomes = ['one', 'two two', 'three three three'].map((line, index) => {
          const split = place().write(`${index}.txt`, ['!sleep 50', line])
          const { seat, outcome } = pool.run(mapAttempt(`map-0000${index}.1`, [split]), () => undefined)
          expect(seat).toBe(index)
          return outcome
        })
        expect(pool.freeSeats).toBe(0)
        expect(() => pool.run(mapAttempt('map-00003.1', []), () => undefined)).toThrow(
          'more than it has seats for',
        )
        expect((await Promise.all(outcomes)).map((outcome) => mapReportOf(outcome).emitted)).toEqual([
          2, 3, 4,
        ])
        expect(pool.freeSeats).toBe(3)
      },
    )

    unlessLeftOut(
      'tells how far an attempt is, in numbers that only grow and end below its report',
      async () => {
        const splits = Array.from({ length: 8 }, (_, index) =>
          place().write(`${index}.txt`, ['some words', '!sleep 120']),
        )
        const heard: AttemptProgress[] = []
        const pool = await place().openPool()
        const outcome = await perform(pool, mapAttempt('map-00000.1', splits), (progress) =>
          heard.push(progress),
        )
        expect(heard.length).toBeGreaterThan(1)
        for (const field of ['records', 'bytes', 'readBytes', 'rejected'] as const) {
          const values = heard.map((progress) => progress[field])
          expect(values).toEqual([...values].sort((a, b) => a - b))
        }
        const { sources } = mapReportOf(outcome)
        const last = heard.at(-1)
        expect(last?.records).toBeGreaterThan(0)
        expect(last?.records).toBeLessThanOrEqual(sources.reduce((sum, { records }) => sum + records, 0))
        expect(last?.bytes).toBeLessThanOrEqual(sources.reduce((sum, { bytes }) => sum + bytes, 0))
      },
    )

    it('counts a record whose map throws as rejected, and goes on', async () => {
      const pool = await place().openPool()
      const split = place().write('a.txt', ['a', '!throw no luck', 'b'])
      const { sources, emitted } = mapReportOf(await perform(pool, mapAttempt('map-00000.1', [split])))
      expect(sources).toMatchObject([{ records: 2, rejected: 1 }])
      expect(emitted).toBe(4)
      const [listed] = readFileSync(place().directory.absolute('attempts/map-00000.1/rejected.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
      expect(JSON.parse(listed ?? '')).toMatchObject({
        reason: 'map threw: no luck',
        excerpt: '!throw no luck',
        stack: expect.stringContaining('obedient.job.ts'),
      })
    })

    it('fails an attempt whose input changed since it was planned', async () => {
      const pool = await place().openPool()
      const split = place().write('a.txt', ['a'])
      place().write('a.txt', ['a', 'b'])
      expect(await perform(pool, mapAttempt('map-00000.1', [split]))).toMatchObject({
        kind: 'failed',
        fault: { code: 'input-changed', message: expect.stringContaining('a.txt') },
      })
    })

    it('fails an attempt whose spill is damaged, naming the file', async () => {
      const pool = await place().openPool()
      const report = mapReportOf(
        await perform(pool, mapAttempt('map-00000.1', [place().write('a.txt', ['a b c'])])),
      )
      commit('map-00000.1', 'committed/map-00000')
      const [spill] = report.spills
      const path = place().directory.absolute(join('committed/map-00000', spill?.name ?? ''))
      const bytes = readFileSync(path)
      const at = (spill?.atByte ?? 0) + (spill?.bytes ?? 0) - 9
      bytes[at] = 255 - (bytes[at] ?? 0)
      writeFileSync(path, bytes)
      const attempt = reduceAttempt('reduce-00000.1', spill?.partition ?? 0, [
        { folder: 'committed/map-00000', report },
      ])
      expect(await perform(pool, attempt)).toMatchObject({
        kind: 'failed',
        fault: { code: 'file-damaged', message: expect.stringContaining(spill?.name ?? '') },
      })
    })

    it('keeps the first and the last of what an attempt prints, in a log of its own, and goes on', async () => {
      const pool = await place().openPool()
      // Its two streams are two pipes: the words are first only where they were read before the rest was printed.
      const chatty = place().write('a.txt', ['!complain first words', '!sleep 500', '!print 5', 'a'])
      expect(mapReportOf(await perform(pool, mapAttempt('map-00000.1', [chatty]))).emitted).toBe(2)
      const other = place().write('b.txt', ['!complain other words'])
      await perform(pool, mapAttempt('map-00001.1', [other]))
      const logOf = (attempt: string): string => join(place().directory.logFolder, `${attempt}.log`)
      // What it printed takes another way than its report.
      await until('the log of the second attempt', () => existsSync(logOf('map-00001.1')))
      await pool.stop()
      expect(readFileSync(logOf('map-00001.1'), 'utf8')).toBe('other words\n')
      const log = readFileSync(logOf('map-00000.1'), 'utf8')
      expect(log).toMatch(/^first words$/m)
      expect(log).toMatch(/^\[tallyman: \d+ bytes dropped here\]$/m)
      expect(log.length).toBeGreaterThan(MiB / 4)
      expect(log.length).toBeLessThan(MiB / 2)
      expect(place().logs()).not.toContain('\0')
    })
  })
}

/** What becomes of attempts whose workers die; the arguments are those of {@link testAttempts}. */
export function testDeaths(place: () => Place, leftOut: LeftOut = {}): void {
  const unlessLeftOut = without(leftOut)

  /** The next attempt in the same seat, in a worker that replaced the one that is lost. */
  async function expectReplaced(pool: TestedPool): Promise<void> {
    expect(pool.freeSeats).toBe(1)
    const split = place().write('after.txt', ['still here'])
    expect(mapReportOf(await perform(pool, mapAttempt('map-00001.1', [split]))).emitted).toBe(3)
  }

  function perish(pool: TestedPool, ...lines: readonly string[]): Promise<AttemptOutcome> {
    return perform(pool, mapAttempt('map-00000.1', [place().write('deadly.txt', ['a', ...lines, 'b'])]))
  }

  describe('a worker that dies', () => {
    it.each([
      ['exits well', '!exit 0', 'job-exited', /process\.exit\(0\)/],
      ['exits badly', '!exit 3', 'job-exited', /process\.exit\(3\)/],
      ['kills its process', '!kill SIGKILL', 'killed', /SIGKILL/],
      ['forgets a promise that is rejected', '!forget nobody waits', 'job-threw', /nobody waits/],
      ['throws in a timer', '!timer too late', 'job-threw', /too late/],
    ])('ends its attempt with a cause when the job %s', async (_what, order, code, message) => {
      const pool = await place().openPool()
      const outcome = await perish(pool, order)
      expect(outcome).toMatchObject({
        kind: 'failed',
        fault: { code: expect.stringMatching(code), message: expect.stringMatching(message) },
      })
      await expectReplaced(pool)
    })

    it('ends its attempt as out-of-memory when the job exhausts the heap', async () => {
      const pool = await place().openPool({ heapBytes: 32 * MiB })
      expect(await perish(pool, '!hoard')).toMatchObject({
        kind: 'failed',
        fault: { code: 'out-of-memory', wayOut: expect.stringContaining('--memory') },
      })
      await expectReplaced(pool)
    })

    it.each([
      ['a line of text', '!say Tick|tock|'],
      ['less than a header', '!say hi'],
      ['an impossible length', '!say-bytes ffffffffff'],
      ['a frame that is no JSON', '!say-bytes ff020000007b5d'],
      [
        'a message nested too deeply to be shown',
        `!say-bytes ff409c0000${'5b'.repeat(20_000)}${'5d'.repeat(20_000)}`,
      ],
    ])('ends its attempt when the job writes %s on the line to the coordinator', async (_what, order) => {
      const pool = await place().openPool()
      const outcome = await perish(pool, order)
      expect(outcome).toMatchObject({ kind: 'failed', fault: { code: 'protocol-broken' } })
      await expectReplaced(pool)
    })

    it('ends its attempt when the job closes the line to the coordinator', async () => {
      const pool = await place().openPool()
      expect(await perish(pool, '!hang-up')).toMatchObject({ kind: 'failed' })
      await expectReplaced(pool)
    })

    it('ends its attempt with the last words it said', async () => {
      const pool = await place().openPool()
      expect(
        await perish(pool, '!complain this will not end well', '!sleep 50', '!kill SIGKILL'),
      ).toMatchObject({
        kind: 'failed',
        fault: { message: expect.stringContaining('this will not end well') },
      })
    })

    it('ends its attempt though a child of the job holds its output open', async () => {
      const pool = await place().openPool()
      expect(await perish(pool, '!leave-child 1000', '!exit 5')).toMatchObject({ kind: 'failed' })
      await expectReplaced(pool)
      // In a session of its own it is no longer the worker's, so that it may still be there.
      for (const { pid, command } of markedProcesses(place().mark))
        if (command === 'sleep 1000') killQuietly(pid)
    })

    it.each(['!wait', '!loop', '!block 60'])(
      'is ended when it makes no progress, as at "%s", and the attempt says so',
      async (order) => {
        const pool = await place().openPool({ taskTimeoutMs: 2000 })
        expect(await perish(pool, order)).toMatchObject({ kind: 'failed', fault: { code: 'no-progress' } })
        await expectReplaced(pool)
      },
    )

    it('ends its attempt when somebody else kills it', async () => {
      const pool = await place().openPool()
      const begun = place().path('begun')
      const outcome = perish(pool, `!touch ${begun}`, '!wait')
      await until('the attempt to begin', () => statSync(begun, { throwIfNoEntry: false }))
      for (const { pid } of markedWorkers(place().mark)) killQuietly(pid)
      expect(await outcome).toMatchObject({
        kind: 'failed',
        fault: { code: 'killed', message: expect.stringContaining('SIGKILL') },
      })
      await expectReplaced(pool)
    })

    it('takes what the job has started with it, at the latest when the pool is stopped', async () => {
      const pool = await place().openPool()
      expect(await perish(pool, '!start-child 1000', '!exit 5')).toMatchObject({ kind: 'failed' })
      await pool.stop()
      expect(await leftBehind(place().mark)).toEqual([])
    })

    it('takes a child with it that is in no group and has no environment of ours', async () => {
      const pool = await place().openPool()
      const nap = ownNap()
      const split = place().write('hides.txt', [`!hide-child ${place().path('child')} ${nap}`, 'a'])
      await perform(pool, mapAttempt('map-00000.1', [split]))
      await until('the child to begin', () => sleepers(nap).length > 0)
      onTestFinished(() => sleepers(nap).forEach(killQuietly))
      await pool.stop()
      await until('the child to end', () => sleepers(nap).length === 0)
    })

    it('takes a program with it that has shaken off parent, session, group and environment', async () => {
      const pool = await place().openPool()
      const nap = ownNap()
      onTestFinished(() => sleepers(nap).forEach(killQuietly))
      const lines = [`!escape ${place().path('escaped')} ${nap}`, 'a', '!kill SIGKILL']
      const attempt = mapAttempt('map-00000.1', [place().write('escapes.txt', lines)])
      expect(await perform(pool, attempt)).toMatchObject({ kind: 'failed', fault: { code: 'killed' } })
      expect(sleepers(nap)).toEqual([])
      // It may begin only after its worker's end, unless it was ended before.
      await sleep(200)
      expect(sleepers(nap)).toEqual([])
    })

    unlessLeftOut('is replaced when it dies between two attempts', async () => {
      const pool = await place().openPool()
      await pool.load()
      const workers = markedWorkers(place().mark)
      expect(workers).toHaveLength(1)
      for (const { pid } of workers) killQuietly(pid)
      await until('the worker to end', () => markedWorkers(place().mark).length === 0)
      // The pool may hear of it a moment later: then this attempt is the one that tells.
      const split = place().write('a.txt', ['a'])
      await perform(pool, mapAttempt('map-00000.1', [split]))
      await expectReplaced(pool)
    })

    unlessLeftOut('takes no other attempt with it that a process of its own would have spared', async () => {
      const pool = await place().openPool({ seats: 2 })
      const begun = place().path('begun')
      const bystander = perform(
        pool,
        mapAttempt('map-00002.1', [place().write('calm.txt', [`!touch ${begun}`, '!sleep 400', 'b'])]),
      )
      await until('the other attempt to begin', () => statSync(begun, { throwIfNoEntry: false }))
      expect(await perish(pool, '!exit 1')).toMatchObject({ kind: 'failed' })
      expect(await perish(pool, '!timer too late')).toMatchObject({ kind: 'failed' })
      expect(mapReportOf(await bystander).emitted).toBe(2)
    })
  })
}

function testStopping(place: () => Place): void {
  describe('stop', () => {
    it('starts no worker any more, though one was about to be replaced', async () => {
      const pool = await place().openPool()
      await pool.load()
      const attempt = mapAttempt('map-00000.1', [place().write('a.txt', ['a'])])
      const { outcome } = pool.run(attempt, () => undefined, { heapBytes: 48 * MiB })
      await pool.stop()
      expect(await outcome).toMatchObject({ kind: 'failed' })
      expect(await leftBehind(place().mark)).toEqual([])
    })

    it.each(['!wait', '!sleep 60000', '!loop', '!block 60'])(
      'ends an attempt that is at "%s" as failed, at once',
      async (order) => {
        const pool = await place().openPool({ seats: 2 })
        const begun = place().path('begun')
        const outcome = perform(
          pool,
          mapAttempt('map-00000.1', [place().write('long.txt', [`!touch ${begun}`, order])]),
        )
        await until('the attempt to begin', () => statSync(begun, { throwIfNoEntry: false }))
        await pool.stop()
        expect(await outcome).toMatchObject({ kind: 'failed' })
        expect(await leftBehind(place().mark)).toEqual([])
      },
    )

    it('ends a worker that is still loading its job', async () => {
      const pool = await place().openPool()
      const loading = pool.load()
      const refused = expect(loading).rejects.toThrow()
      await pool.stop()
      await refused
    })

    it('is safe before anything was started, more than once, and twice at once', async () => {
      const pool = await place().openPool({ seats: 2 })
      await pool.stop()
      const other = await place().openPool({ seats: 2 })
      const outcome = perform(other, mapAttempt('map-00000.1', [place().write('long.txt', ['!wait'])]))
      await Promise.all([other.stop(), other.stop()])
      await other.stop()
      expect(await outcome).toMatchObject({ kind: 'failed' })
      expect(() => other.run(mapAttempt('map-00000.2', []), () => undefined)).toThrow('after it was stopped')
    })
  })
}
