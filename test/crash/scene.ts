/** A run that is met in the middle by a test, and what must hold of it afterwards. */
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { leftBehind, markName } from '../fixtures/process-tree.ts'
import { Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

/** Takes its time in both stages. */
export const slow = fileURLToPath(new URL('../fixtures/jobs/slow.job.ts', import.meta.url))
export const obedient = fileURLToPath(new URL('../fixtures/jobs/obedient.job.ts', import.meta.url))

const files = 8
// What a test waits for is not to wait for what else is tested.
const common = ['--no-reuse', '--impolite']

/** A run that is going on. */
export interface Going {
  readonly child: ChildProcess
  /** Settles when it has ended. */
  readonly ended: Promise<{ readonly status: number | null; readonly stderr: string }>
}

/** Inputs are the same in every scene of a job, so its digest is. */
const digests = new Map<string, string>()

/** A workshop for one run. Every process that comes of it carries its mark. */
export class Scene {
  readonly shop = new Workshop()
  readonly mark = randomUUID()

  constructor() {
    process.env[markName] = this.mark
    for (let file = 0; file < files; file++) {
      const lines = Array.from(
        { length: 40 },
        (_, line) => `w${(line * 7 + file) % 23} both w${line % 5} f${file}`,
      )
      this.shop.write(`in/${file}.txt`, `${lines.join('\n')}\n`)
    }
  }

  async close(): Promise<void> {
    delete process.env[markName]
    const left = await leftBehind(this.mark)
    this.shop.remove()
    expect(left).toEqual([])
  }

  start(...args: readonly string[]): Going {
    const child = this.shop.start(...args)
    let stderr = ''
    child.stdout?.resume()
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    return { child, ended: once(child, 'close').then(([status]) => ({ status, stderr })) }
  }

  /** With two workers. */
  startSlow(...options: readonly string[]): Going {
    return this.start('run', slow, 'in', ...common, '-w', '2', ...options)
  }

  /** With one, where how many are at work is not the question: each costs as much as all that the job does. */
  startSlowAlone(): Going {
    return this.start('run', slow, 'in', ...common, '-w', '1')
  }

  /** A run with a result that takes a while to write. */
  startLarge(target = 'out'): Going {
    const lines = Array.from({ length: 50_000 }, (_, line) => `${line} ${'x'.repeat(20)}`)
    this.shop.write('in/many.txt', `${lines.join('\n')}\n`)
    return this.start('run', obedient, 'in', ...common, '-o', target)
  }

  /** The journal of the only run; empty while it is not there. */
  journal(): RunEvent[] {
    const [run] = existsSync(join(this.shop.folder, 'home', 'runs')) ? this.shop.runs() : []
    return run !== undefined && existsSync(join(run, 'journal.jsonl')) ? this.shop.journal(run) : []
  }

  /** The tasks that events of a type are about, in order. */
  tasksOf(type: RunEvent['type'], events: readonly RunEvent[] = this.journal()): string[] {
    return events.flatMap((event) => (event.type === type && 'task' in event ? [event.task] : []))
  }

  /** Waits until two map tasks of the slow job are committed and others run. */
  async meetInMap(): Promise<void> {
    await until('the map stage to be under way', () => this.tasksOf('map-committed').length >= 2)
    expect(this.tasksOf('map-committed').length).toBeLessThan(files)
  }

  /** Waits until its reduce stage has begun; every map task is committed then. */
  async meetInReduce(): Promise<void> {
    await until('the reduce stage', () =>
      this.tasksOf('attempt-started').some((task) => task.startsWith('reduce')),
    )
    expect(this.tasksOf('map-committed')).toHaveLength(files)
  }

  /** Waits until the result is being written: the system tells of it, since it is over in no time. To be called before that. */
  async meetInResult(around = ''): Promise<void> {
    const changes = watch(join(this.shop.folder, around), { signal: AbortSignal.timeout(40_000) })
    for await (const _ of changes) if (this.besideTarget(around).length > 0) return
  }

  /** What is written beside the target before it is renamed into place. */
  besideTarget(around = ''): string[] {
    const names = readdirSync(join(this.shop.folder, around))
    return names.filter((name) => /^\.?out\..*\.(new|old)$/.test(name))
  }

  /** The digest of a run that nobody disturbs. It has a home of its own, so that the other run stays the only one. */
  undisturbed(job = slow): string {
    const known = digests.get(job)
    if (known !== undefined) return known
    const env = { TALLYMAN_HOME: join(this.shop.folder, 'home-2') }
    const digest = this.shop.digestOf(this.shop.runIn({ env }, 'run', job, 'in', ...common))
    digests.set(job, digest)
    return digest
  }

  /** What a run must not leave: a lock, files of attempts, something half done in its directory or beside the target. */
  expectNothingLeft(): void {
    const [run = ''] = this.shop.runs()
    expect(readdirSync(join(run, 'lock'))).toEqual([])
    expect(readdirSync(join(run, 'attempts'))).toEqual([])
    const names = [...readdirSync(run), ...readdirSync(this.shop.folder)]
    expect(names.filter((name) => /\.(new|old)$/.test(name))).toEqual([])
  }

  /** Resumes to the end; what was committed before is not begun again. */
  expectResumed(job = slow): void {
    const before = this.journal()
    const resumed = this.shop.run('resume', 'last')
    expect(resumed).toMatchObject({ status: 0 })
    expect(this.shop.digestOf(resumed)).toBe(this.undisturbed(job))
    const after = this.journal().slice(before.length)
    expect(after[0]).toMatchObject({ type: 'resumed' })
    const done = [...this.tasksOf('map-committed', before), ...this.tasksOf('reduce-committed', before)]
    const begunAgain = this.tasksOf('attempt-started', after).filter((task) => done.includes(task))
    expect(begunAgain).toEqual([])
    this.expectNothingLeft()
  }
}
