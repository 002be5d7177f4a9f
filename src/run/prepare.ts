import { existsSync, realpathSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { LoadedJob, Pool } from '../executor/index.ts'
import { readMachine } from '../host/index.ts'
import { discoverInputs, toFsPath } from '../input/index.ts'
import type { JobDescription } from '../job/index.ts'
import { type Bundle, bundleModule } from './bundle.ts'
import { noteOf } from './containers/confinement.ts'
import { requireContainers } from './containers/container-base.ts'
import { forgetContainers } from './containers/container-note.ts'
import { createRunDirectory, type RunDirectory } from './directory/directory.ts'
import { releaseLock, takeLock } from './directory/lock.ts'
import { findJobFile } from './find-job-file.ts'
import type { HeldRun, RunMaker } from './held-run.ts'
import { beginJournal } from './journal/begin-journal.ts'
import type { RunOptions } from './options.ts'
import { hashContents, makePlan, soughtOf } from './plan/make-plan.ts'
import { writePlan } from './plan/plan-file.ts'
import { requireRoom } from './require-room.ts'
import { type Resources, settleResources } from './resources.ts'
import { initialState } from './state/state.ts'
import { Store, storeFolder } from './store/store.ts'
import { openWorkers, type WorkerNeeds } from './workers.ts'

/** A job that has been bundled, and a pool whose first worker has loaded it. */
interface StartedJob {
  readonly bundle: Bundle
  readonly pool: Pool
  readonly loaded: LoadedJob
  readonly resources: Resources
}

/** What a run is prepared with besides its options. */
export interface Preparation {
  /** Aborted to give it up, even while the job is busy loading; it rejects with the reason then. */
  readonly stop?: AbortSignal
  /** Writes into the directory what a run that goes on must know, before there is a plan to go on with. */
  readonly note?: (directory: RunDirectory) => void
  /** Told, in a sentence, what takes long before the run begins. */
  readonly say?: (message: string) => void
  readonly makeRun: RunMaker
}

/**
 * Prepares a run: makes its directory, bundles the job into it, has a worker load the job, finds the inputs and cuts them
 * into tasks. No record is read. Where it fails, the directory is removed again.
 *
 * @param runsFolder where runs live; made when it is not there
 * @throws {TallymanError} `not-found` for the job file, `job-invalid`, `param-invalid`, `input-missing`,
 *   `input-unsupported`, or `usage` for too little memory
 */
export async function prepareRun(
  options: RunOptions,
  runsFolder: string,
  { stop, note, say, makeRun }: Preparation,
): Promise<HeldRun> {
  const entry = findJobFile(options)
  const directory = createRunDirectory(runsFolder, { job: options.job, cwd: options.cwd, now: new Date() })
  let pool: Pool | null = null
  try {
    takeLock(directory)
    const job = await startJob(entry, directory, { ...options, stop, note, say })
    pool = job.pool
    const discovery = await discoverInputs(options.inputs, {
      cwd: options.cwd,
      own: [runsFolder, storeFolder(runsFolder)].flatMap(withoutLinks),
      ...soughtOf(options, job.loaded),
    })
    await pool.admit(discovery.files.map(({ path }) => toFsPath(resolve(options.cwd, path))))
    stop?.throwIfAborted()
    const store = new Store(storeFolder(runsFolder))
    const contents = options.hashInputs
      ? await hashContents(discovery.files, (path) => toFsPath(resolve(options.cwd, path)), stop)
      : null
    const { bundle, loaded, resources } = job
    const { sha256: codeSha256 } = bundle
    const plan = makePlan({
      options,
      jobFile: entry,
      codeSha256,
      loaded,
      confinement: pool.confinement,
      resources,
      discovery,
      store,
      contents,
    })
    for (const { index } of plan.discovery.files)
      if (index !== undefined) store.indexes.lend(index, directory.indexFolder)
    const state = initialState(plan)
    writePlan(directory.planFile, plan)
    const { journal, planned } = beginJournal(directory.journalFile, state)
    return makeRun({
      id: basename(directory.path),
      directory,
      journal,
      pool,
      state,
      store,
      begun: planned,
      notes: [noteOf(plan.confinement)].filter((note) => note !== null),
    })
  } catch (error) {
    try {
      if (pool !== null) await stopPool(pool, directory)
    } finally {
      releaseLock(directory)
      removeUnlessNeeded(directory)
    }
    throw error
  }
}

/** Stops it for good. Where that throws, containers may be left, and stay noted. */
async function stopPool(pool: Pool, directory: RunDirectory): Promise<void> {
  await pool.stop()
  forgetContainers(directory)
}

/** Containers that are left are found by what is noted of them in there. */
function removeUnlessNeeded(directory: RunDirectory): void {
  if (!existsSync(directory.containersFile)) directory.remove()
}

/** Nothing where there is no such folder. */
function withoutLinks(folder: string): string[] {
  return existsSync(folder) ? [realpathSync(folder)] : []
}

/**
 * Loads a job without a run, for what it says of itself. No parameter need be given.
 *
 * @param stop aborted to give it up; it rejects with the reason then
 * @throws {TallymanError} `not-found` or `job-invalid`
 */
export async function inspectJob(
  options: Pick<
    RunOptions,
    'job' | 'cwd' | 'isolation' | 'image' | 'memoryBytes' | 'taskTimeoutMs' | 'isPolite'
  >,
  runsFolder: string,
  stop?: AbortSignal,
): Promise<JobDescription> {
  const entry = findJobFile(options)
  const directory = createRunDirectory(runsFolder, { job: options.job, cwd: options.cwd, now: new Date() })
  try {
    const { pool, loaded } = await startJob(entry, directory, {
      ...options,
      workers: 1,
      spark: null,
      spillBytes: null,
      params: null,
      stop,
    })
    await stopPool(pool, directory)
    return loaded.description
  } finally {
    removeUnlessNeeded(directory)
  }
}

/** What a job is started with. */
interface JobStart
  extends Pick<
      RunOptions,
      | 'job'
      | 'cwd'
      | 'isolation'
      | 'image'
      | 'workers'
      | 'memoryBytes'
      | 'spillBytes'
      | 'taskTimeoutMs'
      | 'isPolite'
      | 'spark'
    >,
    Pick<WorkerNeeds, 'params'> {
  readonly stop: AbortSignal | undefined
  readonly note?: Preparation['note'] | undefined
  readonly say?: Preparation['say'] | undefined
}

/** Bundles a job, and has the first worker of a new pool load it. Where that fails the pool is stopped. */
async function startJob(entry: string, directory: RunDirectory, options: JobStart): Promise<StartedJob> {
  const resources = settleResources(options, readMachine())
  // On Spark one worker loads the job here, and all others are elsewhere.
  requireRoom(options.spark === null ? resources.workers : 1)
  const base = await requireContainers(options, options.say)
  options.stop?.throwIfAborted()
  const pool = openWorkers(directory, { ...options, ...resources, jobName: options.job, base, inputs: [] })
  const giveUp = (): void => {
    // It is stopped once more below, and what it says is said there.
    void pool.stop().catch(() => undefined)
  }
  options.stop?.addEventListener('abort', giveUp)
  try {
    options.stop?.throwIfAborted()
    // Its program is loaded while the job is bundled, and the disk is waited for.
    pool.warm()
    options.note?.(directory)
    const bundle = await bundleModule(entry, directory.bundleFile)
    options.stop?.throwIfAborted()
    return { bundle, pool, loaded: await pool.load(), resources }
  } catch (error) {
    await stopPool(pool, directory)
    options.stop?.throwIfAborted()
    throw error
  } finally {
    options.stop?.removeEventListener('abort', giveUp)
  }
}
