/** Runs that wait wherever a test wants to meet them, and processes that are all gone at the end. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'vitest'
import type { RunEvent } from '../../src/run/index.ts'
import { leftBehind, markName } from '../fixtures/process-tree.ts'
import { type Ended, Workshop } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

/** A command that goes on while the test does something else. */
export interface Going {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  /** What it has written to stderr so far. */
  said(): string
  /** Settles when it has ended and nobody writes to its output any more. */
  readonly ended: Promise<Ended>
}

const job = `
  import { existsSync, writeFileSync } from 'node:fs'
  import { count, defineJob, groupReduce, text } from 'tallyman'

  const clock = new Int32Array(new SharedArrayBuffer(4))
  function hold(where: string): void {
    writeFileSync('at-' + where, '')
    while (!existsSync('go') && !existsSync('go-' + where)) Atomics.wait(clock, 0, 0, 10)
  }

  if (existsSync('hold-loading')) hold('loading')

  export default defineJob({
    input: text(),
    reduce: { words: count<string>(), lists: groupReduce((key: string, values: Iterable<string>) => {
      if (key === 'hold-reduce') hold('reduce')
      return [...values]
    }) },
    map(line, emit) {
      if (line.startsWith('hold ')) hold(line.slice(5))
      if (line === 'throw') throw new Error('as told')
      for (const word of line.split(' ')) emit.words(word)
      if (line === 'reduce') emit.lists('hold-reduce', line)
    },
  })`

/** Inputs are the same for each, so the digest is. */
let digest: string | null = null

/**
 * A workshop with a job whose tasks wait: a line `hold NAME` until the file `go-NAME` is there, the reduce task until
 * `go-reduce` is, loading, where `hold-loading` is there, until `go-loading` is; and all until `go` is.
 */
export class HeldRun {
  readonly shop = new Workshop()
  readonly mark = randomUUID()

  constructor() {
    process.env[markName] = this.mark
    this.shop.write('held.job.ts', job)
    for (const name of ['a', 'b', 'c', 'd'])
      this.shop.write(`in/${name}.txt`, `hold ${name}\nwords of ${name}\n`)
    this.shop.write('in/e.txt', 'reduce\n')
  }

  async close(): Promise<void> {
    delete process.env[markName]
    this.letGo()
    const left = await leftBehind(this.mark)
    this.shop.remove()
    expect(left).toEqual([])
  }

  /** Arguments that run the job with a task for each file. */
  args(...more: readonly string[]): string[] {
    // Where others need the machine, a polite run would pause what a test waits for.
    return ['run', 'held.job.ts', 'in', '--no-reuse', '--impolite', '-w', '1', '--split', '16', ...more]
  }

  /** Starts the run by itself; returns its id. */
  detach(...more: readonly string[]): string {
    const { status, stdout, stderr } = this.shop.run(...this.args('--detach', ...more))
    expect([status, stderr.includes('Error')]).toEqual([0, false])
    return stdout.trim()
  }

  start(...args: readonly string[]): Going {
    const child = this.shop.start(...args)
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    return {
      pid: child.pid ?? 0,
      kill: (signal) => void child.kill(signal),
      said: () => stderr,
      ended: once(child, 'close').then(([status]) => ({ status, stdout, stderr })),
    }
  }

  /** Waits until the job waits there. */
  async meet(where: string): Promise<void> {
    await until(`the job at ${where}`, () => existsSync(join(this.shop.folder, `at-${where}`)))
  }

  /** Lets the job go on there, or everywhere from now on. */
  letGo(where?: string): void {
    writeFileSync(join(this.shop.folder, where === undefined ? 'go' : `go-${where}`), '')
  }

  /** Of the only run. */
  get directory(): string {
    return this.shop.runs().find((path) => !path.endsWith('.log')) ?? ''
  }

  get id(): string {
    return basename(this.directory)
  }

  journal(): RunEvent[] {
    return this.shop.journal(this.directory)
  }

  /** The process that has the run. */
  holder(): number {
    return Number(readdirSync(join(this.directory, 'lock'))[0]?.split('-')[0])
  }

  log(): string {
    return readFileSync(join(this.directory, 'logs', 'run.log'), 'utf8')
  }

  status(): string {
    return JSON.parse(this.shop.run('runs', '--json').stdout.split('\n')[0] ?? '').status
  }

  /** The digest of a run that nobody disturbs, in a home of its own. Lets everything go. */
  undisturbed(): string {
    if (digest !== null) return digest
    this.letGo()
    const env = { TALLYMAN_HOME: join(this.shop.folder, 'home-2') }
    digest = this.shop.digestOf(this.shop.runIn({ env }, ...this.args()))
    return digest
  }

  /** Follows the run to its end, and expects the digest of one that nobody disturbed. */
  expectComplete(): void {
    this.letGo()
    const ended = this.shop.run('attach', 'last')
    expect(ended).toMatchObject({ status: 0 })
    expect(this.shop.digestOf(ended)).toBe(this.undisturbed())
  }
}
