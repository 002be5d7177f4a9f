import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { errnoOf } from '../../errors.ts'
import {
  makePolite,
  markProcess,
  type ProcessIdentity,
  type ProcessToken,
  type RunGroup,
  startedBy,
} from '../../host/index.ts'
import { builtFile, type WorkerProgram } from '../built-file.ts'
import type { Exit, WorkerProcess } from '../link.ts'
import type { WorkerSettings } from '../worker-settings.ts'
import type { Leash } from './leash.ts'
import { endStrays } from './strays.ts'
import { WorkerLine } from './worker-line.ts'
import type { WorkerOutput } from './worker-output.ts'

/** What a child process of ours is started with. */
export interface NodeProcessOptions {
  readonly entry: WorkerProgram
  readonly nodeFlags: readonly string[]
  readonly settings: WorkerSettings
  /** Tells this process apart from every other one of the run: the value of the token. */
  readonly mark: string
  /** Takes what the child prints. */
  readonly output: WorkerOutput
  /** Holds the child while it is there. */
  readonly leash: Leash
  readonly onMessage: (message: unknown) => void
}

/** As the watchdog says it, which looks only now and then: whoever grows faster than that is seen by the kernel first. */
function memoryKilled(memoryBytes: number): string {
  return `was ended by the kernel: the processes of the run held all of the ${Math.round(memoryBytes / 2 ** 20)} MiB it may, and more`
}

/** How long what a dead child printed is waited for, where something else holds its output open. */
const outputGraceMs = 500

/** A Node process that talks frames on file descriptor 3, in a process group of its own. */
export class NodeProcess {
  readonly exited: Promise<Exit>
  readonly process: WorkerProcess | null
  readonly #child: ChildProcess
  readonly #line: WorkerLine | null
  readonly #output: WorkerOutput
  readonly #leash: Leash
  readonly #group: RunGroup | null
  readonly #memoryBytes: number
  /** What it has started, as far as it was seen: by pid, since the watchdog sees the same ones again and again. */
  readonly #started = new Map<number, ProcessIdentity>()
  /** Nothing is said to it before, and no code of a job runs: whatever that starts is marked. */
  readonly #marked: Promise<unknown>
  #graceTimer: NodeJS.Timeout | undefined
  #isGone = false
  #broken: string | null = null

