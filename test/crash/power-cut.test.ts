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
import { makePadding, writeFiles } from '../fixtures/ordered-inputs.ts'
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

/** Moments of the map stage, one in each sixth of its tasks, and of the reduce stage, one in each half. */
const [mapSeeds, reduceSeeds] = [
  [1, 2, 3, 4, 5, 6],
  [7, 8],
]
const seeds = [...mapSeeds, ...reduceSeeds]
const mapsBefore = 30
const mark = `power-cut-${process.pid}`
const options = [
  '--split',
  '1M',
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
  for (let at = 0; at < mapsBefore; at++) {
    const lines = Array.from(
      { length: 300 },
      (_, index) => `f${at % 3} ${((at * 300 + index) * 31) % 97} word\n`,
    )
    shop.write(`in/${String(at).padStart(2, '0')}.txt`, lines.join(''))
  }
  shop.write('in/last.txt', 'last\n')
  // Below 16 MiB of input there is one partition, and nothing of the reduce stage on the disk while that is at work.
  writeFiles(join(shop.folder, 'in'), [makePadding('00-pad.txt', 17)])
  // The last map task waits until all before it is copied, and one reduce task while others are committed: the run is at work at each of the moments.
  shop.write(
    'words.job.ts',
    `import { existsSync } from 'node:fs'
import { defineJob, groupReduce, text } from 'tallyman'
const clock = new Int32Array(new SharedArrayBuffer(4))
const waitFor = (file: string) => { while (!existsSync(file)) Atomics.wait(clock, 0, 0, 5) }
export default defineJob({
  input: text(),
  reduce: groupReduce((key: string, ones: Iterable<number>) => {
    if (key === 'last') waitFor('reduced')
    return [...ones].length
  }),
  map(line, emit) {
    if (line === 'last') waitFor('mapped')
    if (!line.startsWith('padding')) for (const word of line.split(' ')) emit(word, 1)
  },
})
`,
  )
  child = shop.startIn({ env: { [markName]: mark } }, 'run', 'words.job.ts', 'in', ...options)
  if (child.pid === undefined || child.stdout === null || child.stderr === null)
    throw new Error('The run could not be started.')
  const outputs = [text(child.stdout), text(child.stderr)]
  const ended = once(child, 'close')
  // Any moment will do from the plan on, as so many of the other tasks are done.
  const cut = async (some: readonly number[], type: string, tasks: number): Promise<void> => {
    for (const [at, seed] of some.entries()) {
      const chance = chances.get(seed) ?? Math.random
      const done = Math.floor(((at + chance()) / some.length) * tasks)
      await until('the moment', () => told(type) >= done, 40_000, 10)
      copyFor(seed, child?.pid ?? 0)
    }
  }
  await cut(mapSeeds, 'map-committed', mapsBefore)
  shop.write('mapped', '')
  await until('the first part', () => told('reduce-committed') > 0, 40_000, 10)
  await cut(reduceSeeds, 'reduce-committed', 15)
  shop.write('reduced', '')
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
    if (reduceSeeds.includes(seed)) expect(told('reduce-committed', seed)).toBeGreaterThan(0)
    loseUnsynced(runOf(seed), chances.get(seed) ?? Math.random)
    const resumed = shop.runIn({ env: { TALLYMAN_HOME: homeOf(seed) } }, 'resume', 'last')
    expect(resumed.status, `seed ${seed}: ${resumed.stderr}`).toBe(0)
    expect(shop.digestOf(resumed), `seed ${seed}`).toBe(undisturbed)
  })
})
