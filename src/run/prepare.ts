import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import type { LoadedJob, Pool } from '../executor/index.ts'
import { readMachine } from '../host/index.ts'
import { type Discovery, discoverInputs, packSplits, planSplits, type Split } from '../input/index.ts'
import type { JobDescription } from '../job/index.ts'
import { type Bundle, bundleModule } from './bundle.ts'
import { Coordinator } from './coordinator.ts'
import { createRunDirectory, type RunDirectory, writeWhole } from './directory.ts'
import { fingerprint } from './fingerprint.ts'
import { JournalWriter } from './journal.ts'
import { releaseLock, takeLock } from './lock.ts'
import type { RunOptions } from './options.ts'
import type { Plan, PlannedTask } from './plan.ts'
import type { PreparedRun } from './prepared.ts'
import { type Resources, settleResources } from './resources.ts'
import { initialState } from './state.ts'
import { totalsOf } from './totals.ts'
import { openWorkers, type WorkerNeeds } from './workers.ts'

/** Longest byte range of a plain file, where nothing was said. */
const splitBytesDefault = 32 * 2 ** 20
/** Below this much input a second partition costs more than it brings. */
const onePartitionBytesMax = 16 * 2 ** 20
const partitionsMax = 32
/** Each map task may leave a file for each partition: this bounds how many there are. */
const spillFilesMax = 100_000

/** A job that has been bundled, and a pool whose first worker has loaded it. */
interface StartedJob {
  readonly bundle: Bundle
  readonly pool: Pool
  readonly loaded: LoadedJob
  readonly resources: Resources
}

/**
 * Prepares a run: makes its directory, bundles the job into it, has a worker load the job, finds the inputs and cuts them
 * into tasks. No record is read. Where it fails, the directory is removed again.
 *
 * @param runsFolder where runs live; made when it is not there
 * @throws {TallymanError} `not-found` for the job file, `job-invalid`, `param-invalid`, `input-missing`,
 *   `input-unsupported`, or `usage` for too little memory
 */
export async function prepareRun(options: RunOptions, runsFolder: string): Promise<PreparedRun> {
  const entry = findJobFile(options)
  const directory = createRunDirectory(runsFolder, { job: options.job, cwd: options.cwd, now: new Date() })
  let pool: Pool | null = null
  try {
    takeLock(directory)
    const job = await startJob(entry, directory, options)
    pool = job.pool
    const discovery = await discoverInputs(options.inputs, {
      cwd: options.cwd,
      expect: options.expect ?? job.loaded.description.expect,
    })
    const state = initialState(makePlan(options, entry, job, discovery))
    const { plan } = state
    writeWhole(directory.planFile, `${JSON.stringify(plan)}\n`)
    const journal = new JournalWriter(directory.journalFile, 'new')
    journal.append({
      type: 'planned',
      at: Date.now(),
      tasks: plan.tasks.length,
      partitions: plan.partitions,
      inputBytes: totalsOf(state).inputBytes,
    })
    return new Coordinator({ id: basename(directory.path), directory, journal, pool, state })
  } catch (error) {
    await pool?.stop()
    releaseLock(directory)
    directory.remove()
    throw error
  }
}

/**
 * Loads a job without a run, for what it says of itself. No parameter need be given.
 *
 * @throws {TallymanError} `not-found` or `job-invalid`
 */
export async function inspectJob(
  options: Pick<RunOptions, 'job' | 'cwd' | 'isolation' | 'memoryBytes' | 'taskTimeoutMs'>,
  runsFolder: string,
): Promise<JobDescription> {
  const entry = findJobFile(options)
  const directory = createRunDirectory(runsFolder, { job: options.job, cwd: options.cwd, now: new Date() })
  try {
    const { pool, loaded } = await startJob(entry, directory, { ...options, workers: 1, params: null })
    await pool.stop()
    return loaded.description
  } finally {
    directory.remove()
  }
}

async function startJob(
  entry: string,
  directory: RunDirectory,
  options: Pick<RunOptions, 'job' | 'cwd' | 'isolation' | 'workers' | 'memoryBytes' | 'taskTimeoutMs'> &
    Pick<WorkerNeeds, 'params'>,
): Promise<StartedJob> {
  const resources = settleResources(options, readMachine())
  const bundle = await bundleModule(entry, directory.bundleFile)
  const pool = openWorkers(directory, { ...options, ...resources, jobName: options.job })
  try {
    return { bundle, pool, loaded: await pool.load(), resources }
  } catch (error) {
    await pool.stop()
    throw error
  }
}

function findJobFile({ job, cwd }: Pick<RunOptions, 'job' | 'cwd'>): string {
  const path = resolve(cwd, job)
  if (existsSync(path)) {
    if (statSync(path).isFile()) return path
    throw new TallymanError('not-found', `Job ${JSON.stringify(job)} is a directory; a job is a file.`, {
      wayOut: sayJobsIn(path) ?? 'Name the file, for example words.job.ts.',
    })
  }
  throw new TallymanError('not-found', `Job file ${JSON.stringify(job)} does not exist.`, {
    wayOut: sayJobsIn(dirname(path)) ?? '`tallyman new NAME` writes one.',
  })
}

function sayJobsIn(folder: string): string | null {
  if (!existsSync(folder)) return null
  const jobs = readdirSync(folder).filter((name) => /\.job\.[cm]?[jt]sx?$/.test(name))
  if (jobs.length === 0) return null
  return `There is ${jobs
    .slice(0, 3)
    .map((name) => JSON.stringify(name))
    .join(', ')}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''}.`
}

function makePlan(options: RunOptions, entry: string, job: StartedJob, discovery: Discovery): Plan {
  const { bundle, loaded, resources } = job
  const splitBytes = options.splitBytes ?? splitBytesDefault
  const splits = planSplits(discovery.files, {
    splitBytes,
    splittable: loaded.description.input.unit === 'line',
  })
  const tasks = toTasks(packSplits(splits, splitBytes))
  const { accept, params } = options
  return {
    job: {
      path: options.job,
      file: entry,
      description: loaded.description,
      params: loaded.params,
      typedParams: params,
      codeSha256: bundle.sha256,
    },
    fingerprint: fingerprint({ codeSha256: bundle.sha256, params, files: discovery.files, accept }),
    discovery,
    splits,
    tasks,
    partitions: choosePartitions(discovery, tasks.length, resources.workers),
    isolation: options.isolation,
    workers: resources.workers,
    memory: resources.memory,
    splitBytes,
    attemptsMax: options.attemptsMax,
    taskTimeoutMs: options.taskTimeoutMs,
    expect: options.expect ?? loaded.description.expect,
    accept,
    badRecords: options.badRecords,
  }
}

function toTasks(packed: readonly (readonly Split[])[]): PlannedTask[] {
  let firstSplit = 0
  return packed.map(({ length }) => {
    const task = { firstSplit, endSplit: firstSplit + length }
    firstSplit += length
    return task
  })
}

function choosePartitions({ files }: Discovery, tasks: number, workers: number): number {
  const bytes = files.reduce((sum, { identity }) => sum + identity.sizeBytes, 0)
  if (bytes <= onePartitionBytesMax) return 1
  return Math.max(1, Math.min(workers, partitionsMax, Math.floor(spillFilesMax / Math.max(1, tasks))))
}
