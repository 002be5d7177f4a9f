/** How many workers are started where more are asked for than there are cores. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  for (let file = 0; file < 16 * availableParallelism(); file++)
    shop.write(`in/${file}.txt`, `line ${file}\n`)
})
afterAll(() => shop.remove())

describe.each(['process', 'thread'])('with --isolation %s', (isolation) => {
  it('no more are started than twice the cores while these are all at work, and the reason is said', () => {
    const job = shop.job(
      'busy.job.ts',
      'const end = performance.now() + 400; while (performance.now() < end); emit(line)',
    )
    const [begun, asked] = [2 * availableParallelism(), 8 * availableParallelism()]
    const how = [
      '-w',
      `${asked}`,
      '--isolation',
      isolation,
      '--impolite',
      '--no-reuse',
      '--events',
      'events.jsonl',
    ]
    const ended = shop.run('run', job, 'in', ...how)
    expect(ended.status, ended.stderr).toBe(0)
    expect(ended.stderr).toMatch(
      new RegExp(`^No more than ${begun} of ${asked} workers are started: bound by .+\\.$`, 'm'),
    )
    const events: RunEvent[] = readFileSync(join(shop.folder, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const seats = events.flatMap((event) => (event.type === 'attempt-started' ? [event.seat] : []))
    expect(Math.max(...seats)).toBe(begun - 1)
  })
})
