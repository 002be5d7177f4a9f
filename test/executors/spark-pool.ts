/** Attempts on Spark, through one application that all tests of a file share. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Attempt, AttemptOutcome, AttemptReport } from '../../src/executor/index.ts'
import type { MapReport } from '../../src/flow/index.ts'
import type { RunDirectory } from '../../src/run/directory/directory.ts'
import type { ShippedReply, TaskSettings } from '../../src/spark/messages.ts'
import { failureIn } from '../../src/spark/task-failure.ts'
import { markName } from '../fixtures/process-tree.ts'
import { sparkEnv } from '../fixtures/spark.ts'
import type { TestedPool } from './workplace.ts'

const program = fileURLToPath(new URL('../fixtures/spark-pool.py', import.meta.url))
const built = fileURLToPath(new URL('../../dist/spark/', import.meta.url))

interface Done {
  readonly reply: ShippedReply
  /** Pieces of files: name, place, bytes in base64. */
  readonly files: readonly (readonly [string, number, string])[]
}

type Said = Done | { readonly raised: string } | readonly string[]

/** One application in local mode, with one core: whatever is asked is done after what was asked before. */
export class SparkApplication {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #last: Promise<unknown> = Promise.resolve()

  constructor() {
    const env: NodeJS.ProcessEnv = { ...process.env, ...sparkEnv }
    delete env[markName]
    this.#child = spawn('python3', [program, built], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#lines = createInterface({ input: this.#child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  }

  ask(told: object): Promise<Said> {
    const answer = this.#last.then(async () => {
      this.#child.stdin?.write(`${JSON.stringify(told)}\n`)
      for (;;) {
        const { value, done } = await this.#lines.next()
        if (done === true) throw new Error('Spark has ended.')
        // Java has a word to say there, too.
        if (value.startsWith('answer ')) return JSON.parse(value.slice('answer '.length)) as Said
      }
    })
    this.#last = answer.catch(() => undefined)
    return answer
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.stdin?.end()
    await ended
  }
}

/** What a pool of a test is opened with. */
export interface SparkPoolParts {
  readonly application: SparkApplication
  readonly directory: RunDirectory
  readonly mark: string
  readonly task: TaskSettings
}

/** Runs attempts one after another, as a run on Spark has its tasks done, and leaves what they wrote where a pool on this machine leaves it. */
export class SparkPool implements TestedPool {
  readonly #parts: SparkPoolParts
  /** CRC-32 of what map attempts have written, by `nameOf`. */
  readonly #crcs = new Map<string, number>()
  #running = 0
  #stopped: Promise<unknown> | null = null

  constructor(parts: SparkPoolParts) {
    this.#parts = parts
  }

  get freeSeats(): number {
    return 1 - this.#running
  }

  load(): never {
    throw new Error('On Spark a job is loaded where its run is planned.')
  }

  run(attempt: Attempt): { readonly seat: number; readonly outcome: Promise<AttemptOutcome> } {
    this.#running += 1
    const outcome = this.#run(attempt).finally(() => {
      this.#running -= 1
    })
    return { seat: 0, outcome }
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#parts.application.ask({})
    await this.#stopped
  }

  async #run(attempt: Attempt): Promise<AttemptOutcome> {
    const { application, directory, mark, task } = this.#parts
    const { work } = attempt
    const settings = {
      task,
      node: process.execPath,
      entry: join(built, 'task-process-main.js'),
      pack: null,
      ranges: false,
      partitions: work.kind === 'map' ? work.partitions : 1,
      run: directory.path,
      probe: null,
    }
    const order = { task: attempt.id.replace(/\.\d+$/, ''), work: this.#checked(work) }
    const said = await application.ask({ settings, order, env: { [markName]: mark } })
    if ('raised' in said) {
      const failure = failureIn(said.raised)
      if (failure === null) throw new Error(said.raised)
      this.#keepLog(attempt, failure.log)
      return { kind: 'failed', fault: failure.fault }
    }
    if (!('reply' in said)) throw new Error(`Spark said ${JSON.stringify(said)}.`)
    return this.#done(attempt, said)
  }

  #checked(work: Attempt['work']): Attempt['work'] {
    if (work.kind === 'map') return work
    const spills = work.spills.map((spill) => ({ ...spill, crc32: this.#crcs.get(nameOf(spill)) ?? 0 }))
    return { ...work, spills }
  }

  #done(attempt: Attempt, { reply, files }: Done): AttemptOutcome {
    const folder = this.#parts.directory.absolute(attempt.directory)
    mkdirSync(folder, { recursive: true })
    for (const [name, at, bytes] of files) {
      const path = join(folder, name.slice(name.indexOf('/') + 1))
      mkdirSync(dirname(path), { recursive: true })
      const fd = openSync(path, at === 0 ? 'w' : 'a')
      writeSync(fd, Buffer.from(bytes, 'base64'))
      closeSync(fd)
    }
    if (reply.rejected !== '') writeFileSync(join(folder, 'rejected.jsonl'), reply.rejected)
    this.#keepLog(attempt, reply.log)
    const report: AttemptReport =
      attempt.work.kind === 'map'
        ? { kind: 'map', report: this.#noted(reply) }
        : { kind: 'reduce', report: reply.report as Extract<AttemptReport, { kind: 'reduce' }>['report'] }
    return { kind: 'done', report, ...(reply.workMs === null ? {} : { workMs: reply.workMs }) }
  }

  #noted({ task, report, crcs }: ShippedReply): MapReport {
    if (!('spills' in report)) throw new Error('A map task has spills.')
    for (const [index, spill] of report.spills.entries())
      this.#crcs.set(nameOf({ ...spill, name: `committed/${task}/${spill.name}` }), crcs[index] ?? 0)
    return report
  }

  #keepLog({ id }: Attempt, log: string): void {
    if (log !== '') writeFileSync(join(this.#parts.directory.logFolder, `${id}.log`), log)
  }
}

function nameOf({ name, atByte }: { readonly name: string; readonly atByte: number }): string {
  return `${name} ${atByte}`
}
