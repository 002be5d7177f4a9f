import type { Fault } from '../../errors.ts'
import {
  carriersOf,
  descendantsOf,
  type ProcessEntry,
  type ProcessIdentity,
  type ProcessToken,
  readMemoryUse,
} from '../../host/index.ts'
import { Bystanders } from './bystanders.ts'
import { memoryWayOut } from './death.ts'

/** A worker process as the watchdog sees it; threads share the one they live in. */
export interface Watched {
  readonly pid: number
  /** Whatever carries it in its environment, or is marked with it, was started by this process. */
  readonly token: ProcessToken
  /** See `WorkerProcess`. */
  readonly first?: number
  /** Told at each look how much it holds, with all it has started. */
  note(bytes: number): void
  /** Told at each look what it has started. */
  remember(started: readonly ProcessIdentity[]): void
  /** Ends whatever runs in it, for this reason. */
  end(fault: Fault): void
}

/** What workers may take together, and what each may start. */
export interface WatchLimits {
  /** All processes of the run, this one too. */
  readonly memoryBytes: number
  /** Processes that one worker process may have started and are alive. */
  readonly processesMax: number
}

/** What a count at a moment may be above the memory of the run: garbage on its way out, pages that are shared. */
const memorySlack = 1.05
const memorySlackBytes = 48 * 2 ** 20

/** More often than garbage comes and goes, seldom enough to cost nothing. */
export const watchEveryMs = 500

/**
 * Looks at all processes of the workers and ends the worst one when they hold more memory than the run may, and any that
 * has started too many processes. What kernel limits cannot be relied upon for, this does: it sees children that left
 * their process group. Cost of a look: that at processes which may be the workers', and exact counts only near the limit.
 */
export class Watchdog {
  readonly #limits: WatchLimits
  readonly #bystanders = new Bystanders()
  /** Which workers there were at the last look. */
  #known: ReadonlySet<number> = new Set()

  constructor(limits: WatchLimits) {
    this.#limits = limits
  }

  look(workers: readonly Watched[]): void {
    if (workers.length === 0) return
    if (workers.some(({ pid }) => !this.#known.has(pid))) this.#bystanders.forget()
    this.#known = new Set(workers.map(({ pid }) => pid))
    const processes = this.#bystanders.others()
    const trees = workers.map((worker) => {
      const started = startedIn(worker, processes)
      worker.remember(started)
      return { worker, pids: [...new Set([worker.pid, ...started.map(({ pid }) => pid)])] }
    })
    const pids = trees.flatMap(({ pids }) => pids)
    this.#bystanders.note(processes, new Set(pids))
    hold(trees, this.#limits)
  }
}

/** A worker with its process and all that it has started. */
interface Tree {
  readonly worker: Watched
  readonly pids: readonly number[]
}

function hold(trees: readonly Tree[], { memoryBytes, processesMax }: WatchLimits): void {
  for (const { worker, pids } of trees)
    worker.note(readMemoryUse(pids, { exactAboveBytes: Number.POSITIVE_INFINITY }).bytes)
  for (const { worker, pids } of trees)
    if (pids.length - 1 > processesMax) worker.end(tooManyProcesses(pids.length - 1, processesMax))
  const allowedBytes = memoryBytes * memorySlack + memorySlackBytes
  const all = new Set([process.pid, ...trees.flatMap(({ pids }) => pids)])
  const { bytes } = readMemoryUse(all, { exactAboveBytes: allowedBytes })
  if (bytes <= allowedBytes) return
  const uses = trees.map(({ worker, pids }) => ({ worker, bytes: readMemoryUse(pids).bytes }))
  const worst = uses.reduce((most, use) => (use.bytes > most.bytes ? use : most))
  worst.worker.end(tooMuchMemory(worst.bytes, bytes, memoryBytes))
}

/** Whatever a worker started, in its process tree or by the token; the worker may be among them. */
function startedIn({ pid, token, first = pid }: Watched, processes: readonly ProcessEntry[]): ProcessEntry[] {
  // What was there before it, it has not started: nearly all, which need not be looked into.
  const startTicks = processes.find((entry) => entry.pid === pid)?.startTicks ?? 0
  const later = processes.filter((entry) => entry.startTicks >= startTicks)
  return [...descendantsOf(first, processes), ...carriersOf(token, later)]
}

function tooManyProcesses(count: number, processesMax: number): Fault {
  return {
    code: 'process-limit',
    message: `The worker had started ${count} processes, more than the ${processesMax} it may, and was ended with them.`,
    wayOut: 'Start fewer programs in the job, and wait for each; or do it with one that stays.',
  }
}

function tooMuchMemory(ownBytes: number, allBytes: number, memoryBytes: number): Fault {
  const inMiB = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
  return {
    code: 'memory-limit',
    message: `The run held ${inMiB(allBytes)} of the ${inMiB(memoryBytes)} it may; this worker held the most, ${inMiB(ownBytes)}, and was ended.`,
    wayOut: memoryWayOut,
  }
}
