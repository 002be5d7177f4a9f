/** What goes wrong on Spark ends in the same bytes, or in a failure that says what it was; nothing is left behind. */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { leftBehind, markName } from '../fixtures/process-tree.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { hasSpark, sparkEnv } from '../fixtures/spark.ts'
import { requires } from '../requires.ts'

const misfortunes = fileURLToPath(new URL('../fixtures/jobs/misfortunes.job.ts', import.meta.url))

let shop: Workshop
let mark: string
beforeAll(() => {
  shop = new Workshop()
})
afterAll(() => shop.remove())
beforeEach(() => {
  mark = randomBytes(8).toString('hex')
})

function tallyman(...args: readonly string[]): Ended {
  return shop.runIn({ env: { ...sparkEnv, [markName]: mark } }, ...args)
}

function failures(events: readonly RunEvent[]): Extract<RunEvent, { type: 'attempt-failed' }>[] {
  return events.filter((event) => event.type === 'attempt-failed')
}

function notes(name: string): string {
  const folder = join(shop.folder, name)
  mkdirSync(folder)
  return `notes=${folder}`
}

function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
}

/** Has Python believe that it is of another version. */
function versionOf(major: number, minor: number): string {
  return (
    'import collections, sys\n' +
    'Version = collections.namedtuple("Version", "major minor micro releaselevel serial")\n' +
    `sys.version_info = Version(${major}, ${minor}, 0, "final", 0)\n`
  )
}

/** The ways in which attempts at these tasks went wrong. */
function codesOf(task: RegExp, events: readonly RunEvent[]): string[] {
  const codes = failures(events)
    .filter((event) => task.test(event.task))
    .map(({ fault }) => fault.code)
  return [...new Set(codes)].sort()
}

