/** What becomes of attempts whose workers die, and of what these have started. */
import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Attempt, AttemptOutcome } from '../../../src/executor/index.ts'
import {
  killQuietly,
  leftBehind,
  markedProcesses,
  markedWorkers,
  ownNap,
  sleepers,
} from '../../fixtures/process-tree.ts'
import { until } from '../../fixtures/until.ts'
import { mapAttempt, mapReportOf, perform, type TestedPool } from '../workplace.ts'
import { inOnePlace, type LeftOut, type Place, type SharedPlace, without } from './place.ts'

const MiB = 2 ** 20

/** Ways to lose a worker, and to see that another one has come. */
interface Ways {
  /** The next attempt in the same seat, in a worker that replaced the one that is lost. */
  expectReplaced(pool: TestedPool): Promise<void>
  perish(pool: TestedPool, ...lines: readonly string[]): Promise<AttemptOutcome>
}

function waysIn(place: () => Place): Ways {
  // Tests name the first hundred themselves.
  let tasks = 100
  const attemptOf = (...lines: readonly string[]): Attempt => {
    const task = `map-${String(tasks++).padStart(5, '0')}`
    return mapAttempt(`${task}.1`, [place().write(`${task}.txt`, lines)])
  }
  return {
    expectReplaced: async (pool) => {
      expect(pool.freeSeats).toBe(1)
      expect(mapReportOf(await perform(pool, attemptOf('still here'))).emitted).toBe(3)
    },
    perish: (pool, ...lines) => perform(pool, attemptOf('a', ...lines, 'b')),
  }
}

/** What becomes of attempts whose workers die; the arguments are those of `testAttempts`. */
export function testDeaths(
  place: () => Place,
  make: () => Place & { close(): Promise<void> },
  leftOut: LeftOut = {},
): void {
  const unlessLeftOut = without(leftOut)
  const { expectReplaced, perish } = waysIn(place)
  describe('a worker that dies', () => testInOnePool(inOnePlace(make)))
  describe('a worker that dies', () => testStill(inOnePlace(make, { taskTimeoutMs: 2000 })))

  describe('a worker that dies', () => {
    it('ends its attempt as out-of-memory when the job exhausts the heap', async () => {
      const pool = await place().openPool({ heapBytes: 32 * MiB })
      expect(await perish(pool, '!hoard')).toMatchObject({
        kind: 'failed',
        fault: { code: 'out-of-memory', wayOut: expect.stringContaining('--memory') },
      })
      await expectReplaced(pool)
    })

    it('ends its attempt though a child of the job holds its output open', async () => {
      const pool = await place().openPool()
      expect(await perish(pool, '!leave-child 1000', '!exit 5')).toMatchObject({ kind: 'failed' })
      await expectReplaced(pool)
      // In a session of its own it is no longer the worker's, so that it may still be there.
      for (const { pid, command } of markedProcesses(place().mark))
        if (command === 'sleep 1000') killQuietly(pid)
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

/** Those that need no pool of their own. */
function testInOnePool(shared: SharedPlace): void {
  const { place } = shared
  const { expectReplaced, perish } = waysIn(place)

  it.each([
    ['exits well', '!exit 0', 'job-exited', /process\.exit\(0\)/],
    ['exits badly', '!exit 3', 'job-exited', /process\.exit\(3\)/],
    ['kills its process', '!kill SIGKILL', 'killed', /SIGKILL/],
    ['forgets a promise that is rejected', '!forget nobody waits', 'job-threw', /nobody waits/],
    ['throws in a timer', '!timer too late', 'job-threw', /too late/],
  ])('ends its attempt with a cause when the job %s', async (_what, order, code, message) => {
    const pool = await shared.pool()
    const outcome = await perish(pool, order)
    expect(outcome).toMatchObject({
      kind: 'failed',
      fault: { code: expect.stringMatching(code), message: expect.stringMatching(message) },
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
    const pool = await shared.pool()
    const outcome = await perish(pool, order)
    expect(outcome).toMatchObject({ kind: 'failed', fault: { code: 'protocol-broken' } })
    await expectReplaced(pool)
  })

  it('ends its attempt when the job closes the line to the coordinator', async () => {
    const pool = await shared.pool()
    expect(await perish(pool, '!hang-up')).toMatchObject({ kind: 'failed' })
    await expectReplaced(pool)
  })

  it('ends its attempt with the last words it said', async () => {
    const pool = await shared.pool()
    expect(
      await perish(pool, '!complain this will not end well', '!sleep 50', '!kill SIGKILL'),
    ).toMatchObject({
      kind: 'failed',
      fault: { message: expect.stringContaining('this will not end well') },
    })
  })

  it('ends its attempt when somebody else kills it', async () => {
    const pool = await shared.pool()
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
}

/** A worker that makes no progress. */
function testStill(shared: SharedPlace): void {
  const { expectReplaced, perish } = waysIn(shared.place)

  it.each(['!wait', '!loop', '!block 60'])(
    'is ended when it makes no progress, as at "%s", and the attempt says so',
    async (order) => {
      const pool = await shared.pool()
      expect(await perish(pool, order)).toMatchObject({ kind: 'failed', fault: { code: 'no-progress' } })
      await expectReplaced(pool)
    },
  )
}
