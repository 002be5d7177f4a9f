/** Jobs that take more than their share of the machine. Each loses its own attempt, and leaves nothing behind. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from '../fixtures/program.ts'
import { requires } from '../requires.ts'

let shop: Workshop
beforeAll(() => {
  shop = new Workshop()
  shop.write('in.txt', 'one\nbad\nthree\n')
})
afterAll(() => shop.remove())

/** Processes whose command line holds this word. */
function processesWith(word: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(word)
    } catch {
      // It has ended meanwhile.
      return false
    }
  }).length
}

/** A job each record of which leaves two processes behind that have shaken off their parent; they sleep for a time that nobody else asks for. */
function leaver(file: string): { readonly nap: string; readonly job: string } {
  const nap = `${300 + Math.floor(Math.random() * 600)}.${process.pid}`
  const job = shop.job(
    file,
    `spawn('sh', ['-c', 'setsid sleep ${nap} & setsid sleep ${nap} &'], { detached: true, stdio: 'ignore' }).unref(); emit(line)`,
    `import { spawn } from 'node:child_process'`,
  )
  return { nap, job }
}

/** Before a command: /sys/fs/cgroup is an empty folder for it. */
const withoutGroups = `unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' sh`

function canHideGroups(): boolean {
  return spawnSync('sh', ['-c', `${withoutGroups} true`]).status === 0
}

const bombs = [
  [
    'Buffers outside the heap',
    'held.push(...Array.from({ length: 50 }, () => Buffer.alloc(8e6, 1))); await wait(1000)',
    'of the 400 MiB it may',
  ],
  ['detached children without end', 'for (;;) { start(); await wait(1) }', 'had started'],
] as const

describe.skipIf(!requires('/proc', existsSync('/proc/self/stat')))(
  'a record that takes more than its share',
  () => {
    it.each(bombs)('is rejected with the cause, and nothing is left behind: %s', (name, code, reason) => {
      // A time to sleep that nobody else asks for, so that these processes can be told from any other.
      const nap = `${300 + Math.floor(Math.random() * 600)}.${process.pid}`
      const file = `bomb-${name.replaceAll(/\W+/g, '-')}.job.ts`
      shop.write(
        file,
        `import { spawn } from 'node:child_process'
import { count, defineJob, text } from 'tallyman'
const held: Buffer[] = []
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const start = () => spawn('sleep', ['${nap}'], { detached: true, stdio: 'ignore' }).unref()
export default defineJob({
  input: text(),
  reduce: count<string>(),
  async map(line, emit) {
    if (line === 'bad') for (;;) { ${code} }
    emit(line)
  },
})
`,
      )
      const ended = shop.run(
        'run',
        file,
        'in.txt',
        '--memory',
        '400M',
        '-w',
        '2',
        '--max-bad',
        '1',
        '--no-reuse',
      )
      expect(ended, ended.stderr).toMatchObject({ status: 0 })
      const rejected = readFileSync(join(shop.runs().at(-1) ?? '', 'rejected.jsonl'), 'utf8')
      expect(JSON.parse(rejected)).toMatchObject({ line: 2, reason: expect.stringContaining(reason) })
      expect(processesWith(nap)).toBe(0)
    })

    it('ends children that outlive a job that ends well', () => {
      const { nap, job } = leaver('leaver.job.ts')
      expect(shop.run('run', job, 'in.txt', '--no-reuse')).toMatchObject({ status: 0 })
      expect(processesWith(nap)).toBe(0)
    })

    it.skipIf(!requires('the right to mount a tmpfs', canHideGroups()))(
      'ends them where the control groups of the kernel are out of reach, as they are for most users',
      () => {
        const { nap, job } = leaver('leaver-without-groups.job.ts')
        const ended = shop.shell(`${withoutGroups} tallyman run ${job} in.txt --no-reuse`)
        expect(ended, ended.stderr).toMatchObject({ status: 0 })
        expect(processesWith(nap)).toBe(0)
      },
    )
  },
)
