import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorOf, type Fault, toFault } from '../../errors.ts'
import {
  type ContainerLimits,
  containerName,
  type Mount,
  mountsOf,
  openFilesMax,
  readLimits,
  removeContainers,
  runLabel,
  socketFolder,
} from '../../host/index.ts'
import { builtFile } from '../built-file.ts'
import type { Confinement } from '../confinement.ts'
import { type ContainerHello, firstProgram, lineFolder, lineName } from '../container-messages.ts'
import { heapFlags } from '../heap-limits.ts'
import type { Link, LinkFactory, LinkOrder } from '../link.ts'
import { logFile } from '../log-files.ts'
import type { ContainerSettings, WorkerSettings } from '../worker-settings.ts'
import { zoneAndLanguage } from '../zone-and-language.ts'
import { AttemptLogs } from './attempt-log.ts'
import { Leash } from './leash.ts'
import { WorkerContainer } from './worker-container.ts'
import { WorkerLog } from './worker-log.ts'
import { lineTo, WorkerOutput } from './worker-output.ts'

/** Workers that are containers, each for as long as the run: they reach their inputs and what they write, and nothing else. */
export function containerLinks(settings: WorkerSettings): LinkFactory {
  const { container } = settings
  if (container === null) throw new Error('Containers were asked for without an engine.')
  return new ContainerLinks(settings, container)
}

const MiB = 2 ** 20

/** Threads of Node beside the one that works collect garbage, inflate and compile. */
const cpusMax = 2

/** What a container may hold whose worker has such a heap: that, buffers outside of it, what a job starts, and pages of files it reads. */
function memoryOf(heapBytes: number): number {
  return 160 * MiB + Math.ceil(2.5 * heapBytes)
}

class ContainerLinks implements LinkFactory {
  readonly sharesProcess = false
  readonly #settings: WorkerSettings
  readonly #container: ContainerSettings
  readonly #logs: AttemptLogs
  readonly #leash = new Leash()
  readonly #containers = new Set<WorkerContainer>()
  /** The engine does not answer: it is not asked again. */
  #silence: Fault | null = null
  #readable: readonly (string | Buffer)[]
  #lives = 0
  #confinement: Confinement | null = null

  constructor(settings: WorkerSettings, container: ContainerSettings) {
    this.#settings = settings
    this.#container = container
    this.#logs = new AttemptLogs(settings.logDirectory)
    this.#readable = container.readable
  }

  get confinement(): Confinement | null {
    return this.#confinement
  }

  admit(paths: readonly (string | Buffer)[]): boolean {
    this.#readable = [...this.#readable, ...paths]
    return paths.length > 0
  }

  open({ seat, heapBytes }: LinkOrder, onMessage: (message: unknown) => void): Link {
    const { logDirectory, tokenName, isPolite, group, cwd } = this.#settings
    const { engine, image, label, writable } = this.#container
    const mark = `${seat}.${this.#lives++}`
    const limits = this.#limitsOf(heapBytes)
    const folder = join(socketFolder(label), mark)
    // Who can connect to the socket in it is taken for the worker.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const output = new WorkerOutput(new WorkerLog(logFile(logDirectory, `worker-${seat}`)), this.#logs)
    const worker = new WorkerContainer({
      engine,
      order: {
        name: containerName(label, `${mark}-${randomBytes(4).toString('hex')}`),
        labels: { [runLabel]: label },
        image: image.name,
        command: commandOf(image.node, heapBytes, cwd),
        environment: { ...environment(), [tokenName]: mark },
        mounts: this.#mounts(writable),
        limits,
      },
      token: `${tokenName}=${mark}`,
      output,
      leash: this.#leash,
      isPolite,
      group,
      folder,
      cwd,
      onMessage,
      onHello: (hello, isInGroup) => {
        this.#confinement ??= this.#confinementOf(hello, limits, isInGroup)
      },
    })
    this.#containers.add(worker)
    void worker.exited.then(() => {
      this.#containers.delete(worker)
      this.#silence ??= worker.silence
    })
    return lineTo(worker, output)
  }

