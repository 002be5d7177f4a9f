/**
 * Errors of disks and quotas, put by strace into single system calls of a run that goes on: it ends with that cause and its place, has
 * committed nothing, and once the error is gone `resume` gives the bytes of an undisturbed run.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leftBehind, markName } from '../fixtures/process-tree.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const canTrace = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0

let shop: Workshop
let undisturbed: string
const options = ['--no-reuse', '-w', '2', '--memory', '400M', '--impolite']

/** A home whose only run was killed as its first attempts were at work, none of which could end. */
async function cutOff(name: string, ...more: readonly string[]): Promise<string> {
  shop.write('wait', '')
  const home = join(shop.folder, name)
  const args = ['run', 'words.job.ts', 'in', ...options, ...more]
  const child = shop.startIn({ env: { TALLYMAN_HOME: home, [markName]: home } }, ...args)
  const ended = once(child, 'exit')
  await until('the run to begin', () => existsSync(join(home, 'runs')) && beganAttempts(home))
  child.kill('SIGKILL')
  await ended
  expect(await leftBehind(home)).toEqual([])
  rmSync(join(shop.folder, 'wait'))
  return home
}

/** The only run of a home. */
function runIn(home: string): string {
  const [name = ''] = readdirSync(join(home, 'runs'))
  return join(home, 'runs', name)
}

function beganAttempts(home: string): boolean {
  const run = runIn(home)
  return (
    existsSync(join(run, 'journal.jsonl')) && shop.events(run).some(({ type }) => type === 'attempt-started')
  )
}

/** Every call that one of these is part of, on one of these files, fails in the run that goes on. */
interface Trouble {
  readonly error: string
  readonly calls: string
  readonly files: readonly string[]
  /** Which of these calls of a thread, as strace(1) has it; every one where it is left out. */
  readonly when?: string
}

/** Goes on with the only run of a home. */
function resume(home: string): Ended {
  return shop.runIn({ env: { TALLYMAN_HOME: home } }, 'resume', 'last')
}

function resumeIn(home: string, { error, calls, files, when }: Trouble): Ended {
  const words = [
    ...['strace', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null'],
    ...files.flatMap((file) => ['-P', file]),
    ...[
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=${error}${when === undefined ? '' : `:when=${when}`}`,
    ],
    ...['tallyman', 'resume', 'last', '-q'],
  ]
  return shop.shell(`TALLYMAN_HOME='${home}' ${words.map((word) => `'${word}'`).join(' ')}`)
}

describe.skipIf(!requires('strace, and the right to trace', canTrace))(
  'an error of the system',
  { timeout: 240_000 },
  () => {
    /** What each of the errors of the run itself finds. */
    let cutHome: string
    beforeAll(async () => {
      shop = new Workshop()
      for (const name of ['a', 'b', 'c']) {
        const lines = Array.from({ length: 1000 }, (_, index) => `${name} word${index}\n`)
        shop.write(`in/${name}.txt`, lines.join(''))
      }
      const wait = JSON.stringify(join(shop.folder, 'wait'))
      shop.job(
        'words.job.ts',
        `while (existsSync(${wait})) Atomics.wait(clock, 0, 0, 10); for (const word of line.split(" ")) emit(word)`,
        "import { existsSync } from 'node:fs'; const clock = new Int32Array(new SharedArrayBuffer(4))",
      )
      undisturbed = shop.digestOf(shop.run('run', 'words.job.ts', 'in', ...options))
      cutHome = await cutOff('cut-home')
    })
    afterAll(() => shop.remove())

    const writes = 'write,pwrite64,writev,pwritev'
    const spills = (run: string): string[] =>
      [1, 2, 3, 4, 5].map((attempt) => join(run, 'attempts', `map-00001.${attempt}`, 's0.spill'))

    it.each<[string, (run: string) => Trouble, RegExp]>([
      [
        'as an input is read',
        () => ({ error: 'EIO', calls: 'pread64,read', files: [join(shop.folder, 'in/b.txt')] }),
        /in\/b\.txt, byte 0 \(line 1\): reading the file failed at its byte 0: EIO: i\/o error/,
      ],
      [
        'as a spill is written, a quota',
        (run) => ({ error: 'EDQUOT', calls: writes, files: spills(run) }),
        /EDQUOT: disk quota exceeded/,
      ],
      [
        'as a spill is written',
        (run) => ({ error: 'EIO', calls: writes, files: spills(run) }),
        /EIO: i\/o error/,
      ],
      [
        'as the journal is written, a quota',
        (run) => ({ error: 'EDQUOT', calls: writes, files: [join(run, 'journal.jsonl')], when: '3' }),
        /The journal .*journal\.jsonl could not be written: EDQUOT: disk quota exceeded, write\.\nFree some space/,
      ],
      [
        'as the journal is synced',
        (run) => ({ error: 'EIO', calls: 'fsync,fdatasync', files: [join(run, 'journal.jsonl')] }),
        /The journal .*journal\.jsonl could not be written: EIO: i\/o error, fsync\.\nSee whether the disk is well/,
      ],
    ])('%s', (what, trouble, message) => {
      const home = join(shop.folder, what.replaceAll(/\W+/g, '-'))
      execFileSync('cp', ['-a', cutHome, home])
      const { status, stdout, stderr } = resumeIn(home, trouble(runIn(home)))
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(message)
      const resumed = resume(home)
      expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
      expect(shop.digestOf(resumed)).toBe(undisturbed)
    })

    it('as the result is written where -o says, a quota', async () => {
      const home = await cutOff('home-of-out', '-o', 'out')
      const target = join(shop.folder, 'out')
      const staged = join(shop.folder, `.out.${basename(runIn(home))}.new`, 'result.jsonl')
      const { status, stdout, stderr } = resumeIn(home, { error: 'EDQUOT', calls: writes, files: [staged] })
      expect([status, stdout, existsSync(target)]).toEqual([1, '', false])
      expect(stderr).toContain(`The disk has no room for the result, ${target}, or a quota on it is used up.`)
      const resumed = resume(home)
      expect(shop.digestOf(resumed)).toBe(undisturbed)
      expect(existsSync(join(target, 'manifest.json'))).toBe(true)
    })
  },
)
