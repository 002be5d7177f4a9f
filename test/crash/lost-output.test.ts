/** What a run has written is damaged behind its back; the bytes of the result must not change. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'

let shop: Workshop
/** The digest of a run that nobody disturbs. */
let undisturbed: string
/** A home with nothing but a run that was refused before the reduce stage, for one rejected record, and that run. */
let refusedHome: string
let refusedId: string
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c', 'd']) {
    const lines = Array.from({ length: 200 }, (_, index) => `${name}${index % 50}\nboth${index % 7}\n`)
    shop.write(`in/${name}.txt`, `${lines.join('')}stop ${name}\n`)
  }
  shop.job('words.job.ts', 'if (line === "stop d") throw new Error("not this one"); emit(line)')
  expect(shop.run('run', 'words.job.ts', 'in', '-w', '1', '--no-reuse', '--impolite')).toMatchObject({
    status: 3,
  })
  refusedId = basename(shop.runs()[0] ?? '')
  refusedHome = join(shop.folder, 'refused-home')
  renameSync(join(shop.folder, 'home'), refusedHome)
  undisturbed = shop.digestOf(
    shop.run('run', 'words.job.ts', 'in', '-w', '1', '--no-reuse', '--impolite', '--max-bad', '9'),
  )
})
afterAll(() => shop.remove())

/** The refused run, in a home of this name alone. */
function refusedRun(name: string): { readonly env: Readonly<Record<string, string>>; readonly run: string } {
  const home = join(shop.folder, name)
  execFileSync('cp', ['-a', refusedHome, home])
  return { env: { TALLYMAN_HOME: home }, run: join(home, 'runs', refusedId) }
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

/** What a list of rejected records may suffer: it carries no checksum. */
const damagesOfLists = Object.keys(damages).filter((name) => !name.includes('bit'))

interface Resumed {
  readonly ended: Ended
  readonly run: string
  /** The list of the run's rejected records, as it was before. */
  readonly rejected: string
  /** Tasks of the events of a type since the run was resumed. */
  tasksOf(type: string): (string | undefined)[]
}

const resumedRuns = new Map<string, Resumed>()

/** Damages the spill of one task, and the list of rejected records of another one where that can be, and resumes; once for each kind of damage. */
function resumedOver(name: string): Resumed {
  const known = resumedRuns.get(name)
  if (known !== undefined) return known
  const { env, run } = refusedRun(`home-${resumedRuns.size}`)
  const rejected = readFileSync(join(run, 'rejected.jsonl'), 'utf8')
  const folder = join(run, 'committed', 'map-00002')
  damages[name]?.(join(folder, readdirSync(folder)[0] ?? ''))
  if (damagesOfLists.includes(name)) damages[name]?.(join(run, 'committed', 'map-00003', 'rejected.jsonl'))
  const ended = shop.runIn({ env }, 'resume', 'last', '--max-bad', '9')
  expect(ended, ended.stderr).toMatchObject({ status: 0 })
  const events = shop.events(run)
  const since = events.slice(events.findIndex(({ type }) => type === 'resumed'))
  const tasksOf: Resumed['tasksOf'] = (type) =>
    since.flatMap((event) => (event.type === type ? [event.task] : [])).sort()
  const resumed = { ended, run, rejected, tasksOf }
  resumedRuns.set(name, resumed)
  return resumed
}

/** The tasks that are to be lost, and done again: no other one. */
function damagedTasks(name: string): string[] {
  return damagesOfLists.includes(name) ? ['map-00002', 'map-00003'] : ['map-00002']
}

describe('resume over damaged spills', () => {
  it.each(Object.keys(damages))('does the one task again whose spill is damaged: %s', (name) => {
    const { ended, tasksOf } = resumedOver(name)
    expect(shop.digestOf(ended)).toBe(undisturbed)
    expect(tasksOf('output-lost')).toEqual(damagedTasks(name))
    expect(tasksOf('map-committed')).toEqual(damagedTasks(name))
  })
})

describe('resume over a damaged list of rejected records', () => {
  it.each(damagesOfLists)('does the one task again whose list is damaged: %s', (name) => {
    const { run, rejected, tasksOf } = resumedOver(name)
    expect(readFileSync(join(run, 'rejected.jsonl'), 'utf8')).toBe(rejected)
    expect(tasksOf('output-lost')).toEqual(damagedTasks(name))
    expect(tasksOf('map-committed')).toEqual(damagedTasks(name))
  })
})

describe('resume over a damaged outlet.json', () => {
  it('names the file and the way out, and goes on once that is gone', () => {
    const { env, run } = refusedRun('home-outlet')
    const outlet = join(run, 'outlet.json')
    truncateSync(outlet, 5)
    const ended = shop.runIn({ env }, 'resume', 'last', '--max-bad', '9')
    expect(ended.stderr).toContain(`${outlet} is damaged: it is no JSON.\nIt says where the result goes.`)
    rmSync(outlet)
    expect(shop.runIn({ env }, 'resume', 'last', '--max-bad', '9')).toMatchObject({ status: 0 })
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
    expect(shop.run('run', 'words.job.ts', 'packed', '-w', '1', '--no-reuse', '--impolite')).toMatchObject({
      status: 3,
    })
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
