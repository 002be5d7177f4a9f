/** The digest does not change when memory is so small that everything is spilled, nor with several partitions. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLongFile, makeOrderedFiles, makePadding, writeFiles } from '../fixtures/ordered-inputs.ts'
import { Workshop } from '../fixtures/program.ts'

const job = fileURLToPath(new URL('../fixtures/jobs/order.job.ts', import.meta.url))
const seed = process.env.TALLYMAN_SEED ?? 'twelve'

let shop: Workshop
let digest: string
beforeAll(() => {
  shop = new Workshop()
  writeFiles(join(shop.folder, 'in'), [
    ...makeOrderedFiles(seed, 120),
    // Its name is in every line, and with it in what is spilled.
    makeLongFile(`many-${'long-'.repeat(24)}lines.txt`, seed, 18_000),
    // Below 16 MiB of input there is one partition.
    makePadding('pad.txt', 17),
  ])
  digest = shop.digestOf(run('-w', '1', '--split', 'whole'))
})
afterAll(() => shop.remove())

function run(...options: readonly string[]) {
  return shop.run('run', job, 'in', '--no-reuse', ...options)
}

/** The least memory that is accepted, in MiB, as the message about too little names it. */
function leastMemory(...options: readonly string[]): number {
  const refused = run('--memory', '1M', ...options)
  expect(refused.status).toBe(2)
  const least = Number(/--memory (\d+)M or more/.exec(refused.stderr)?.[1])
  expect(run('--memory', `${least - 1}M`, '--dry-run', ...options).status).toBe(2)
  return least
}

/** Rounds of spills of each map task, as the journal has them: a file's name tells its round. */
function spillRounds(): number[] {
  return shop.journal().flatMap((event) => {
    if (event.type !== 'map-committed') return []
    const { spills } = event.report
    return [1 + Math.max(-1, ...spills.map(({ name }) => Number(/^s(\d+)\.spill$/.exec(name)?.[1])))]
  })
}

describe(`a digest (seed ${seed})`, { timeout: 180_000 }, () => {
  it.each([
    ['process', 1, 'whole'],
    ['thread', 1, '256K'],
    ['process', 3, '1M'],
    ['thread', 2, 'whole'],
  ] as const)(
    'is the same with the least memory for --isolation %s --workers %i, --split %s',
    (isolation, workers, split) => {
      const how = ['--isolation', isolation, '--workers', String(workers), '--split', split]
      const ended = run('--memory', `${leastMemory(...how)}M`, ...how)
      expect(ended).toMatchObject({ status: 0 })
      expect(shop.digestOf(ended)).toBe(digest)
      const failed = shop.journal().filter(({ type }) => type === 'attempt-failed')
      expect(failed).toEqual([])
      if (split === 'whole') expect(Math.max(...spillRounds())).toBeGreaterThanOrEqual(3)
      const partitions = shop.journal().filter(({ type }) => type === 'reduce-committed')
      expect(partitions.length).toBeGreaterThan(1)
    },
  )
})