  constructor(options: NodeProcessOptions) {
    this.#output = options.output
    this.#leash = options.leash
    this.#group = options.settings.group
    this.#memoryBytes = options.settings.memoryBytes
    const token: ProcessToken = `${options.settings.tokenName}=${options.mark}`
    this.#child = start(options)
    const { pid } = this.#child
    this.process = pid === undefined ? null : { pid, token, remember: (started) => this.#remember(started) }
    this.#marked = pid === undefined ? Promise.resolve() : markProcess(pid, token)
    if (pid !== undefined) {
      this.#leash.hold(pid)
      // Before it has started anything. Where the kernel does not take it, the watchdog is what there is.
      this.#group?.addProcess(pid)
      // Where the system does not let it, the worker is as any other process: nothing depends on it.
      if (options.settings.isPolite) void makePolite(pid)
    }
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#output.write('stdout', chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#output.write('stderr', chunk))
    const line = lineOf(this.#child)
    this.#line = line === null ? null : this.#listen(line, options.onMessage)
    const gone = new Promise<Exit>((resolve) => {
      this.#child.once('error', (error) => resolve(this.#leave(howNotStarted(error))))
      // 'close' comes after the last of its output, 'exit' may come before.
      this.#child.once('close', (code, signal) => resolve(this.#leave(howItEnded(code, signal))))
    })
    this.exited = gone.then(async (exit) => {
      await endStrays(token, [...this.#started.values()])
      return exit
    })
    this.#child.once('exit', () => this.#clearUp())
  }

  send(message: object): void {
    void this.#marked.then(() => {
      if (!this.#isGone) this.#line?.send(message)
    })
  }

  /** Ends the process and everything in its group, at once. */
  kill(): void {
    if (this.#isGone) return
    // What it has started is led to by it alone, where that left its group and its environment.
    if (this.process !== null) this.#remember(startedBy(this.process.pid))
    killGroup(this.#child)
  }

  #remember(started: readonly ProcessIdentity[]): void {
    for (const one of started) this.#started.set(one.pid, one)
  }

  /** Ends a process that does not keep to the protocol, and says so. */
  breakOff(why: string): void {
    this.#broken ??= why
    this.kill()
  }

  #listen(line: Duplex, onMessage: (message: unknown) => void): WorkerLine {
    return new WorkerLine(line, {
      onMessage: (message) => {
        if (this.#broken === null) onMessage(message)
      },
      onGarbage: (why) => this.breakOff(why),
      onClosed: () => {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
        this.breakOff('closed its line to the coordinator')
      },
    })
  }

  /** Ends what the child left behind, and waits no longer for output that such a process holds open. */
  #clearUp(): void {
    killGroup(this.#child)
    clearTimeout(this.#graceTimer)
    this.#graceTimer = setTimeout(() => {
      for (const stream of this.#child.stdio) stream?.destroy()
    }, outputGraceMs)
  }

  #leave(end: Pick<Exit, 'how' | 'code'>): Exit {
    this.#isGone = true
    clearTimeout(this.#graceTimer)
    this.#line?.end()
    if (this.#child.pid !== undefined) this.#leash.release(this.#child.pid)
    const lastWords = this.#output.close()
    if (this.#broken !== null) return { how: this.#broken, code: 'protocol-broken', lastWords }
    if (end.code === 'killed' && this.#group?.takeMemoryKill())
      return { how: memoryKilled(this.#memoryBytes), code: 'memory-limit', lastWords }
    return heapDeath(lastWords) ?? { ...end, lastWords }
  }
}

/** Ends a process that leads a group, with all that is in the group. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    const code = errnoOf(error)
    // No such process: the whole group is gone. Not permitted: what is left of it has become another user's.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

function start({ entry, nodeFlags, settings, mark }: NodeProcessOptions): ChildProcess {
  return spawn(process.execPath, [...nodeFlags, builtFile(entry)], {
    cwd: settings.cwd,
    env: { ...process.env, [settings.tokenName]: mark },
    // A group of its own: Ctrl-C in the terminal is for the coordinator, and killing the group takes all it started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
}

/** Null for a child that could not be started for want of file descriptors: it has no streams at all, whatever its type says. */
function lineOf(child: ChildProcess): Duplex | null {
  const streams: readonly unknown[] | undefined = child.stdio
  return (streams?.[3] ?? null) as Duplex | null
}

const limitErrnos: ReadonlySet<unknown> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])

function howNotStarted(error: Error): Pick<Exit, 'how' | 'code'> {
  const isLimit = 'code' in error && limitErrnos.has(error.code)
  return {
    how: `could not be started (${error.message})`,
    code: isLimit ? 'limit-reached' : 'worker-died',
  }
}

/** How a worker left by itself, as the rest of a sentence about it, with the error code that says whether trying again may help. */
export function howItEnded(code: number | null, signal: NodeJS.Signals | null): Pick<Exit, 'how' | 'code'> {
  // A worker of ours ends by itself only when it is told to; exit codes above 128 are how a shell says a signal.
  if (signal === null && code !== null && code < 128) return { how: sayJobExited(code), code: 'job-exited' }
  if (signal !== null && sentSignals.has(signal)) {
    const why = signal === 'SIGKILL' ? ': by someone, or by the system for want of memory' : ''
    return { how: `was killed by ${signal}${why}`, code: 'killed' }
  }
  return {
    how: signal === null ? `ended with exit code ${code}` : `crashed with ${signal}`,
    code: 'worker-died',
  }
}

/** Signals that somebody sends; the others are what the system does to a program that goes wrong. */
const sentSignals: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
])

/** The end of a Node that had no more room for objects, which it says in its last words and by no exit code of its own; null for another. */
export function heapDeath(lastWords: string): Exit | null {
  const isHeap = lastWords.includes('heap out of memory') || lastWords.includes('heap limit')
  return isHeap ? { how: 'ran out of heap', code: 'out-of-memory', lastWords } : null
}

/** What it means that a worker left although nobody ended it. */
export function sayJobExited(code: number): string {
  return `was ended by the job itself: process.exit(${code})`
}
