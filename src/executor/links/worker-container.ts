import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, TallymanError, toFault } from '../../errors.ts'
import {
  type ContainerOrder,
  containerArguments,
  type Engine,
  endSoon,
  engineSilence,
  engineWithinMs,
  explainEngine,
  findInside,
  isThere,
  killProcess,
  makePolite,
  type ProcessEntry,
  type ProcessIdentity,
  type ProcessToken,
  type RunGroup,
  readProcess,
  removeContainer,
} from '../../host/index.ts'
import {
  type ContainerHello,
  isContainerHello,
  lineFolder,
  lineName,
  readEnd,
} from '../container-messages.ts'
import type { Exit, WorkerProcess } from '../link.ts'
import type { Leash } from './leash.ts'
import { heapDeath, howItEnded } from './node-process.ts'
import { WorkerLine } from './worker-line.ts'
import type { WorkerOutput } from './worker-output.ts'

/** What a container with a worker is started with. */
export interface WorkerContainerOptions {
  readonly engine: Engine
  /** Without its line, which is added. */
  readonly order: ContainerOrder
  /** In the environment of all that is in it, and in no other's. */
  readonly token: ProcessToken
  readonly output: WorkerOutput
  readonly leash: Leash
  readonly isPolite: boolean
  /** Holds its processes where the engine's limits do not. */
  readonly group: RunGroup | null
  /** The directory the inputs were planned in. */
  readonly cwd: string
  /** Empty, for its line: the path is short, and its own. */
  readonly folder: string
  readonly onMessage: (message: unknown) => void
  /** Told once it speaks; `isInGroup`: whether its processes are in the group. */
  readonly onHello: (hello: ContainerHello, isInGroup: boolean) => void
}

/** How long an engine is given between two tries to remove what it is about to start. */
const removeAgainMs = 200
const goneEveryMs = 2

/**
 * A container in which a worker lives. It talks over a socket in a folder that is mounted; what it prints comes through the pipes of the
 * engine's client, which for Podman are its very own. They close when nothing of the container is left.
 */
export class WorkerContainer {
  readonly exited: Promise<Exit>
  readonly #options: WorkerContainerOptions
  readonly #folder: string
  readonly #server: Server
  readonly #client: ChildProcess
  #line: WorkerLine | null = null
  /** The same, and also one on which nothing has been said yet. */
  #met: WorkerLine | null = null
  /** What is to be said once there is a line. */
  readonly #unsaid: object[] = []
  /** What the engine's client prints before there is a worker. */
  #engineSaid = ''
  /** The first process in it, which starts the worker: all of it ends with that. Null until the worker speaks, and where it may not be seen. */
  #firstProcess: ProcessIdentity | null = null
  #process: WorkerProcess | null = null
  #memoryIsHeld = false
  #isEnding = false
  #isGone = false
  #broken: string | null = null
  /** The engine does not answer: nothing is waited for any more. */
  #silence: Fault | null = null
  readonly #late: NodeJS.Timeout

