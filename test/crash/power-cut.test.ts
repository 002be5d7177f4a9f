/**
 * A power cut: what a run has on the disk at a moment of chance, and of everything that was not synced a part is taken back, in
 * no order: spills and part files are cut, zeroed or gone, the end of the journal is missing. `resume` must give the
 * bytes of the run itself, which goes on.
 */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markedProcesses, markName } from '../fixtures/process-tree.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

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
  const lines = readFileSync(journal, 'utf8')
  const planned = lines.indexOf('\n', lines.indexOf('\n') + 1) + 1
  if (chance() < 0.6) truncateSync(journal, planned + Math.floor(chance() * (lines.length - planned)))
}

const seeds = [1, 2, 3, 4, 5, 6]
const mark = `power-cut-${process.pid}`
const options = [
  '--split',
  '3K',
  '--memory',
  '400M',
  '-w',
  '2',
  '--no-reuse',
  '--impolite',
  '--no-speculation',
]

let shop: Workshop
let undisturbed: string
let child: ChildProcess | undefined
/** What each seed has in store for its cut, once it has said when that comes. */
const chances = new Map(seeds.map((seed) => [seed, chanceOf(seed)]))

/** The home of a run, and as it was at the moment of one of the seeds. */
function homeOf(seed?: number): string {
  return join(shop.folder, seed === undefined ? 'home' : `home-${seed}`)
}

/** The only run there. */
function runOf(seed?: number): string {
  const runs = join(homeOf(seed), 'runs')
  return join(runs, (existsSync(runs) ? readdirSync(runs)[0] : undefined) ?? 'none')
}

/** How often its journal tells of that; -1 while there is none, which appears when the plan is on the disk. */
function told(type: string, seed?: number): number {
  const journal = join(runOf(seed), 'journal.jsonl')
  return existsSync(journal) ? readFileSync(journal, 'utf8').split(`"type":"${type}"`).length - 1 : -1
}

/** Copies all that the run has, while none of its processes does anything. */
function copyFor(seed: number, pid: number): void {
  process.kill(pid, 'SIGSTOP')
  const pids = [pid, ...markedProcesses(mark).flatMap((other) => (other.pid === pid ? [] : [other.pid]))]
  for (const one of pids) process.kill(one, 'SIGSTOP')
  execFileSync('cp', ['-a', homeOf(), homeOf(seed)])
  for (const one of pids) process.kill(one, 'SIGCONT')
}

beforeAll(async () => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) {
    const lines = Array.from({ length: 3000 }, (_, index) => `${name} ${(index * 31) % 97} word\n`)
    shop.write(`in/${name}.txt`, `${lines.join('')}${name === 'c' ? 'last\n' : ''}`)
  }
  // The last task waits until all is copied: the run is at work at each of the moments.
  shop.job(
    'words.job.ts',
    'if (line === "last") while (!existsSync("go")) Atomics.wait(clock, 0, 0, 5); for (const word of line.split(" ")) emit(word)',
    `import { existsSync } from 'node:fs'\nconst clock = new Int32Array(new SharedArrayBuffer(4))`,
  )
  child = shop.startIn({ env: { [markName]: mark } }, 'run', 'words.job.ts', 'in', ...options)
  if (child.pid === undefined || child.stdout === null || child.stderr === null)
    throw new Error('The run could not be started.')
  const outputs = [text(child.stdout), text(child.stderr)]
  const ended = once(child, 'close')
  // Any moment will do from the plan on, one in each sixth of the run: as so many of the other map tasks are done.
  for (const [seed, chance] of chances) {
    const done = Math.floor(((seed - 1 + chance()) / seeds.length) * 29)
    await until('the moment', () => told('map-committed') >= done, 40_000, 10)
    copyFor(seed, child.pid)
  }
  shop.write('go', '')
  const [[status], stdout = '', stderr = ''] = await Promise.all([ended, ...outputs])
  undisturbed = shop.digestOf({ status, stdout, stderr })
})
afterAll(() => {
  child?.kill('SIGKILL')
  shop.remove()
})

describe('resume after a power cut', () => {
  it.each(seeds)('gives the bytes of an undisturbed run, seed %i', (seed) => {
    // The run was at work.
    expect(told('result-committed', seed)).toBe(0)
    loseUnsynced(runOf(seed), chances.get(seed) ?? Math.random)
    const resumed = shop.runIn({ env: { TALLYMAN_HOME: homeOf(seed) } }, 'resume', 'last')
    expect(resumed.status, `seed ${seed}: ${resumed.stderr}`).toBe(0)
    expect(shop.digestOf(resumed), `seed ${seed}`).toBe(undisturbed)
  })
})
