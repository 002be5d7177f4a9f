/**
 * Errors of disks and quotas, put by strace into single system calls of a run that goes on: it ends with that cause and its place, has
 * committed nothing, and once the error is gone `resume` gives the bytes of an undisturbed run.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const canTrace = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0

let shop: Workshop
let undisturbed: string
const options = ['--no-reuse', '-w', '2', '--memory', '400M', '--impolite']

/** A run that was killed as its first attempts were at work, none of which could end. */
async function cutOff(...more: readonly string[]): Promise<string> {
  shop.write('wait', '')
  const before = shop.runs().length
  const child = shop.start('run', 'words.job.ts', 'in', ...options, ...more)
  const ended = once(child, 'exit')
  const begun = (): string => shop.runs()[before] ?? ''
  const journal = (): string => join(begun(), 'journal.jsonl')
  await until('the run to begin', () => begun() !== '' && existsSync(journal()) && beganAttempts(begun()))
  child.kill('SIGKILL')
  await ended
  rmSync(join(shop.folder, 'wait'))
  return begun()
}

function beganAttempts(run: string): boolean {
  return shop.events(run).some(({ type }) => type === 'attempt-started')
}

/** Every call that one of these is part of, on one of these files, fails in the run that goes on. */
interface Trouble {
  readonly error: string
  readonly calls: string
  readonly files: readonly string[]
  /** Which of these calls of a thread, as strace(1) has it; every one where it is left out. */
  readonly when?: string
}

function resume(run: string, { error, calls, files, when }: Trouble): Ended {
  const words = [
    ...['strace', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null'],
    ...files.flatMap((file) => ['-P', file]),
    ...[
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=${error}${when === undefined ? '' : `:when=${when}`}`,
    ],
    ...['tallyman', 'resume', basename(run), '-q'],
  ]
  return shop.shell(words.map((word) => `'${word}'`).join(' '))
}

describe.skipIf(!requires('strace, and the right to trace', canTrace))(
  'an error of the system',
  { timeout: 240_000 },
  () => {
    beforeAll(() => {
      shop = new Workshop()
      for (const name of ['a', 'b', 'c']) {
        const lines = Array.from({ length: 20_000 }, (_, index) => `${name} word${index}\n`)
        shop.write(`in/${name}.txt`, lines.join(''))
      }
      const wait = JSON.stringify(join(shop.folder, 'wait'))
      shop.job(
        'words.job.ts',
        `while (existsSync(${wait})) {} for (const word of line.split(" ")) emit(word)`,
        "import { existsSync } from 'node:fs'",
      )
      undisturbed = shop.digestOf(shop.run('run', 'words.job.ts', 'in', ...options))
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
    ])('%s', async (_what, trouble, message) => {
      const run = await cutOff()
      const { status, stdout, stderr } = resume(run, trouble(run))
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(message)
      const resumed = shop.run('resume', basename(run))
      expect(resumed, resumed.stderr).toMatchObject({ status: 0 })
      expect(shop.digestOf(resumed)).toBe(undisturbed)
    })

    it('as the result is written where -o says, a quota', async () => {
      const run = await cutOff('-o', 'out')
      const target = join(shop.folder, 'out')
      const staged = join(shop.folder, `out.${basename(run)}.new`, 'result.jsonl')
      const { status, stdout, stderr } = resume(run, { error: 'EDQUOT', calls: writes, files: [staged] })
      expect([status, stdout, existsSync(target)]).toEqual([1, '', false])
      expect(stderr).toContain(`The disk has no room for the result, ${target}, or a quota on it is used up.`)
      const resumed = shop.run('resume', basename(run))
      expect(shop.digestOf(resumed)).toBe(undisturbed)
      expect(existsSync(join(target, 'manifest.json'))).toBe(true)
    })
  },
)