  constructor(options: WorkerContainerOptions) {
    this.#options = options
    this.#folder = options.folder
    this.#server = this.#listen()
    this.#client = this.#startClient()
    this.#client.stdout?.on('data', (chunk: Buffer) => options.output.write('stdout', chunk))
    this.#client.stderr?.on('data', (chunk: Buffer) => this.#hear(chunk))
    this.#client.once('exit', (status) => this.#missClient(status))
    this.#late = this.#startLate()
    const closed = new Promise<Omit<Exit, 'lastWords'>>((resolve) => {
      this.#client.once('error', (error) =>
        resolve({ how: `could not be started (${error.message})`, code: 'worker-died' }),
      )
      this.#client.once('close', (status) => resolve(this.#howEnded(status)))
    })
    this.exited = closed.then(async (end) => {
      await this.#lastGone()
      return this.#leave(end)
    })
  }

  /** Why nothing is waited for any more: the engine does not answer. Null where it does. */
  get silence(): Fault | null {
    return this.#silence
  }

  /** Null until it speaks, and where what is in it may not be seen. */
  get process(): WorkerProcess | null {
    return this.#process
  }

  send(message: object): void {
    if (this.#line === null) this.#unsaid.push(message)
    else this.#line.send(message)
  }

  /**
   * The client has ended before there is a worker. Whoever kills it leaves a container half made, which holds what it would print on open.
   * Podman's ends well once the container is there.
   */
  #missClient(status: number | null): void {
    if (this.#line !== null || status === 0) return
    if (status === null) this.kill()
    else void this.#removeUntilGone()
  }

  /** Ends the container with all that is in it, at once. */
  kill(): void {
    if (this.#isGone || this.#isEnding) return
    this.#isEnding = true
    if (this.#firstProcess === null || killProcess(this.#firstProcess) === 'refused')
      void this.#removeUntilGone()
  }

  /** It may be just about to be started, and is not there yet. */
  async #removeUntilGone(): Promise<void> {
    const { engine, order } = this.#options
    const withinMs = engineWithinMs('act')
    const endMs = performance.now() + withinMs
    try {
      while (!this.#isGone) {
        await removeContainer(engine, order.name)
        if (performance.now() > endMs) throw stays(engine, order.name, withinMs)
        await sleep(removeAgainMs)
      }
    } catch (error) {
      this.#giveUp(toFault(error))
    }
  }

  /** An engine that hangs would start it at the end of all days. */
  #startLate(): NodeJS.Timeout {
    const withinMs = engineWithinMs('act')
    return setTimeout(() => {
      const [program, ...args] = this.#client.spawnargs
      if (this.#line === null) this.#giveUp(toFault(engineSilence(program ?? '', args, withinMs)))
    }, withinMs)
  }

  /** Whoever looks for what runs have left removes the container, once the engine answers. */
  #giveUp(silence: Fault): void {
    if (this.#isGone) return
    this.#silence ??= silence
    this.#isEnding = true
    endSoon(this.#client)
  }

  /** The first process closes what it prints on, and then the kernel ends what is left beside it. */
  async #lastGone(): Promise<void> {
    const first = this.#firstProcess
    while (first !== null && isThere(first)) {
      // Where it has closed it and goes on, it is not the worker's any more.
      this.kill()
      await sleep(goneEveryMs)
    }
  }

  #listen(): Server {
    const server = createServer((socket) => {
      // The first is the worker; its job may try as well.
      server.close()
      this.#meet(socket)
    })
    server.on('error', (error) => this.#breakOff(`has no line: ${error.message}`))
    server.listen(join(this.#folder, lineName))
    return server
  }

  #startClient(): ChildProcess {
    const { engine, order, cwd } = this.#options
    const line = { path: this.#folder, target: lineFolder, isWritable: true }
    const [program, ...options] = engine.command
    const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    const args = containerArguments(engine, { ...order, mounts: [...order.mounts, line] }, user)
    // Not started where the directory is missing that names are relative to; elsewhere where what its monitor leaves goes with the container.
    const start = existsSync(cwd) ? this.#folder : cwd
    // A group of its own: Ctrl-C in the terminal is for the coordinator.
    return spawn(program, [...options, ...args], {
      cwd: start,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  #hear(chunk: Buffer): void {
    if (this.#line === null) this.#engineSaid += chunk.toString('utf8')
    else this.#options.output.write('stderr', chunk)
  }

  #meet(socket: Socket): void {
    const line = new WorkerLine(socket, {
      onMessage: (message) => {
        if (this.#line !== null) this.#options.onMessage(message)
        else if (isContainerHello(message)) this.#greet(message, line)
        else this.#breakOff('said something that is not in the protocol')
      },
      onGarbage: (why) => this.#breakOff(why),
      // A container takes a while to be cleared away after its worker has ended.
      onClosed: () => {
        if (readEnd(this.#folder) === null && (this.#firstProcess === null || isThere(this.#firstProcess)))
          this.#breakOff('closed its line to the coordinator')
      },
    })
    this.#met = line
  }

  #greet(hello: ContainerHello, line: WorkerLine): void {
    const { token, order, isPolite, onHello } = this.#options
    const inside = findInside(token, hello.pid)
    if (this.#isEnding) {
      endAt(inside)
      return
    }
    this.#memoryIsHeld =
      hello.limits.memoryBytes !== null && hello.limits.memoryBytes <= order.limits.memoryBytes
    const isInGroup = inside !== null && this.#holdMore(inside)
    const first = inside === null ? null : readProcess(inside.ppid)
    if (inside !== null && first !== null) {
      this.#firstProcess = first
      this.#options.leash.hold(first.pid)
      this.#process = { pid: inside.pid, token, first: first.pid, remember: () => undefined }
      if (isPolite) void makePolite(inside.pid)
    }
    onHello(hello, isInGroup)
    this.#line = line
    for (const message of this.#unsaid.splice(0)) line.send(message)
  }

  /** Where its own limits do not hold, those of the run do, if there is a group. Returns whether it is in one. */
  #holdMore({ pid, ppid }: ProcessEntry): boolean {
    const { group } = this.#options
    if (this.#memoryIsHeld || group === null) return false
    return group.addProcess(ppid) === null && group.addProcess(pid) === null
  }

  #breakOff(why: string): void {
    this.#broken ??= why
    this.kill()
  }

  #howEnded(status: number | null): Omit<Exit, 'lastWords'> {
    const ended = readEnd(this.#folder)
    if (ended === null) return this.#howLost(status)
    const { code, memoryKills } = ended
    const signal = signals.get(code - 128) ?? null
    if (signal === 'SIGKILL' && this.#isMemoryKill(memoryKills))
      return { how: this.#sayMemoryKill(), code: 'memory-limit' }
    return howItEnded(signal === null ? code : null, signal)
  }

  #sayMemoryKill(): string {
    const mebibytes = Math.round(this.#options.order.limits.memoryBytes / 2 ** 20)
    return this.#memoryIsHeld
      ? `was ended by the kernel: its container held all of the ${mebibytes} MiB it may, and more`
      : 'was ended by the kernel: the containers of the run held more memory than they may together'
  }

  #isMemoryKill(inContainer: number): boolean {
    return (this.#memoryIsHeld && inContainer > 0) || this.#options.group?.takeMemoryKill() === true
  }

  /** Its first process has left no word: it was never there, or was ended with everything else. */
  #howLost(status: number | null): Omit<Exit, 'lastWords'> {
    if (this.#line !== null || this.#isEnding) return howItEnded(null, 'SIGKILL')
    const { engine } = this.#options
    const { reason, wayOut } = explainEngine(this.#engineSaid)
    return {
      how: `could not be started: ${engine.kind} ended with exit code ${status} (${reason})`,
      code: 'engine-unfit',
      ...(wayOut === null ? {} : { wayOut }),
    }
  }

  #leave(end: Omit<Exit, 'lastWords'>): Exit {
    this.#isGone = true
    clearTimeout(this.#late)
    // Where its engine has not removed it, its worker would hold on to it, and this process to the worker.
    this.#met?.end()
    this.#server.close()
    if (this.#firstProcess !== null) this.#options.leash.release(this.#firstProcess.pid)
    rmSync(this.#folder, { recursive: true, force: true })
    const lastWords = this.#options.output.close()
    if (this.#silence !== null) return abandonedExit(this.#silence, lastWords)
    if (this.#broken !== null) return { how: this.#broken, code: 'protocol-broken', lastWords }
    return heapDeath(lastWords) ?? { ...end, lastWords }
  }
}

/** Ends a container that speaks only once it is to be gone: its engine may not remove it, as where there is no room on the disk. */
function endAt(inside: ProcessEntry | null): void {
  const first = inside === null ? null : readProcess(inside.ppid)
  if (first !== null) killProcess(first)
}

function stays({ kind }: Engine, name: string, withinMs: number): TallymanError {
  return new TallymanError(
    'engine-unfit',
    `${kind} does not end the container ${name}, though it says that it does.`,
    {
      wayOut: `It was asked for ${withinMs / 1000} s. Look at it yourself: ${kind} ps --all`,
    },
  )
}

function abandonedExit({ code, message, wayOut }: Fault, lastWords: string): Exit {
  return {
    how: `could not be started, or ended: ${message.replace(/\.$/, '')}`,
    code: code === 'engine-unfit' ? code : 'engine-silent',
    lastWords,
    ...(wayOut === undefined ? {} : { wayOut }),
  }
}

const signals: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
)
