/**
 * A power cut: the run is killed at a moment of chance, and then of everything that was not synced a part is taken back, in
 * no order: spills and part files are cut, zeroed or gone, the end of the journal is missing. `resume` must give the
 * bytes of an undisturbed run.
 */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

/** mulberry32: chance with a seed, so that a failure can be had again. */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What the disk had not been told to keep, it may have lost. */
function loseUnsynced(run: string, chance: () => number): void {
  const committed = join(run, 'committed')
  // Cut off before its first worker was there, a run has nothing to lose but its journal.
  const entries = existsSync(committed)
    ? readdirSync(committed, { withFileTypes: true, recursive: true })
    : []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const { size } = statSync(file)
    const what = chance()
    if (what < 0.2) truncateSync(file, Math.floor(chance() * size))
    else if (what < 0.3) writeFileSync(file, Buffer.alloc(size))
    else if (what < 0.4) rmSync(file)
  }
  const journal = join(run, 'journal.jsonl')
  const text = readFileSync(journal, 'utf8')
  const planned = text.indexOf('\n', text.indexOf('\n') + 1) + 1
  if (chance() < 0.6) truncateSync(journal, planned + Math.floor(chance() * (text.length - planned)))
}

let shop: Workshop
let undisturbed: string
const options = ['--split', '3K', '--memory', '400M', '-w', '2', '--no-reuse']

beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) {
    const lines = Array.from({ length: 3000 }, (_, index) => `${name} ${(index * 31) % 97} word\n`)
    shop.write(`in/${name}.txt`, lines.join(''))
  }
  shop.job('words.job.ts', 'for (const word of line.split(" ")) emit(word)')
  undisturbed = shop.digestOf(shop.run('run', 'words.job.ts', 'in', ...options))
})
afterAll(() => shop.remove())

describe('resume after a power cut', () => {
  it.each([1, 2, 3, 4, 5, 6])('gives the bytes of an undisturbed run, seed %i', async (seed) => {
    const chance = chanceOf(seed)
    const child = shop.start('run', 'words.job.ts', 'in', ...options)
    const ended = once(child, 'exit')
    const before = shop.runs().length
    // The journal appears when the plan is on the disk; from then on any moment will do.
    const isPlanned = (): boolean =>
      shop.runs().length > before && existsSync(join(shop.runs().at(-1) ?? '', 'journal.jsonl'))
    while (!isPlanned() && child.exitCode === null) await sleep(2)
    await sleep(chance() * 2500)
    child.kill('SIGKILL')
    await ended
    const run = shop.runs().at(-1) ?? ''
    loseUnsynced(run, chance)
    const resumed = shop.run('resume', 'last')
    const isDone = resumed.stderr.includes('is complete')
    expect(isDone ? 0 : resumed.status, `seed ${seed}: ${resumed.stderr}`).toBe(0)
    const digest = isDone
      ? JSON.parse(readFileSync(join(run, 'result', 'manifest.json'), 'utf8')).digest
      : shop.digestOf(resumed)
    expect(digest, `seed ${seed}`).toBe(undisturbed)
  })
})
