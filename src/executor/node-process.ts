import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Exit } from './channel.ts'
import { encodeFrame, readFrames } from './frames.ts'
import { WorkerLog } from './worker-log.ts'

/** What a child process of ours is started with. */
export interface NodeProcessOptions {
  /** File in this folder, without its ending. */
  readonly entry: 'worker-process' | 'thread-host'
  readonly nodeFlags: readonly string[]
  /** Inputs are opened by the names they were planned under, relative to this directory. */
  readonly cwd: string
  /** Takes what the child prints. */
  readonly logFile: string
  readonly onMessage: (message: unknown) => void
}

/** A Node process that talks frames on file descriptor 3, in a process group of its own. */
export class NodeProcess {
  readonly logFile: string
  readonly #child: ChildProcess
  readonly #line: Duplex
  readonly #log: WorkerLog
  #isGone = false
  #broken: string | null = null
  readonly exited: Promise<Exit>

  constructor(options: NodeProcessOptions) {
    this.logFile = options.logFile
    this.#log = new WorkerLog(options.logFile)
    const file = fileURLToPath(new URL(`./${options.entry}.js`, builtFolder))
    this.#child = spawn(process.execPath, [...options.nodeFlags, file], {
      cwd: options.cwd,
      // A group of its own: Ctrl-C in the terminal is for the coordinator, and killing the group takes all it started.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#log.write(chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#log.writeError(chunk))
    this.#line = this.#child.stdio[3] as Duplex
    // The line breaks when the child dies; `exited` tells of that.
    this.#line.on('error', () => undefined)
    readFrames(this.#line, options.onMessage, (error) => {
      this.#broken = error instanceof Error ? error.message : String(error)
      this.kill()
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) =>
        resolve(this.#leave({ how: `could not be started (${error.message})`, code: 'limit-reached' })),
      )
      // 'close' comes after the last of its output, 'exit' may come before.
      this.#child.once('close', (code, signal) => resolve(this.#leave(howItEnded(code, signal))))
    })
    // A process it left behind may hold its output open, and then 'close' would never come.
    this.#child.once('exit', () => this.#killGroup())
  }

  send(message: object): void {
    if (!this.#isGone) this.#line.write(encodeFrame(message))
  }

  /** Ends the process and everything in its group, at once. */
  kill(): void {
    if (!this.#isGone) this.#killGroup()
  }

  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch (error) {
      // No such process: the whole group is gone already.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }

  #leave(end: Pick<Exit, 'how' | 'code'>): Exit {
    this.#isGone = true
    const lastWords = this.#log.close()
    if (this.#broken !== null) return { how: this.#broken, code: 'protocol-broken', lastWords }
    const isHeap = lastWords.includes('heap out of memory') || lastWords.includes('heap limit')
    return isHeap ? { how: 'ran out of heap', code: 'out-of-memory', lastWords } : { ...end, lastWords }
  }
}

/** Child processes always run the built files: Node itself cannot read TypeScript. */
const builtFolder = new URL(import.meta.url.replace(/\/src\/executor\/[^/]*\.ts$/, '/dist/executor/'))

function howItEnded(code: number | null, signal: NodeJS.Signals | null): Pick<Exit, 'how' | 'code'> {
  // A worker of ours ends by itself only when it is told to; exit codes above 128 are how a shell says a signal.
  if (signal === null && code !== null && code < 128) return { how: sayJobExited(code), code: 'job-exited' }
  if (signal === 'SIGKILL')
    return {
      how: 'was killed by SIGKILL: by someone, or by the system for want of memory',
      code: 'worker-died',
    }
  return {
    how: signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`,
    code: 'worker-died',
  }
}

/** What it means that a worker left although nobody ended it. */
export function sayJobExited(code: number): string {
  return `was ended by the job itself: process.exit(${code})`
}
