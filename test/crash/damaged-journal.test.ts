/** The journal is damaged in its middle: what stands before is believed, the rest is done again, and the bytes are the same. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Surroundings, Workshop } from '../fixtures/program.ts'

let shop: Workshop
/** The digest of a run that nobody disturbs. */
let undisturbed: string
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) {
    const lines = Array.from({ length: 200 }, (_, index) => `${name}${index % 50}\nboth${index % 7}\n`)
    shop.write(`in/${name}.txt`, `${lines.join('')}stop ${name}\n`)
  }
  shop.job('words.job.ts', 'if (line === "stop b") throw new Error("not this one"); emit(line)')
  const complete = { env: { TALLYMAN_HOME: homeOf('complete') } }
  undisturbed = shop.digestOf(shop.runIn(complete, ...run, '--max-bad', '1', '-o', 'whole'))
  const refused = { env: { TALLYMAN_HOME: homeOf('refused') } }
  expect(shop.runIn(refused, ...run)).toMatchObject({ status: 3 })
})
afterAll(() => shop.remove())

const run = ['run', 'words.job.ts', 'in', '-w', '1', '--no-reuse', '--impolite']

function homeOf(name: string): string {
  return join(shop.folder, `home-${name}`)
}

/** A copy of the home with the run that is complete, or was refused for a rejected record: one for each test, and its only run. */
function copyOf(kind: 'complete' | 'refused', name: string): { surroundings: Surroundings; run: string } {
  execFileSync('cp', ['-a', homeOf(kind), homeOf(name)])
  const runs = join(homeOf(name), 'runs')
  return {
    surroundings: { env: { TALLYMAN_HOME: homeOf(name) } },
    run: join(runs, readdirSync(runs)[0] ?? ''),
  }
}

/** Flips a bit in the middle of the line of the first event that `choose` takes; returns the line's number. */
function damage(run: string, choose: (event: { type: string; task?: string }) => boolean): number {
  const file = join(run, 'journal.jsonl')
  const lines = readFileSync(file, 'utf8').split('\n')
  const at = 1 + shop.events(run).findIndex(choose)
  const line = lines[at] ?? ''
  const middle = line.length >> 1
  lines[at] = `${line.slice(0, middle)}${line[middle] === 'x' ? 'y' : 'x'}${line.slice(middle + 1)}`
  writeFileSync(file, lines.join('\n'))
  return at + 1
}

describe('resume over a journal that is damaged in its middle', { timeout: 300_000 }, () => {
  it('does again what the lost lines told of, keeps what stands before, says so, and gives the same bytes', () => {
    const { surroundings, run } = copyOf('refused', 'in-its-middle')
    const line = damage(run, ({ type, task }) => type === 'map-committed' && task === 'map-00001')
    const shown = shop.runIn(surroundings, 'show', 'last')
    expect(shown).toMatchObject({ status: 1 })
    expect(shown.stderr).toContain(`line ${line}: the checksum is wrong`)
    // What has no line in the journal is not believed, whatever it holds.
    const unproven = join(run, 'committed', 'map-00002')
    expect(existsSync(unproven)).toBe(true)
    writeFileSync(join(unproven, 'rejected.jsonl'), 'this is no list\n')
    mkdirSync(join(run, 'committed', 'reduce-00000'), { recursive: true })

    const ended = shop.runIn(surroundings, 'resume', 'last', '--max-bad', '1')
    expect(ended.stderr).toContain(`is damaged at line ${line}`)
    expect(ended.status).toBe(0)
    expect(shop.digestOf(ended)).toBe(undisturbed)
    const events = shop.events(run)
    const resumed = events.findIndex(({ type }) => type === 'resumed')
    expect(events[resumed]).toMatchObject({ distrusted: { line } })
    const committed = (from: number, to?: number) =>
      events.slice(from, to).flatMap(({ type, task }) => (type === 'map-committed' ? [task] : []))
    expect(committed(0, resumed)).toEqual(['map-00000'])
    expect(committed(resumed)).toEqual(['map-00001', 'map-00002'])
  })

  it('finishes a complete run again, although nothing is left of what its stages had written', () => {
    const { surroundings, run } = copyOf('complete', 'again')
    damage(run, ({ type }) => type === 'result-committed')
    expect(existsSync(join(run, 'committed'))).toBe(false)
    const ended = shop.runIn(surroundings, 'resume', 'last', '-o', 'whole')
    expect(ended.stderr).toContain('is damaged at line')
    expect(shop.digestOf(ended)).toBe(undisturbed)
    expect(shop.runIn(surroundings, 'verify', 'whole')).toMatchObject({ status: 0 })
  })

  it('refuses a journal whose header is damaged: nothing can be believed then', () => {
    const { surroundings, run } = copyOf('refused', 'header')
    const file = join(run, 'journal.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('tallyman', 'tallymen'))
    const ended = shop.runIn(surroundings, 'resume', 'last', '--max-bad', '1')
    expect(ended).toMatchObject({ status: 1 })
    expect(ended.stderr).toContain('does not begin as a journal')
    expect(ended.stderr).toContain('start the run again')
  })
})
