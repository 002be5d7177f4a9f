/** Workers are killed at random moments, and the digest stays what it is. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../examples/twitter/scale-model/random.ts'
import type { RunEvent } from '../../src/run/index.ts'
import { makeOrderedFiles, writeFiles } from '../fixtures/ordered-inputs.ts'
import { hasProc, leftBehind, markName } from '../fixtures/process-tree.ts'
import { Workshop } from '../fixtures/program.ts'
import { killAtRandom } from '../fixtures/random-killer.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const job = fileURLToPath(new URL('../fixtures/jobs/order.job.ts', import.meta.url))
const seed = process.env.TALLYMAN_SEED ?? 'twelve'

let shop: Workshop
let digest: string
let mark: string
beforeAll(() => {
  mark = randomUUID()
  process.env[markName] = mark
  shop = new Workshop()
  writeFiles(join(shop.folder, 'in'), makeOrderedFiles(seed, 300))
  digest = shop.digestOf(shop.run('run', job, 'in', '--no-reuse', '-w', '1'))
})
afterAll(async () => {
  delete process.env[markName]
  shop.remove()
  expect(await leftBehind(mark)).toEqual([])
})

/** The journal of the run that was started last; null while it is not there. */
function journalOf(runsBefore: number): RunEvent[] | null {
  const run = shop.runs()[runsBefore]
  return run !== undefined && existsSync(join(run, 'journal.jsonl')) ? shop.journal(run) : null
}

/** The attempts that failed in it so far. */
function failuresIn(runsBefore: number): Extract<RunEvent, { type: 'attempt-failed' }>[] {
  return journalOf(runsBefore)?.filter((event) => event.type === 'attempt-failed') ?? []
}

/** A run that waits now and then, so that it lasts, while workers are killed until so many attempts have failed. */
async function runWhileKilling(failuresMin: number, ...options: readonly string[]) {
  const random = new Random(seed, ...options)
  const runsBefore = shop.runs().length
  const child = shop.start('run', job, 'in', '--no-reuse', '--split', '8K', '-p', 'pause=80', ...options)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const closed = once(child, 'close')
  // A run whose worker is lost before there is a plan has nothing to go on with.
  await until('the plan', () => child.exitCode !== null || journalOf(runsBefore) !== null)
  const killed = await killAtRandom(
    mark,
    random,
    () => child.exitCode !== null || failuresIn(runsBefore).length >= failuresMin,
  )
  const [status] = await closed
  return { ended: { status, stdout, stderr }, killed, failures: failuresIn(runsBefore) }
}

describe.skipIf(!requires('/proc', hasProc))(`a digest (seed ${seed})`, { timeout: 180_000 }, () => {
  it.each([
    ['process', 1],
    ['process', 3],
    ['thread', 2],
  ])(
    'is the same though workers are killed, with --isolation %s --workers %i',
    async (isolation, workers) => {
      const how = ['--isolation', isolation, '--workers', String(workers), '--attempts', '50']
      const { ended, killed, failures } = await runWhileKilling(4, ...how)
      expect(ended.stderr).not.toContain('Error:')
      expect(ended.status).toBe(0)
      expect(shop.digestOf(ended)).toBe(digest)
      expect(killed).toBeGreaterThanOrEqual(1)
      expect(failures.length).toBeGreaterThanOrEqual(1)
      expect(new Set(failures.map(({ fault }) => fault.code))).toEqual(new Set(['killed']))
    },
  )

  it('is the same when the run gave up and was resumed', async () => {
    const { ended } = await runWhileKilling(1, '--workers', '2', '--attempts', '1')
    expect(ended.status).toBe(1)
    expect(ended.stderr).toContain('SIGKILL')
    expect(ended.stderr).toContain('tallyman resume')
    const resumed = shop.run('resume', 'last')
    expect(shop.digestOf(resumed)).toBe(digest)
  })
})