describe.skipIf(!requires('pyspark with Java', hasSpark))('a run on Spark', { timeout: 600_000 }, () => {
  it('goes on after attempts that exit, hang, write garbage or are killed, blocks that were damaged and the death of the daemon of Python, and passes over a record that kills', async () => {
    const hows = ['exits', 'is killed', 'hangs', 'writes garbage']
    for (const [at, how] of hows.entries())
      shop.write(`faults/${at}.txt`, `before ${at}\nmap once ${how}\nreduce ${how}\nafter ${at}\n`)
    shop.write('faults/8.txt', 'reduce damages blocks\nreduce kills the daemon\n')
    shop.write('faults/9.txt', 'good\nmap always exits\nbetter\n')
    const how = ['--attempts', '6', '--task-timeout', '5', '--max-bad', '1', '--impolite']
    // As if all that goes wrong once had gone wrong before: the record that kills each time does it here, too.
    for (const once of hows.map((how) => how.replaceAll(' ', '-')))
      for (const stage of ['map', 'reduce']) shop.write(`local-notes/${stage}-${once}`, '')
    for (const once of ['damages-blocks', 'kills-the-daemon']) shop.write(`local-notes/reduce-${once}`, '')
    const undisturbed = `notes=${join(shop.folder, 'local-notes')}`
    const local = shop.run('run', misfortunes, 'faults', '-p', undisturbed, ...how, '-w', '1')
    expect(failures(shop.journal()).map(({ fault }) => fault.code)).not.toContain('no-progress')
    const options = ['-p', notes('spark-notes'), ...how, '-o', 'faults-out', '--on', 'local[2]']
    const ended = tallyman('run', misfortunes, 'faults', ...options, '--split', '1K')
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(ended)).toBe(shop.digestOf(local))
    const manifest = JSON.parse(readFileSync(join(shop.folder, 'faults-out', 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ records: 20, rejected: 1, counters: { lines: 20 } })

    const events = shop.journal()
    const all = ['job-exited', 'killed', 'no-progress', 'protocol-broken']
    expect(codesOf(/^map/, events)).toEqual(all)
    expect(codesOf(/^reduce/, events)).toEqual(['file-damaged', ...all])
    // What the daemon had forked went on, and told of it.
    expect(failures(events).some(({ fault }) => fault.message.includes('process.exit(4)'))).toBe(true)
    // What could not be read any more was mapped again, and no task is blamed for that.
    expect(events.filter(({ type }) => type === 'output-lost').length).toBeGreaterThan(0)
    // Its cause, the record it was at, and what it printed are where those of any run are.
    const run = shop.runs().at(-1)!
    const rejected = readFileSync(join(run, 'rejected.jsonl'), 'utf8')
    expect(JSON.parse(rejected)).toMatchObject({ path: 'faults/9.txt', line: 2 })
    const logs = shop.run('logs', 'last').stdout
    expect(logs).toContain('seen: before 0')
    expect(logs).toContain('killed: the daemon')
    expect(
      readdirSync(join(run, 'logs')).filter((name) => name.endsWith('.death.json')).length,
    ).toBeGreaterThan(4)
    // Of those, too, that Spark does not know of, since another one followed within its own attempt.
    const atRecord = failures(events).filter(({ place }) => place !== undefined)
    expect(atRecord.length).toBeGreaterThan(1)
    for (const { task, attempt } of atRecord)
      expect(existsSync(join(run, 'logs', `${task}.${attempt}.death.json`))).toBe(true)
    expect(await leftBehind(mark)).toEqual([])
  })

  it('commits nothing over damage and rejected records, as a run here, and goes on when they are accepted', async () => {
    shop.job(
      'lines.job.ts',
      `if (line.startsWith('bad')) throw new Error('bad line'); emit(line.slice(0, 1))`,
    )
    shop.write('lacking/a.txt', 'one\nbad one\ntwo\nbad two\n')
    const archive = shop.write(
      'lacking/b.txt.gz',
      gzipSync(`${'three\n'.repeat(10_000)}${randomBytes(5000).toString('hex')}\n`),
    )
    truncateSync(archive, 3000)
    const local = shop.run('run', 'lines.job.ts', 'lacking', '--impolite')
    const refused = tallyman('run', 'lines.job.ts', 'lacking', '--impolite', '--on', 'local[2]')
    const own = (text: string): string => text.replaceAll(/\d{8}-\d{6}-lines(-\d+)?/g, 'RUN')
    expect([refused.status, local.status]).toEqual([3, 3])
    expect(own(refused.stderr)).toContain('b.txt.gz')
    expect(refused.stderr).toContain('maps all again, since Spark keeps nothing')
    const [theirs, mine] = shop
      .runs()
      .slice(-2)
      .map((run) => shop.journal(run).at(-1))
    expect({ ...mine, at: 0 }).toEqual({ ...theirs, at: 0 })
    expect(await leftBehind(mark)).toEqual([])

    const accepted = ['--max-bad', '2', '--accept', 'b.txt.gz']
    const whole = shop.run('run', 'lines.job.ts', 'lacking', '--impolite', ...accepted)
    const run = shop.runs().at(-2)!
    const withoutJava = { env: { ...sparkEnv, [markName]: mark, JAVA_HOME: '/nowhere' } }
    expect(shop.runIn(withoutJava, 'resume', run, ...accepted).stderr).toContain('Spark needs Java')
    const resumed = tallyman('resume', run, ...accepted)
    expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
    expect(shop.digestOf(resumed)).toBe(shop.digestOf(whole))
    expect(resumed.stderr).toContain('the map tasks run again')
    expect(resumed.stderr).not.toMatch(/read before|of it now/)
  })

  it('fails at once where trying again is of no use, with the reason', async () => {
    shop.write('reducer/a.txt', 'x\n')
    shop.write(
      'throws.job.ts',
      `import { defineJob, groupReduce, text } from 'tallyman'
       export default defineJob({ input: text(),
         reduce: groupReduce((key: string, values: Iterable<string>) => { throw new Error('no reduce') }),
         map(line, emit) { emit(line, line) } })`,
    )
    const ended = tallyman('run', 'throws.job.ts', 'reducer', '--impolite', '--on', 'local[2]')
    expect(ended.status).toBe(1)
    expect(ended.stderr).toContain('no reduce')
    expect(failures(shop.journal())).toHaveLength(1)
    expect(shop.journal().at(-1)).toMatchObject({ type: 'failed', fault: { code: 'job-threw' } })
    expect(await leftBehind(mark)).toEqual([])
  })

  it.skipIf(!requires('the right to mount a tmpfs', canMount()))(
    'says that the disk of an executor is full',
    async () => {
      const disk = join(shop.folder, 'disk')
      mkdirSync(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3M', 'tmpfs', disk])
      onTestFinished(() => void execFileSync('umount', ['-l', disk]))
      shop.write(
        'many/a.txt',
        Array.from({ length: 60_000 }, (_, at) => `${at} ${at * 7919} ${at * 104_729}\n`).join(''),
      )
      shop.job('all.job.ts', 'emit(line)')
      const small = ['--spark-conf', `spark.local.dir=${disk}`, '--attempts', '2']
      const ended = tallyman('run', 'all.job.ts', 'many', '--impolite', '--on', 'local[2]', ...small)
      expect(ended.status).toBe(1)
      expect(ended.stderr).toMatch(/no (space|room)|is full/i)
      expect(shop.journal().at(-1)).toMatchObject({ type: 'failed', fault: { code: 'disk-full' } })
      expect(readdirSync(disk)).toEqual([])
      expect(await leftBehind(mark)).toEqual([])
    },
  )

  it('is refused before anything is planned where its master is none, or nobody listens there', () => {
    shop.write('unplanned.txt', 'x\n')
    const job = shop.job('unplanned.job.ts', 'emit(line)')
    const before = shop.runs()
    const on = (...words: readonly string[]): Ended => tallyman('run', job, 'unplanned.txt', '--on', ...words)
    for (const ended of [on('nonsense'), on('spark://'), on('local[x]', '--dry-run')])
      expect(ended).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/that is no master of Spark's.*\n.*spark:\/\/HOST:PORT/),
      })
    // A port that nobody has.
    expect(on('spark://127.0.0.1:9')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("No master of Spark's listens at spark://127.0.0.1:9"),
    })
    expect(shop.runs()).toEqual(before)
  })

  it('says so where Python of driver and executors differ', async () => {
    shop.write('version/sitecustomize.py', versionOf(3, 10))
    const python = shop.write(
      'version/python',
      `#!/bin/sh\nPYTHONPATH="${shop.folder}/version:$PYTHONPATH" exec python3 "$@"\n`,
    )
    shop.shell(`chmod +x ${python}`)
    const env = { ...sparkEnv, [markName]: mark, PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: 'python3' }
    shop.write('other-python.txt', 'x\n')
    const job = shop.job('other-python.job.ts', 'emit(line)')
    const ended = shop.runIn({ env }, 'run', job, 'other-python.txt', '--on', 'local[2]')
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(/Python of Spark's driver and of its executors differ: .*3\.10/)
    expect(ended.stderr).toContain('PYSPARK_PYTHON')
    expect(await leftBehind(mark)).toEqual([])
  })
})
