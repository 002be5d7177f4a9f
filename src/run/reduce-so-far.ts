import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { RunDirectory } from './directory/directory.ts'
import type { RunState } from './state/state.ts'
import { attemptId, taskId } from './state/task-id.ts'
import { reduceWork } from './work.ts'
import { openWorkers } from './workers.ts'

/** A part file of an answer so far. */
export interface PartSoFar {
  readonly table: string
  /** Absolute. */
  readonly file: string
}

/** How much is reduced, where the part files go, and who may end it. */
export interface ReduceSoFarOptions {
  /** An empty folder, to be removed by the caller. */
  readonly scratch: string
  /** How many of them, from the first. */
  readonly partitions: number
  /** Aborted to give it up. */
  readonly stop: AbortSignal
}

/** Memory for a reducer that is not the run's own. */
const totalBytes = 512 * 2 ** 20
const workerHeapBytes = 256 * 2 ** 20

/**
 * Reduces what a run's map tasks have committed by now, beside the run and without touching it: in one worker of its own, as polite as the run's, which
 * writes into `scratch`.
 *
 * @returns null where it did not come off: a file was just replaced, the job fails, or it was given up
 */
export async function reduceSoFar(
  directory: RunDirectory,
  state: RunState,
  { scratch, partitions, stop }: ReduceSoFarOptions,
): Promise<PartSoFar[] | null> {
  const { plan } = state
  const own = new RunDirectory(scratch)
  for (const folder of ['committedFolder', 'jobFolder'] as const) symlinkSync(directory[folder], own[folder])
  symlinkSync(directory.absolute('node_modules'), own.absolute('node_modules'))
  for (const folder of [own.attemptsFolder, own.logFolder]) mkdirSync(folder)
  const pool = openWorkers(own, {
    isolation: 'process',
    base: null,
    inputs: [],
    workers: 1,
    memory: { totalBytes, workerHeapBytes, combineBytesMax: plan.memory.combineBytesMax },
    taskTimeoutMs: plan.taskTimeoutMs,
    isPolite: plan.isPolite,
    jobName: plan.job.path,
    params: plan.job.typedParams,
    resolved: plan.job,
    cwd: scratch,
  })
  const giveUp = (): void => void pool.stop()
  stop.addEventListener('abort', giveUp)
  try {
    await pool.load()
    const parts: PartSoFar[] = []
    for (let partition = 0; partition < partitions; partition += 1) {
      if (stop.aborted) return null
      const id = attemptId(taskId('reduce', partition), 1)
      const folder = own.relativeAttemptFolder(id)
      const attempt = { id, directory: folder, work: reduceWork(state, partition, own) }
      const outcome = await pool.run(attempt, () => undefined).outcome
      if (outcome.kind !== 'done' || outcome.report.kind !== 'reduce') return null
      for (const { table, name } of outcome.report.report.parts)
        parts.push({ table, file: own.absolute(join(folder, name)) })
    }
    return parts
  } finally {
    stop.removeEventListener('abort', giveUp)
    await pool.stop()
  }
}