  #mounts(writable: readonly string[]): Mount[] {
    const { cwd } = this.#settings
    // One that is gone would keep the container from being started; the worker says what is missing.
    const mounts = mountsOf(
      this.#readable.filter((path) => existsSync(path)),
      writable,
    )
    if (isOfSystem(cwd) || mounts.some(({ path }) => `${path}/`.startsWith(`${cwd}/`))) return mounts
    // Names such as ../in.txt go through it.
    const empty = join(socketFolder(this.#container.label), 'empty')
    mkdirSync(empty, { recursive: true, mode: 0o700 })
    return [...mounts, { path: empty, target: cwd, isWritable: false }]
  }

  #limitsOf(heapBytes: number): ContainerLimits {
    const { memoryBytes, processesMax } = this.#container
    return {
      memoryBytes: memoryBytes ?? memoryOf(heapBytes),
      processesMax,
      cpus: cpusMax,
      openFilesMax: Math.min(openFilesMax, readLimits().openFilesMax ?? openFilesMax),
    }
  }

  #confinementOf(
    { limits: held, node }: ContainerHello,
    limits: ContainerLimits,
    isInGroup: boolean,
  ): Confinement {
    const { engine, image } = this.#container
    const within = (inside: number | null, asked: number): boolean => inside !== null && inside <= asked
    return {
      engine: engine.kind,
      engineVersion: engine.version,
      isRootless: engine.isRootless,
      image: image.name,
      node,
      memoryBytes: limits.memoryBytes,
      memoryBy: within(held.memoryBytes, limits.memoryBytes)
        ? 'kernel'
        : isInGroup
          ? 'run-group'
          : 'watchdog',
      processesMax: limits.processesMax,
      processesBy: within(held.processesMax, limits.processesMax)
        ? 'kernel'
        : isInGroup
          ? 'run-group'
          : 'ulimit',
      cpus: limits.cpus,
      cpusBy: within(held.cpus, limits.cpus) ? 'kernel' : this.#settings.isPolite ? 'niceness' : 'nothing',
    }
  }

  async close(): Promise<void> {
    for (const worker of this.#containers) worker.kill()
    await Promise.all([...this.#containers].map(({ exited }) => exited))
    rmSync(socketFolder(this.#container.label), { recursive: true, force: true })
    await this.#leash.close()
    await this.#seeNoneLeft()
  }

  /** Each has removed itself; that none is left is seen rather than believed. */
  async #seeNoneLeft(): Promise<void> {
    if (this.#lives === 0) return
    if (this.#silence !== null) throw errorOf(this.#silence)
    try {
      await removeContainers(this.#container.engine, this.#container.label)
    } catch (error) {
      this.#silence = toFault(error)
      throw error
    }
  }
}

function commandOf(node: string, heapBytes: number, cwd: string): string[] {
  const umask = process.umask().toString(8).padStart(3, '0')
  return [
    ...['/bin/sh', '-c', firstProgram, 'first', umask],
    ...[node, ...heapFlags(heapBytes), builtFile('worker-process'), 'line', `${lineFolder}/${lineName}`, cwd],
  ]
}

/** Directories that images have themselves: nothing is put in their place. */
function isOfSystem(path: string): boolean {
  return path === '/tmp' || path === '/' || /^\/(usr|s?bin|lib\w*|etc|proc|sys|dev|run)(\/|$)/.test(path)
}

/**
 * What a job may see of the environment it was started in: what decides how dates and texts look, and what is ours.
 */
function environment(): Record<string, string> {
  const ours = Object.entries(process.env).filter(([name]) => /^TALLYMAN_\w+$/.test(name))
  return {
    ...Object.fromEntries(ours.map(([name, value]) => [name, value ?? ''])),
    ...zoneAndLanguage(),
    HOME: '/tmp',
  }
}
