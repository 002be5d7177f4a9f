import { type LoadOrder, openPool, type Pool } from '../executor/index.ts'
import type { RunDirectory } from './directory.ts'
import type { Plan } from './plan.ts'

/** What decides how a run's workers are started. */
export interface WorkerNeeds extends Pick<Plan, 'isolation' | 'workers' | 'memory' | 'taskTimeoutMs'> {
  /** The job file as named. */
  readonly jobName: string
  readonly params: LoadOrder['params']
  /** The directory the inputs were planned in. */
  readonly cwd: string
}

/** The pool of a run, whose job is bundled in its directory. Starts no worker yet. */
export function openWorkers(directory: RunDirectory, needs: WorkerNeeds): Pool {
  return openPool(needs.isolation, {
    seats: needs.workers,
    order: {
      jobFile: directory.bundleFile,
      jobName: needs.jobName,
      runDirectory: directory.path,
      params: needs.params,
    },
    heapBytes: needs.memory.workerHeapBytes,
    taskTimeoutMs: needs.taskTimeoutMs,
    settings: { cwd: needs.cwd, logDirectory: directory.logFolder },
  })
}
