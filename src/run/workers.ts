import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type ContainerSettings, type LoadOrder, openPool, type Pool } from '../executor/index.ts'
import { type GroupLimits, openOwnGroup } from '../host/index.ts'
import type { ContainerBase } from './containers/container-base.ts'
import { noteContainers } from './containers/container-note.ts'
import type { RunDirectory } from './directory/directory.ts'
import { packageRoot } from './package.ts'
import type { Plan } from './plan/plan.ts'

/** Programs that a job may have running beside a worker. */
export const jobProcessesMax = 64
/** Threads of a Node process at work. */
export const threadsUsual = 12
/** What each may have of them. */
const threadsEach = 16
/**
 * How far above what the watchdog allows the kernel's limit is: it counts the page cache of what is written, page tables and
 * pipes as well, and is there for what happens between two looks of the watchdog, which knows better whom to end.
 */
const kernelSlack = 1.25
const kernelSlackBytes = 256 * 2 ** 20

/**
 * What is right for a record is too short for starting a program and importing a job, where others use the machine as well: a
 * short --task-timeout does not bound that.
 */
export const loadTimeoutMsLeast = 30_000

/** What decides how a run's workers are started. */
export interface WorkerNeeds
  extends Pick<Plan, 'isolation' | 'workers' | 'memory' | 'taskTimeoutMs' | 'isPolite'> {
  /** The job file as named. */
  readonly jobName: string
  readonly params: LoadOrder['params']
  /** What the run's first worker made of them, where it has been there. */
  readonly resolved?: LoadOrder['resolved']
  /** The directory the inputs were planned in. */
  readonly cwd: string
  /** What containers are started from; null where workers are none. */
  readonly base: ContainerBase | null
  /** Absolute paths that workers read: containers see no others. */
  readonly inputs: readonly (string | Buffer)[]
}

/** The pool of a run, whose job is bundled in its directory. Starts no worker yet. */
export function openWorkers(directory: RunDirectory, needs: WorkerNeeds): Pool {
  const label = randomBytes(8).toString('hex')
  if (needs.base !== null) noteContainers(directory, needs.base.engine, label)
  const { settings, ...options } = poolOptions(directory, needs, label)
  return openPool(needs.isolation, {
    ...options,
    settings: { ...settings, group: openOwnGroup(groupLimits(needs)) },
  })
}

type PoolOptions = Parameters<typeof openPool>[1]

/** What a run's pool is told, but for the group that its workers are put into. */
export function poolOptions(
  directory: RunDirectory,
  needs: WorkerNeeds,
  label: string,
): Omit<PoolOptions, 'settings'> & { readonly settings: Omit<PoolOptions['settings'], 'group'> } {
  return {
    seats: needs.workers,
    order: loadOrderOf(directory, needs),
    heapBytes: needs.memory.workerHeapBytes,
    taskTimeoutMs: needs.taskTimeoutMs,
    loadTimeoutMs: Math.max(needs.taskTimeoutMs, loadTimeoutMsLeast),
    limits: { memoryBytes: needs.memory.totalBytes, processesMax: jobProcessesMax },
    settings: {
      cwd: needs.cwd,
      logDirectory: directory.logFolder,
      // Not the run's id: another run elsewhere may have the same one, and its workers must not be taken for ours.
      tokenName: `TALLYMAN_RUN_${label}`,
      isPolite: needs.isPolite,
      memoryBytes: needs.memory.totalBytes,
      container: needs.base === null ? null : containerSettings(directory, needs, needs.base, label),
    },
  }
}

/** The job that is bundled in a run's directory, as workers are told to load it. */
export function loadOrderOf(
  directory: RunDirectory,
  { jobName, params, resolved }: Pick<WorkerNeeds, 'jobName' | 'params' | 'resolved'>,
): LoadOrder {
  const { bundleFile, path: runDirectory } = directory
  const order = { bundleFile, jobName, runDirectory, params }
  if (resolved === undefined) return order
  const { params: made, encodedParams } = resolved
  return { ...order, resolved: { params: made, encodedParams } }
}

/** What the kernel holds all workers of a run to together, where it does. */
export function groupLimits({ memory, workers }: Pick<WorkerNeeds, 'memory' | 'workers'>): GroupLimits {
  return {
    memoryBytes: Math.ceil(memory.totalBytes * kernelSlack) + kernelSlackBytes,
    processesMax: workers * (jobProcessesMax + 1) * threadsEach,
  }
}

/** What a container sees beside the inputs: tallyman, the job, and what other attempts have written; and where it writes itself. */
function containerSettings(
  directory: RunDirectory,
  { inputs }: WorkerNeeds,
  base: ContainerBase,
  label: string,
): ContainerSettings {
  const program = ['dist', 'package.json'].map((name) => join(packageRoot, name))
  const run = [directory.jobFolder, directory.absolute('node_modules'), directory.committedFolder]
  return {
    ...base,
    label,
    readable: [...program, ...run, ...inputs],
    writable: [directory.attemptsFolder],
    memoryBytes: null,
    processesMax: (jobProcessesMax + 1) * threadsEach,
  }
}
