/** What attempts come to whose workers live. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { AttemptProgress } from '../../../src/executor/index.ts'
import { until } from '../../fixtures/until.ts'
import { mapInProcess, reduceInProcess } from '../in-process.ts'
import { mapAttempt, mapReportOf, perform, reduceAttempt } from '../workplace.ts'
import { inOnePlace, type LeftOut, type Place, type SharedPlace, without } from './place.ts'

const MiB = 2 ** 20

/**
 * What attempts come to.
 *
 * @param place where a test works that needs a pool of its own
 * @param make makes a place that several tests have
 * @param leftOut cases that do not apply, by title, each with the reason
 */
export function testAttempts(
  place: () => Place,
  make: () => Place & { close(): Promise<void> },
  leftOut: LeftOut = {},
): void {
  const unlessLeftOut = without(leftOut)
  describe('run', () => testInOnePool(inOnePlace(make), leftOut))

  describe('run', () => {
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
      'fails the next attempt of a worker in which something came too late when nothing ran',
      async () => {
        const pool = await place().openPool()
        const split = place().write('a.txt', ['!late 100', 'a'])
        expect(mapReportOf(await perform(pool, mapAttempt('map-00000.1', [split]))).emitted).toBe(2)
        await sleep(200)
        expect(await perform(pool, mapAttempt('map-00001.1', [place().write('b.txt', ['b'])]))).toMatchObject(
          {
            kind: 'failed',
            fault: {
              code: 'job-threw',
              message: 'Counter "late" was increased after its record\'s map had returned.',
              wayOut: 'Await everything the map starts before it returns.',
              lateFrom: 'map-00000.1',
            },
          },
        )
      },
    )

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

/** Those that need no pool of their own. */
function testInOnePool(shared: SharedPlace, leftOut: LeftOut): void {
  const { place } = shared
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

  it('makes of a map attempt the report and the files that the task makes in one thread', async () => {
    const { attempt, expected } = await mapInProcess(
      [
        place().write('a.txt', ['to be or', 'not to be', '!reject this one', '', 'été 東京 🙂']),
        place().write('b.txt', ['', 'that is', 'the question']),
      ],
      64,
    )
    const pool = await shared.pool()
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
    const pool = await shared.pool()
    const committed = []
    for (const [index, split] of splits.entries()) {
      const id = `map-0001${index}.1`
      const report = mapReportOf(await perform(pool, mapAttempt(id, [split])))
      const folder = join('committed', `map-0001${index}`)
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
    'tells how far an attempt is, in numbers that only grow and end below its report',
    async () => {
      const splits = Array.from({ length: 8 }, (_, index) =>
        place().write(`${index}.txt`, ['some words', '!sleep 120']),
      )
      const heard: AttemptProgress[] = []
      const pool = await shared.pool()
      const outcome = await perform(pool, mapAttempt('map-00020.1', splits), (progress) =>
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
    const pool = await shared.pool()
    const split = place().write('a.txt', ['a', '!throw no luck', 'b'])
    const { sources, emitted } = mapReportOf(await perform(pool, mapAttempt('map-00030.1', [split])))
    expect(sources).toMatchObject([{ records: 2, rejected: 1 }])
    expect(emitted).toBe(4)
    const [listed] = readFileSync(place().directory.absolute('attempts/map-00030.1/rejected.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(JSON.parse(listed ?? '')).toMatchObject({
      reason: 'map threw: no luck',
      excerpt: '!throw no luck',
      stack: expect.stringContaining('obedient.job.ts'),
    })
  })

  it('fails an attempt whose input changed since it was planned', async () => {
    const pool = await shared.pool()
    const split = place().write('a.txt', ['a'])
    place().write('a.txt', ['a', 'b'])
    expect(await perform(pool, mapAttempt('map-00040.1', [split]))).toMatchObject({
      kind: 'failed',
      fault: { code: 'input-changed', message: expect.stringContaining('a.txt') },
    })
  })

  it('fails an attempt whose spill is damaged, naming the file', async () => {
    const pool = await shared.pool()
    const report = mapReportOf(
      await perform(pool, mapAttempt('map-00050.1', [place().write('a.txt', ['a b c'])])),
    )
    commit('map-00050.1', 'committed/map-00050')
    const [spill] = report.spills
    const path = place().directory.absolute(join('committed/map-00050', spill?.name ?? ''))
    const bytes = readFileSync(path)
    const at = (spill?.atByte ?? 0) + (spill?.bytes ?? 0) - 9
    bytes[at] = 255 - (bytes[at] ?? 0)
    writeFileSync(path, bytes)
    const attempt = reduceAttempt('reduce-00050.1', spill?.partition ?? 0, [
      { folder: 'committed/map-00050', report },
    ])
    expect(await perform(pool, attempt)).toMatchObject({
      kind: 'failed',
      fault: { code: 'file-damaged', message: expect.stringContaining(spill?.name ?? '') },
    })
  })
}
