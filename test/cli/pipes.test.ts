/** What happens when whoever reads or waits has enough: closed pipes, full disks, signals. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { eventually } from '../fixtures/shell.ts'
import { requires } from '../requires.ts'

const shop = new Workshop()
afterAll(() => shop.remove())
shop.write('numbers.txt', Array.from({ length: 6000 }, (_, index) => `${index}\n`).join(''))
const job = shop.job('lines.job.ts', 'emit(line)')
const waits = shop.job(
  'waits.job.ts',
  // Without end, and without a core.
  `writeFileSync('begun', ''); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)`,
  `import { writeFileSync } from 'node:fs'`,
)
shop.write(
  'loads.job.ts',
  `import { writeFileSync } from 'node:fs'
  writeFileSync('loading', '')
  for (;;);
  export default null`,
)
const firstRun = shop.run('run', job, 'numbers.txt', '-q')
if (firstRun.status !== 0) throw new Error(firstRun.stderr)
const runsLeft = (): string[] => readdirSync(join(shop.folder, 'home/runs'))
const [firstId = ''] = runsLeft()

describe('a reader that has enough', () => {
  it('could read more than a pipe holds', () => {
    expect(statSync(join(shop.folder, 'home/runs', firstId, 'result/result.jsonl')).size).toBeGreaterThan(
      2 ** 17,
    )
  })

  it.each([
    ['rows of a table', `run ${job} numbers.txt -o -`],
    ['the head of a table', `run ${job} numbers.txt --rows 10`],
    ['a plan', `run ${job} numbers.txt --dry-run`],
    ['a list of runs', 'runs'],
    ['a run', 'show last'],
    ['help', 'run --help'],
    ['the manual', 'man'],
  ])('ends %s quietly', (_, args) => {
    const { status, stdout, stderr } = shop.shell(`set -o pipefail; tallyman ${args} | head -n 1`)
    expect(status).toBe(0)
    expect(stdout.split('\n')).toHaveLength(2)
    expect(stderr).not.toMatch(/EPIPE|Error|^ +at /m)
  })

  it('of stderr as well does not stop the run', () => {
    const { status, stdout } = shop.shell(
      `tallyman run ${job} numbers.txt -o counted 2>&1 | head -n 1; echo "\${PIPESTATUS[0]}"`,
    )
    expect([status, stdout.split('\n').at(-2)]).toEqual([0, '0'])
    expect(existsSync(join(shop.folder, 'counted', 'manifest.json'))).toBe(true)
  })

  it('leaves no run behind where there was only a plan', () => {
    const before = runsLeft()
    for (let turn = 0; turn < 3; turn++) shop.shell(`tallyman run ${job} numbers.txt --dry-run | head -n 1`)
    expect(runsLeft()).toEqual(before)
  })
})

describe('a quota that is used up', () => {
  it('before a run has written who it is leaves no folder that passes for the last run', () => {
    const before = runsLeft()
    const { status, stderr } = shop.shell(`ulimit -f 0; tallyman run ${job} numbers.txt -q`)
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Error: .*run\.json/)])
    expect(runsLeft()).toEqual(before)
  })

  it('by the result names it, keeps what was counted, and leaves nothing in its place', () => {
    shop.write(
      'quotes.job.ts',
      `import { collect, defineJob, text } from 'tallyman'
      export default defineJob({
        input: text(),
        reduce: collect<string, string[]>(),
        map(line, emit) { emit(line, ['"'.repeat(3000)]) },
      })`,
    )
    shop.write('rows.txt', Array.from({ length: 600 }, (_, index) => `${index}\n`).join(''))
    // Quotes are doubled in a cell of CSV: the result is longer than any file of the run.
    const { stdout } = shop.shell(
      `(ulimit -f 4500; tallyman run quotes.job.ts rows.txt -o quoted --format csv 2>&1; echo "ended $?") | cat; ls | grep -c quoted`,
    )
    expect(stdout).toMatch(
      /^Error: The disk has no room for the result, .*quoted, or a quota on it is used up\.\nMake room there\.\nRun \S+ failed; nothing was committed\. What was done is kept; to try again: tallyman resume \S+-quotes\nended 1\n0\n$/m,
    )
    expect(shop.run('resume', 'last', '-q').status).toBe(0)
    expect(existsSync(join(shop.folder, 'quoted', 'result.csv'))).toBe(true)
  })
})

describe('a place to start that will not do', () => {
  it('is named where the directory was removed', () => {
    const { status, stderr } = shop.shell('mkdir gone && cd gone && rmdir ../gone && tallyman runs')
    expect([status, stderr]).toEqual([
      1,
      'Error: The directory this was started in is not there any more.\nGo to one that is, and start again.\n',
    ])
  })

  it('is told with its way out where hardly a file may be opened', () => {
    shop.write('nothing.cjs', '')
    const told: string[] = []
    for (let files = 12; files <= 30; files += 1) {
      // With fewer than it takes itself, Node ends as it likes.
      if (shop.shell(`ulimit -n ${files}; node nothing.cjs`).status !== 0) continue
      const { status, stderr } = shop.shell(`ulimit -n ${files}; tallyman runs`)
      if (status === 0) continue
      expect([files, status, stderr]).toEqual([
        files,
        1,
        expect.stringMatching(/^Error: .*EMFILE.*\n.*llow more open files/),
      ])
      expect(stderr).not.toMatch(/^ +at /m)
      told.push(stderr)
    }
    expect(told).not.toEqual([])
  })
})

describe.skipIf(!requires('/dev/full', existsSync('/dev/full')))('a disk that is full', () => {
  it('and takes no stdout is named, once, and ends with 1; the result is there', () => {
    const { status, stderr } = shop.shell(`tallyman run ${job} numbers.txt -o kept > /dev/full`)
    expect([status, stderr.match(/^Error: .*$/gm)]).toEqual([
      1,
      ['Error: stdout takes no more of what is written to it: no space left on device.'],
    ])
    expect(stderr).not.toMatch(/^ +at /m)
    expect(shop.run('verify', 'kept').status).toBe(0)
  })

  it('and takes no stderr does not stop the run', () => {
    const { status, stdout } = shop.shell(`tallyman run ${job} numbers.txt 2> /dev/full`)
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^digest sha256:/m)])
  })

  it('fails the run whose events it should take, and the run can be resumed', () => {
    const { status, stderr } = shop.run('run', job, 'numbers.txt', '--events', '/dev/full', '-q')
    expect([status, stderr]).toEqual([
      1,
      'Error: Events could not be written to /dev/full: no space left on device.\nWhat was done is kept: `tallyman resume` goes on.\n',
    ])
    expect(shop.run('resume', 'last', '-q')).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('--events', () => {
  it.each([
    ['job', `${job}`],
    ['one of the inputs', 'several/a.txt'],
    ['one of the inputs', 'several/new.jsonl'],
  ])('is not written over %s', (what, file) => {
    shop.write('several/a.txt', 'a\n')
    const path = join(shop.folder, file)
    const before = existsSync(path) ? readFileSync(path, 'utf8') : null
    const runs = runsLeft()
    const { status, stderr } = shop.run('run', job, 'several', '--events', file, '-q')
    expect([status, stderr]).toEqual([
      2,
      `Error: Events do not go to "${path}": it is ${what === 'job' ? 'the job' : what}, and would be overwritten.\nName another file with --events, outside of what is read.\n`,
    ])
    expect(existsSync(path) ? readFileSync(path, 'utf8') : null).toBe(before)
    expect(runsLeft()).toEqual(runs)
  })

  it('takes the place of what was in the file', () => {
    shop.write('events.jsonl', 'older\n'.repeat(10_000))
    expect(shop.run('run', job, 'numbers.txt', '--events', 'events.jsonl', '-q').status).toBe(0)
    const lines = readFileSync(join(shop.folder, 'events.jsonl'), 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(
      expect.arrayContaining(['planned', 'result-committed']),
    )
  })

  it('are read from a named pipe as from a file, whoever opens it first', () => {
    const { status, stdout } = shop.shell(
      `mkfifo late; tallyman run ${job} numbers.txt --events late -q > /dev/null & sleep 0.5; head -n 1 late; wait $!`,
    )
    expect([status, JSON.parse(stdout).type]).toEqual([expect.any(Number), 'planned'])
  })

  it('wait for the reader of a named pipe no longer than until a signal comes', () => {
    const { status, stderr } = shop.shell(
      `mkfifo unread; timeout --kill-after 10 1 tallyman run ${job} numbers.txt --events unread -q`,
    )
    expect([status, stderr]).toEqual([124, 'Interrupted before a record was read.\n'])
  })
})

describe('a signal', () => {
  async function interrupted(signals: readonly NodeJS.Signals[], begun: string, ...args: readonly string[]) {
    rmSync(join(shop.folder, begun), { force: true })
    const child = shop.start(...args)
    let stderr = ''
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    const ended = new Promise<readonly [number | null, string]>((resolve) =>
      child.once('close', (code) => resolve([code, stderr])),
    )
    await eventually(() => existsSync(join(shop.folder, begun)), `${begun} is there`)
    for (const name of signals) child.kill(name)
    return await ended
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends a run with 130, to be resumed',
    async (signal) => {
      const [code, stderr] = await interrupted([signal], 'begun', 'run', waits, 'numbers.txt')
      const id = runsLeft().sort().at(-1)
      expect(code).toBe(130)
      expect(stderr).toContain(`Interrupted: 0 of 1 map task done and kept. Go on: tallyman resume ${id}\n`)
      expect(shop.run('runs').stdout.split('\n')[0]).toMatch(new RegExp(`^${id} +interrupted `))
    },
  )

  it('says what a second one does', async () => {
    const [code, stderr] = await interrupted(['SIGINT', 'SIGTERM'], 'begun', 'run', waits, 'numbers.txt')
    expect(code).toBe(130)
    expect(stderr).toContain(
      'Asked twice to stop: ends in 2 seconds at the latest. What is committed is kept.\n',
    )
  })

  it('ends a job that loops while it is loaded, and leaves no run', async () => {
    const before = runsLeft()
    const [code, stderr] = await interrupted(['SIGINT'], 'loading', 'run', 'loads.job.ts', 'numbers.txt')
    expect([code, stderr]).toEqual([130, 'Interrupted before a record was read.\n'])
    expect(runsLeft()).toEqual(before)
  })

  it('ends help of such a job as well', async () => {
    const [code, stderr] = await interrupted(['SIGINT'], 'loading', 'run', 'loads.job.ts', '--help')
    expect([code, stderr]).toEqual([130, 'Interrupted before a record was read.\n'])
  })
})
