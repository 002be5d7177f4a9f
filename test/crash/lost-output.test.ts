/** What a run has written is damaged behind its back; the bytes of the result must not change. */
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'

let shop: Workshop
beforeEach(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c', 'd']) {
    const lines = Array.from({ length: 200 }, (_, index) => `${name}${index % 50}\nboth${index % 7}\n`)
    shop.write(`in/${name}.txt`, `${lines.join('')}stop ${name}\n`)
  }
  shop.job('words.job.ts', 'if (line === "stop d") throw new Error("not this one"); emit(line)')
})
afterEach(() => shop.remove())

/** Runs to the refusal before the reduce stage, for one rejected record. */
function refusedRun(): string {
  expect(shop.run('run', 'words.job.ts', 'in', '-w', '1', '--no-reuse')).toMatchObject({ status: 3 })
  return shop.runs().at(-1) ?? ''
}

const damages: Record<string, (file: string) => void> = {
  'a flipped bit': (file) => {
    const bytes = readFileSync(file)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 4
    writeFileSync(file, bytes)
  },
  'a file cut short': (file) => truncateSync(file, 30),
  'an empty file': (file) => truncateSync(file, 0),
  'a file that is gone': (file) => rmSync(file),
  'a folder in its place': (file) => {
    rmSync(file)
    mkdirSync(file)
  },
  'a pipe in its place, that nobody writes to': (file) => {
    rmSync(file)
    spawnSync('mkfifo', [file])
  },
  'a file where its folder was': (file) => {
    rmSync(dirname(file), { recursive: true })
    writeFileSync(dirname(file), '')
  },
}

describe('resume over damaged spills', () => {
  it.each(Object.keys(damages))('does the one task again whose spill is damaged: %s', (name) => {
    const undisturbed = shop.digestOf(
      shop.run('run', 'words.job.ts', 'in', '-w', '1', '--no-reuse', '--max-bad', '9'),
    )
    const run = refusedRun()
    const spill = join(
      run,
      'committed',
      'map-00002',
      readdirSync(join(run, 'committed', 'map-00002'))[0] ?? '',
    )
    damages[name]?.(spill)
    const ended = shop.run('resume', 'last', '--max-bad', '9')
    expect(ended).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(undisturbed)
    const events = shop.events(run)
    const resumed = events.slice(events.findIndex(({ type }) => type === 'resumed'))
    expect(resumed.filter(({ type }) => type === 'output-lost').map(({ task }) => task)).toEqual([
      'map-00002',
    ])
    expect(resumed.filter(({ type }) => type === 'map-committed').map(({ task }) => task)).toEqual([
      'map-00002',
    ])
  })
})

describe('resume over a damaged list of rejected records', () => {
  it.each(Object.keys(damages).filter((name) => !name.includes('bit')))(
    'does the one task again whose list is damaged: %s',
    (name) => {
      const run = refusedRun()
      const list = join(run, 'rejected.jsonl')
      const undisturbed = readFileSync(list, 'utf8')
      damages[name]?.(join(run, 'committed', 'map-00003', 'rejected.jsonl'))
      const ended = shop.run('resume', 'last', '--max-bad', '9')
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      expect(readFileSync(list, 'utf8')).toBe(undisturbed)
      const lost = shop.events(run).filter(({ type }) => type === 'output-lost')
      expect(lost.map(({ task }) => task)).toEqual(['map-00003'])
    },
  )
})

describe('resume over a damaged outlet.json', () => {
  it('names the file and the way out, and goes on once that is gone', () => {
    const outlet = join(refusedRun(), 'outlet.json')
    truncateSync(outlet, 5)
    const ended = shop.run('resume', 'last', '--max-bad', '9')
    expect(ended.stderr).toContain(`${outlet} is damaged: it is no JSON.\nIt says where the result goes.`)
    rmSync(outlet)
    expect(shop.run('resume', 'last', '--max-bad', '9')).toMatchObject({ status: 0 })
  })
})

describe('a spill that is lost, of an input that is damaged by then', () => {
  it('is told as that, and goes on once the input is as it was', () => {
    for (const name of ['c', 'd'])
      shop.write(`packed/${name}.txt.gz`, gzipSync(readFileSync(join(shop.folder, `in/${name}.txt`))))
    const input = join(shop.folder, 'packed/c.txt.gz')
    const whole = readFileSync(input)
    const put = (bytes: Buffer): void => {
      writeFileSync(input, bytes)
      utimesSync(input, 1, 1)
    }
    put(whole)
    expect(shop.run('run', 'words.job.ts', 'packed', '-w', '1', '--no-reuse')).toMatchObject({ status: 3 })
    const run = shop.runs().at(-1) ?? ''
    rmSync(join(run, 'committed', 'map-00000', 's0.spill'))
    put(Buffer.concat([whole.subarray(0, -8), Buffer.from('01234567')]))
    const ended = shop.run('resume', 'last', '--max-bad', '9')
    expect(ended, ended.stderr).toMatchObject({ status: 1 })
    expect(ended.stderr).toMatch(
      /What task map-00000 \(packed\/c\.txt\.gz\) wrote was lost, and it cannot be done again: packed\/c\.txt\.gz, byte [\d,]+ .*CRC-32/,
    )
    expect(ended.stderr).toContain('\nPut the input back as it was and resume, or run the job again')
    put(whole)
    expect(shop.run('resume', 'last', '--max-bad', '9')).toMatchObject({ status: 0 })
  })
})

describe('a job that is not deterministic', () => {
  it('ends the run when a task that runs again gives other bytes', () => {
    shop.job(
      'chance.job.ts',
      'if (line === "a1" && Math.random() < 2) emit(String(Math.random())); if (line === "b1") throw new Error("stop here")',
    )
    expect(shop.run('run', 'chance.job.ts', 'in', '-w', '1')).toMatchObject({ status: 3 })
    const run = shop.runs().at(-1) ?? ''
    rmSync(join(run, 'committed', 'map-00000', 's0.spill'))
    const ended = shop.run('resume', 'last', '--max-bad', '100')
    expect(ended).toMatchObject({ status: 1 })
    expect(ended.stderr).toContain('Task map-00000 (in/a.txt) gave other output when it ran again.')
    expect(ended.stderr).toContain('ctx.random')
  })
})
