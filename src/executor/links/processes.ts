import { heapFlags } from '../heap-limits.ts'
import type { Link, LinkFactory, LinkOrder } from '../link.ts'
import { logFile } from '../log-files.ts'
import type { WorkerSettings } from '../worker-settings.ts'
import { AttemptLogs } from './attempt-log.ts'
import { Leash } from './leash.ts'
import { NodeProcess } from './node-process.ts'
import { WorkerLog } from './worker-log.ts'
import { lineTo, WorkerOutput } from './worker-output.ts'

/** Workers that are processes: what one of them does to its memory or its event loop is its own affair. */
export function processLinks(settings: WorkerSettings): LinkFactory {
  return new ProcessLinks(settings)
}

class ProcessLinks implements LinkFactory {
  readonly sharesProcess = false
  readonly confinement = null
  readonly #settings: WorkerSettings
  readonly #logs: AttemptLogs
  readonly #leash = new Leash()
  readonly #processes = new Set<NodeProcess>()
  #lives = 0

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    this.#logs = new AttemptLogs(settings.logDirectory)
  }

  open({ seat, heapBytes }: LinkOrder, onMessage: (message: unknown) => void): Link {
    const log = new WorkerLog(logFile(this.#settings.logDirectory, `worker-${seat}`))
    const output = new WorkerOutput(log, this.#logs)
    const worker = new NodeProcess({
      entry: 'worker-process',
      nodeFlags: heapFlags(heapBytes),
      settings: this.#settings,
      mark: `${seat}.${this.#lives++}`,
      output,
      leash: this.#leash,
      onMessage,
    })
    this.#processes.add(worker)
    void worker.exited.then(() => this.#processes.delete(worker))
    return lineTo(worker, output)
  }

  admit(): boolean {
    return false
  }

  async close(): Promise<void> {
    for (const worker of this.#processes) worker.kill()
    await Promise.all([...this.#processes].map(({ exited }) => exited))
    await this.#leash.close()
  }
}
