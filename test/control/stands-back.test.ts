/** What a polite run does while somebody else wants every core. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, getPriority } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProc, markedWorkers, markName } from '../fixtures/process-tree.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { requires } from '../requires.ts'

const mark = `stands-back-${process.pid}`
let shop: Workshop
let neighbours: ChildProcess[]
let run: ChildProcess
let said = ''
beforeAll(() => {
  shop = new Workshop()
  for (const name of ['a', 'b', 'c']) shop.write(`in/${name}.txt`, 'to be or not to be\n')
  const job = shop.job(
    'busy.job.ts',
    "while (!existsSync('go')); for (const word of line.split(' ')) emit(word)",
    "import { existsSync } from 'node:fs'",
  )
  // They are less nice than workers are, and nicer than what else is tested meanwhile.
  neighbours = Array.from({ length: availableParallelism() }, () =>
    spawn('nice', ['-n', '5', '/bin/sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  run = shop.startIn({ env: { [markName]: mark } }, 'run', job, 'in', '-w', '2', '--no-reuse')
  run.stderr?.on('data', (chunk) => {
    said += chunk
  })
})
afterAll(() => {
  for (const child of [...neighbours, run]) child.kill('SIGKILL')
  shop.remove()
})

/** proc(5): the third field of /proc/PID/stat, behind the name. */
function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}

describe.skipIf(!requires('/proc', hasProc))(
  'beside somebody who wants every core',
  { timeout: 120_000 },
  () => {
    it('workers are nice, one of them is paused, and the digest is the same', async () => {
      await until('a worker to be paused', () => markedWorkers(mark).some(({ pid }) => isStopped(pid)))
      const workers = markedWorkers(mark).map(({ pid }) => pid)
      expect(workers).toHaveLength(2)
      for (const pid of workers) expect(getPriority(pid)).toBeGreaterThan(getPriority())
      expect(workers.filter(isStopped)).toHaveLength(1)
      // It is told of a moment later than it is done.
      await until('that to be said', () => /^A worker is paused: .+\.$/m.test(said))
      for (const child of neighbours) child.kill('SIGKILL')
      shop.write('go', '')
      await until('the run to end', () => run.exitCode !== null)
      expect(run.exitCode, said).toBe(0)
      const alone: Ended = shop.run('run', 'busy.job.ts', 'in', '--no-reuse', '--impolite')
      expect(shop.run('show', shop.runs()[0] ?? '', '--json').stdout).toContain(shop.digestOf(alone))
    })
  },
)
