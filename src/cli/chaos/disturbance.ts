import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../errors.ts'
import {
  carriersOf,
  descendantsOf,
  listProcesses,
  type ProcessEntry,
  type ProcessToken,
  readProcess,
} from '../../host/index.ts'
import type { Chance } from './chance.ts'
import type { Disk } from './disk.ts'

/** What may happen to a run. */
export const disturbances = [
  'kill-worker',
  'kill-all-workers',
  'kill-coordinator',
  'kill-everything',
  'interrupt',
  'stop-worker',
  'starve-disk',
] as const
/** One that chance has chosen, as the report of its round names it. */
export type Disturbance = (typeof disturbances)[number]

/** The same for people; how a disk is starved depends on what may be done here. */
export const disturbanceWords: Readonly<Record<Exclude<Disturbance, 'starve-disk'>, string>> = {
  'kill-worker': 'killed a worker',
  'kill-all-workers': 'killed all workers',
  'kill-coordinator': 'killed the coordinator',
  'kill-everything': 'killed everything at once',
  interrupt: 'sent Ctrl-C',
  'stop-worker': 'stopped a worker for a while',
}

/** What a disturbance may make use of. */
export interface Means {
  readonly chance: Chance
  readonly disk: Disk
  /** Carried by all that the run starts: containers are no descendants of who asked for them. */
  readonly token: ProcessToken
}

/** Those that the run has started, wherever they are. */
function startedBy(coordinator: number, token: ProcessToken): ProcessEntry[] {
  const processes = listProcesses()
  const since = readProcess(coordinator)?.startTicks ?? 0
  const later = processes.filter(({ pid, startTicks }) => startTicks >= since && pid !== coordinator)
  const started = [...descendantsOf(coordinator, processes), ...carriersOf(token, later)]
  return [...new Map(started.map((entry) => [entry.pid, entry])).values()].sort((a, b) => a.pid - b.pid)
}

/**
 * Does one of them to the run of this process, whose workers are its descendants, or carry its token. Does nothing where nobody is left to do it
 * to. Ends only processes that the run started.
 *
 * @param coordinator process id of the run
 * @returns whether it did something
 */
export async function disturb(
  coordinator: number,
  what: Disturbance,
  { chance, disk, token }: Means,
): Promise<boolean> {
  const workers = startedBy(coordinator, token)
  switch (what) {
    case 'kill-worker':
      return sendToOne(workers, 'SIGKILL', chance)
    case 'kill-all-workers':
      return workers.filter(({ pid }) => send(pid, 'SIGKILL')).length > 0
    case 'kill-coordinator':
      return send(coordinator, 'SIGKILL')
    case 'kill-everything': {
      const isDone = send(coordinator, 'SIGKILL')
      for (const { pid } of workers) send(pid, 'SIGKILL')
      return isDone
    }
    case 'interrupt':
      return send(coordinator, 'SIGINT')
    case 'stop-worker':
      return await stopOne(workers, chance)
    case 'starve-disk':
      return disk.starve(coordinator)
  }
}

function sendToOne(workers: readonly ProcessEntry[], signal: NodeJS.Signals, chance: Chance): boolean {
  const [first, ...others] = workers
  return first !== undefined && send(chance.one([first, ...others]).pid, signal)
}

async function stopOne(workers: readonly ProcessEntry[], chance: Chance): Promise<boolean> {
  const [first, ...others] = workers
  if (first === undefined) return false
  const { pid } = chance.one([first, ...others])
  if (!send(pid, 'SIGSTOP')) return false
  await sleep(chance.whole(50, 500))
  send(pid, 'SIGCONT')
  return true
}

/** False for a process that is gone. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false
    throw error
  }
}
