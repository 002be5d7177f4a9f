/** How many workers are started where more are asked for than there are cores. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { Workshop } from '../fixtures/program.ts'

const isolations = ['process', 'thread'] as const
const [begun, asked] = [2 * availableParallelism(), 8 * availableParallelism()]

let shop: Workshop
/** What runs said that were at work at the same time: each has every core busy for seconds, which is what bounds the others as well. */
let said: Map<string, string>
beforeAll(async () => {
  shop = new Workshop()
  for (let file = 0; file < 16 * availableParallelism(); file++)
    shop.write(`in/${file}.txt`, `line ${file}\n`)
  // All cores are busy all the same, and whoever has something better to do than to wait for the end of a time goes first.
  const job = shop.job(
    'busy.job.ts',
    'const end = performance.now() + 400; while (performance.now() < end); emit(line)',
    "import { setPriority } from 'node:os'\nsetPriority(15)",
  )
  const ended = isolations.map(async (isolation) => {
    const how = ['-w', `${asked}`, '--isolation', isolation, '--impolite', '--no-reuse']
    const child = shop.start('run', job, 'in', ...how, '--events', `${isolation}.jsonl`)
    if (child.stdout === null || child.stderr === null) throw new Error('There is no output.')
    const [stderr, , [status]] = await Promise.all([
      text(child.stderr),
      text(child.stdout),
      once(child, 'close'),
    ])
    expect(status, stderr).toBe(0)
    return [isolation, stderr] as const
  })
  said = new Map(await Promise.all(ended))
})
afterAll(() => shop.remove())

describe.each(isolations)('with --isolation %s', (isolation) => {
  it('no more are started than twice the cores while these are all at work, and the reason is said', () => {
    expect(said.get(isolation)).toMatch(
      new RegExp(`^No more than ${begun} of ${asked} workers are started: bound by .+\\.$`, 'm'),
    )
    const events: RunEvent[] = readFileSync(join(shop.folder, `${isolation}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const seats = events.flatMap((event) => (event.type === 'attempt-started' ? [event.seat] : []))
    expect(Math.max(...seats)).toBe(begun - 1)
  })
})
