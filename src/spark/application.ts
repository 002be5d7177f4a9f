import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errnoOf } from '../errors.ts'
import { Leash } from '../executor/index.ts'
import { EventLog, type SparkEvent } from './event-log.ts'
import { addressOf, shippedAddressOf } from './file-address.ts'
import { submitOf } from './find-spark.ts'
import { GrowingLines } from './growing-lines.ts'
import type { FromDriver } from './messages.ts'

/** What an application is started with. */
export interface ApplicationParts {
  /** Absolute folder of the installation. */
  readonly home: string
  /** Its own, in the run's directory. */
  readonly folder: string
  /** File for what Spark prints. */
  readonly logFile: string
  readonly master: string
  readonly deployMode: 'client' | 'cluster'
  readonly conf: Readonly<Record<string, string>>
  /** Absolute file to ship and unpack as the folder `tallyman`; null where nothing is shipped. */
  readonly pack: string | null
  readonly env: NodeJS.ProcessEnv
}

/** How `spark-submit` ended: with a code, or by a signal; the other one is null. */
export interface ApplicationEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const movePack =
  'Set TALLYMAN_HOME to a folder whose path has none, or name an archive there with --spark-pack.'
const moveEngine = 'Install tallyman in a folder whose path has none.'

const signEveryMs = 1000
const lastWordsBytes = 16_384
/** What says, in its folder, that an application is to end: who started its driver may be another machine. */
const stopName = 'stop'
/** What Spark holds on the disk, in its folder, where all of it is on this machine. Spark removes it, unless it is killed. */
export const localName = 'local'

/** How long Spark may take to end its executors before it is killed itself. */
const orderlyMsMax = 10_000

/** Python files always are the built ones, which lie beside the programs. */
const builtFolder = new URL(import.meta.url.replace(/\/src\/spark\/[^/]*\.ts$/, '/dist/spark/'))

/** Absolute path of a file of this folder as it was built, also where this one itself was not. */
export function builtFile(name: string): string {
  return fileURLToPath(new URL(`./${name}`, builtFolder))
}

/** One application on a cluster: `spark-submit` with our driver, and the files through which they are talked to. */
export class Application {
  /** Settles once Spark is gone, however that came. Never rejects. */
  readonly exited: Promise<ApplicationEnd>
  /** Its own, in the run's directory. */
  readonly folder: string
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #logFromByte: number
  readonly #said: GrowingLines
  readonly #events: EventLog
  readonly #leash = new Leash()
  #isGone = false
  #signedAtMs = Number.NEGATIVE_INFINITY

  private constructor(child: ChildProcess, { folder, logFile }: ApplicationParts, logFromByte: number) {
    this.#child = child
    this.folder = folder
    this.#logFile = logFile
    this.#logFromByte = logFromByte
    this.#said = new GrowingLines(join(folder, 'said.jsonl'))
    this.#events = new EventLog(join(folder, 'events'))
    if (child.pid !== undefined) this.#leash.hold(child.pid)
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }))
      child.once('close', (code, signal) => resolve({ code, signal }))
    }).then(async (end) => {
      this.#isGone = true
      // The driver's Python is in its group; what it had in local mode ends with it.
      this.#signalGroup('SIGKILL')
      if (child.pid !== undefined) this.#leash.release(child.pid)
      await this.#leash.close()
      return end as ApplicationEnd
    })
  }

  /** Makes the folder of a new one. */
  static prepare(folder: string): void {
    for (const name of ['events', 'ended', 'map', 'reduce'])
      mkdirSync(join(folder, name), { recursive: true })
  }

  /**
   * Starts it. REQUIRES: the folder holds its settings and orders.
   *
   * @throws {TallymanError} `usage` where Spark cannot ship a file from where it is
   */
  static start(parts: ApplicationParts): Application {
    const { folder, logFile, conf, pack, master, deployMode } = parts
    const words = [
      ...['--master', master, '--deploy-mode', deployMode],
      ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
      ...(pack === null ? [] : ['--archives', `${shippedAddressOf(pack, movePack)}#tallyman`]),
      ...[
        '--py-files',
        ['tallyman_tasks.py', 'tallyman_ranges.py']
          .map((name) => shippedAddressOf(builtFile(name), moveEngine))
          .join(','),
      ],
      ...[addressOf(builtFile('driver.py')), folder],
    ]
    const log = openSync(logFile, 'a', 0o600)
    try {
      const logFromByte = fstatSync(log).size
      const child = spawn(submitOf(parts.home), words, {
        cwd: folder,
        env: parts.env,
        // A group of its own: Ctrl-C is for the run, which ends it in order.
        detached: true,
        stdio: ['ignore', log, log],
      })
      return new Application(child, parts, logFromByte)
    } finally {
      closeSync(log)
    }
  }

  /** Lets the driver know that its run goes on. To be called often. */
  giveSign(nowMs: number): void {
    if (nowMs - this.#signedAtMs < signEveryMs) return
    this.#signedAtMs = nowMs
    writeFileSync(join(this.folder, 'alive'), `${nowMs}\n`)
  }

  /** What Spark has logged since the last call. */
  events(): SparkEvent[] {
    return this.#events.take()
  }

  /** How many jobs of Spark's have ended, as far as its log was read. */
  get jobsEnded(): number {
    return this.#events.jobsEnded
  }

  /** What the driver has said since the last call. */
  said(): FromDriver[] {
    return this.#said.take().map((line) => JSON.parse(line) as FromDriver)
  }

  /**
   * Has the driver reduce, or come to its end.
   *
   * @param orders one a partition, compressed; null for one that is not wanted. Null altogether: the end
   */
  go(orders: readonly (Buffer | null)[] | null): void {
    const text = JSON.stringify({ orders: orders?.map((one) => one?.toString('base64') ?? null) ?? null })
    writeFileSync(join(this.folder, 'go.new'), text)
    renameSync(join(this.folder, 'go.new'), join(this.folder, 'go.json'))
  }

  /** The end of what Spark has printed, in this application alone: the file has what earlier ones have printed before. */
  lastWords(): string {
    const file = openSync(this.#logFile, 'r')
    try {
      const { size } = fstatSync(file)
      const from = Math.max(this.#logFromByte, size - lastWordsBytes)
      const bytes = Buffer.alloc(Math.max(0, size - from))
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from))
    } finally {
      closeSync(file)
    }
  }

  /** Ends it with its executors. Safe at any time, more than once. */
  async stop(): Promise<void> {
    // The driver is not in this process's hands where the cluster started it: that looks for this once a second.
    if (existsSync(this.folder)) writeFileSync(join(this.folder, stopName), '')
    // The first signal lets Spark tell the cluster, which ends the executors.
    if (!this.#isGone) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), orderlyMsMax)
    await this.exited
    clearTimeout(timer)
    this.#said.close()
    this.#events.close()
    try {
      rmSync(join(this.folder, localName), { recursive: true, force: true })
    } catch {
      // What was just killed has a last word: who starts the next one, or commits, removes it all.
    }
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'ESRCH' && code !== 'EPERM') throw error
    }
  }
}
