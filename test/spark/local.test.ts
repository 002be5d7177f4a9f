/** Runs on Spark in local mode end as runs on this machine do. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/run/index.ts'
import { makeOrderedFiles, writeFiles } from '../fixtures/ordered-inputs.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { makeShippedJobs } from '../fixtures/shipped-jobs.ts'
import { hasSpark, sparkEnv } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'

const order = fileURLToPath(new URL('../fixtures/jobs/order.job.ts', import.meta.url))
const seed = process.env.TALLYMAN_SEED ?? 'spark'

let shop: Workshop
beforeAll(() => {
  // All that a run says of paths has to come through, and Python takes more for ends of lines than JSON does.
  shop = new Workshop('#1 é 100%\u2028\n')
})
afterAll(() => shop.remove())

/** What each map task of the last run wrote, with its checksums. */
function spillsOf(shop: Workshop): ReadonlyMap<string, unknown> {
  const committed = shop.journal().filter((event) => event.type === 'map-committed')
  return new Map(committed.map(({ task, report }) => [task, report.spills]))
}

function onSpark(...args: readonly string[]): Ended {
  return shop.runIn({ env: sparkEnv }, 'run', ...args, '--on', 'local[2]')
}

describe.skipIf(!requires('pyspark with Java', hasSpark))(
  `run --on local[2] (seed ${seed})`,
  { timeout: 600_000 },
  () => {
    it('has the digest, the totals and the journal of a run on this machine', () => {
      writeFiles(join(shop.folder, 'in'), makeOrderedFiles(seed, 300))
      const table = shop.write('table.txt', 'of the job')
      const reading = shop.write(
        'reading.job.ts',
        `import { readFileSync } from 'node:fs'
        export { default } from ${JSON.stringify(order)}
        readFileSync(${JSON.stringify(table)})`,
      )
      const local = shop.run('run', reading, 'in', '-o', 'local', '-w', '1', '--impolite')
      const ended = onSpark(reading, 'in', '-o', 'spark', '--split', '64K', '--impolite')
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
      const [mine, theirs] = ['spark', 'local'].map((name) =>
        JSON.parse(readFileSync(join(shop.folder, name, 'manifest.json'), 'utf8')),
      )
      for (const field of ['tables', 'inputs', 'completeness', 'records', 'rejected', 'bytes', 'counters'])
        expect(mine[field]).toEqual(theirs[field])
      expect(theirs.filesRead).toMatchObject([{ path: table }])
      // The same file has another identity on each machine.
      expect(mine.filesRead).toBeNull()

      const events = shop.journal()
      expect(JSON.stringify(events)).not.toContain('sideFiles')
      const started = events.filter(({ type }) => type === 'attempt-started')
      const plan: Plan = JSON.parse(readFileSync(join(shop.runs().at(-1)!, 'plan.json'), 'utf8'))
      expect(started).toHaveLength(plan.tasks.length + plan.partitions)
      expect(plan.spark).toMatchObject({ master: 'local[2]', deployMode: 'client' })
      expect(events.at(-1)).toMatchObject({ type: 'result-committed' })
      expect(shop.run('runs').stdout).toContain('complete')
      expect(shop.run('explain', 'last').stdout).toContain('tasks on Spark use nothing that was kept')
      expect(shop.run('verify', 'spark').status).toBe(0)
    })

    it('gives every shipped job the digest it has here, and each of its map tasks the same bytes', () => {
      for (const { name, job, words } of makeShippedJobs(shop)) {
        const local = shop.run('run', job, ...words, '-o', `${name}-local`, '--no-reuse', '--impolite')
        const written = spillsOf(shop)
        const ended = onSpark(job, ...words, '-o', `${name}-spark`)
        expect(ended, ended.stderr).toMatchObject({ status: 0 })
        expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
        expect(spillsOf(shop)).toEqual(written)
      }
    })
  },
)
