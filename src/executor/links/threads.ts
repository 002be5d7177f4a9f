import { assertNever } from '../../errors.ts'
import type { Exit, Link, LinkFactory, LinkOrder } from '../link.ts'
import { logFile } from '../log-files.ts'
import { type FromHost, isFromHost, type ToHost } from '../thread-messages.ts'
import type { WorkerSettings } from '../worker-settings.ts'
import { AttemptLogs } from './attempt-log.ts'
import { Leash } from './leash.ts'
import { NodeProcess, sayJobExited } from './node-process.ts'
import { WorkerLog } from './worker-log.ts'
import { WorkerOutput } from './worker-output.ts'

/** Workers that are threads of one disposable host process, which is started again when it is lost. */
export function threadLinks(settings: WorkerSettings): LinkFactory {
  return new ThreadLinks(settings)
}

/** A thread as the coordinator sees it. */
interface Life {
  readonly output: WorkerOutput
  readonly onMessage: (message: unknown) => void
  readonly end: (exit: Exit) => void
}

/** A thread that waits in the system, for a program it has started say, cannot be ended alone: then all of them are. */
const terminateGraceMs = 3000

class ThreadLinks implements LinkFactory {
  readonly sharesProcess = true
  readonly confinement = null
  readonly #leash = new Leash()
  readonly #settings: WorkerSettings
  readonly #lives = new Map<number, Life>()
  readonly #logs: AttemptLogs
  /** What the host process prints, and threads outside of attempts. */
  readonly #log: WorkerLog
  #host: NodeProcess | null = null
  #lifeNext = 0

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    this.#logs = new AttemptLogs(settings.logDirectory)
    this.#log = new WorkerLog(logFile(settings.logDirectory, 'threads'))
  }

  open({ heapBytes }: LinkOrder, onMessage: (message: unknown) => void): Link {
    const host = this.#requireHost()
    const life = this.#lifeNext++
    const output = new WorkerOutput(this.#log, this.#logs)
    const say = (message: ToHost): void => host.send(message)
    const exited = new Promise<Exit>((end) => {
      this.#lives.set(life, { output, onMessage, end })
    })
    say({ type: 'open', life, heapBytes })
    return {
      send: (message) => {
        if (message.type === 'run') output.expect(message.attempt.id)
        say({ type: 'say', life, message })
      },
      logOf: (attempt) => output.fileOf(attempt),
      exited,
      process: host.process,
      kill: () => {
        say({ type: 'kill', life })
        const timer = setTimeout(() => host.kill(), terminateGraceMs)
        void exited.then(() => clearTimeout(timer))
      },
    }
  }

  admit(): boolean {
    return false
  }

  async close(): Promise<void> {
    const host = this.#host
    host?.kill()
    await host?.exited
    await this.#leash.close()
  }

  #requireHost(): NodeProcess {
    if (this.#host !== null) return this.#host
    const host = new NodeProcess({
      entry: 'thread-host',
      nodeFlags: [],
      settings: this.#settings,
      mark: `threads.${this.#lifeNext}`,
      output: new WorkerOutput(this.#log, this.#logs),
      leash: this.#leash,
      onMessage: (message) => {
        if (isFromHost(message)) this.#take(message)
        else host.breakOff('said something that is not in the protocol')
      },
    })
    this.#host = host
    void host.exited.then((exit) => this.#loseHost(exit))
    return host
  }

  #take(message: FromHost): void {
    const life = this.#lives.get(message.life)
    if (life === undefined) return
    switch (message.type) {
      case 'said':
        life.onMessage(parseJson(message.json))
        return
      case 'printed':
        life.output.write(message.stream, Buffer.from(message.base64, 'base64'))
        return
      case 'gone':
        this.#lives.delete(message.life)
        life.end(exitOf(message, life.output.close()))
        return
      default:
        assertNever(message)
    }
  }

  /** Every thread went down with the process they lived in. */
  #loseHost(exit: Exit): void {
    this.#host = null
    for (const life of this.#lives.values()) {
      const how = `went down with the process of all threads, which ${exit.how}`
      const said = life.output.close()
      life.end({ ...exit, how, lastWords: exit.lastWords || said })
    }
    this.#lives.clear()
  }
}

/** Null, which no worker says, for what is no JSON. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** What a thread ends of that finds no files or memory left to begin with: as its error's code, or in the words of Node, which could not begin it. */
const exhausted = /^(?:Worker initialization failure: )?(?:EMFILE|ENFILE|ENOMEM)$/

/** How a thread ended, as its host heard of it. */
export function exitOf({ exitCode, error }: Extract<FromHost, { type: 'gone' }>, said: string): Exit {
  if (error?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { how: 'ran out of heap', code: 'out-of-memory', lastWords: said || error.message }
  // A thread that nobody ended and nothing threw in has called process.exit.
  if (error === null) return { how: sayJobExited(exitCode), code: 'job-exited', lastWords: said }
  return {
    how: `ended with an error (${error.message})`,
    code: [error.code ?? '', error.message].some((said) => exhausted.test(said))
      ? 'limit-reached'
      : 'worker-died',
    lastWords: said || error.message,
  }
}
