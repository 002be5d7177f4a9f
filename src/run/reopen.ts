import { createHash } from 'node:crypto'
import { readFileSync, truncateSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { messageOf, TallymanError } from '../errors.ts'
import { toFsPath } from '../input/index.ts'
import { requireContainers } from './containers/container-base.ts'
import { type RunDirectory, type RunIdentity, readIdentity } from './directory/directory.ts'
import { isHeld, releaseLock, takeLock } from './directory/lock.ts'
import type { HeldRun, RunMaker } from './held-run.ts'
import { beginJournal } from './journal/begin-journal.ts'
import type { RunEvent } from './journal/events.ts'
import {
  type JournalContent,
  type JournalDamage,
  JournalWriter,
  readBelievable,
  readJournal,
} from './journal/journal.ts'
import type { BadRecordLimit } from './options.ts'
import { buildVersion } from './package.ts'
import type { Plan } from './plan/plan.ts'
import { readPlan } from './plan/plan-file.ts'
import { apply, initialState, type Phase, type RunState } from './state/state.ts'
import { taskId } from './state/task-id.ts'
import { Store, storeFolder } from './store/store.ts'
import { surroundings } from './surroundings.ts'
import { openWorkers } from './workers.ts'

/** A run as it lies on disk. */
export interface RunOnDisk {
  readonly identity: RunIdentity
  /** Null for a run that ended before it had a plan. */
  readonly state: RunState | null
  /** Is a process at work on it now? */
  readonly isHeld: boolean
  /** Milliseconds since the epoch of the last thing that happened. */
  readonly lastAt: number
  /** Everything that happened, in order. */
  readonly events: readonly RunEvent[]
  /** Bytes of the journal that are whole lines. */
  readonly journalBytes: number
}

/**
 * Reads a run back from its directory: the plan, and the journal applied to it. Changes nothing.
 *
 * @throws {TallymanError} `not-found` where there is no run, `file-damaged` for a plan or a journal that is not as it was written
 */
export function readRun(directory: RunDirectory): RunOnDisk {
  return readWith(directory, readJournal)
}

/** A run as `resumeRun` finds it. */
interface ResumableRun extends RunOnDisk {
  /** Where its journal is damaged; the state is that before. */
  readonly damage: JournalDamage | null
}

/** Reads a run as `readRun` does, but of a damaged journal what can be believed. */
export function readResumable(directory: RunDirectory): ResumableRun {
  let damage: JournalDamage | null = null
  const run = readWith(directory, (file) => {
    const journal = readBelievable(file)
    damage = journal?.damage ?? null
    return journal
  })
  return { ...run, damage }
}

function readWith(directory: RunDirectory, journalOf: (file: string) => JournalContent | null): RunOnDisk {
  const identity = readIdentity(directory)
  const held = isHeld(directory)
  const plan = readPlan(directory.planFile)
  const { events, wholeBytes } = journalOf(directory.journalFile) ?? { events: [], wholeBytes: 0 }
  const state = plan === null ? null : events.reduce(apply, initialState(plan))
  return {
    identity,
    state,
    isHeld: held,
    lastAt: events.at(-1)?.at ?? identity.createdAt,
    events,
    journalBytes: wholeBytes,
  }
}

/** What a resumed run is told anew. */
export interface ResumeOptions {
  /** Names to accept, beside those that were accepted before. */
  readonly accept: readonly string[]
  /** Null: as before. */
  readonly badRecords: BadRecordLimit | null
}

const resumable: ReadonlySet<Phase> = new Set(['map', 'reduce', 'refused', 'failed', 'interrupted'])

/**
 * Opens a run that was interrupted, refused, cut off or failed, to go on where its journal ends. What is committed is not
 * done again. A journal that is damaged ends for this before its first damaged line; what is not proven by then is removed.
 *
 * @throws {TallymanError} `usage` for a run that is complete, that another process is at work on, or that another version of
 *   tallyman began; `not-found` for none
 */
export async function resumeRun(
  directory: RunDirectory,
  options: ResumeOptions,
  makeRun: RunMaker,
): Promise<HeldRun> {
  readIdentity(directory)
  // Taken before the journal is read: what its holder writes until it lets go must not be cut off below.
  takeLock(directory)
  try {
    return await reopen(directory, options, makeRun)
  } catch (error) {
    releaseLock(directory)
    throw error
  }
}

/** REQUIRES: the lock. */
async function reopen(directory: RunDirectory, options: ResumeOptions, makeRun: RunMaker): Promise<HeldRun> {
  const { state, journalBytes, identity, damage } = readResumable(directory)
  requireResumable(state, identity)
  requireBundle(directory, state.plan)
  const base = await requireContainers(state.plan)
  directory.discardAttempts()
  directory.linkPackage()
  const { plan } = state
  const journal = continueJournal(directory.journalFile, state, journalBytes)
  const resumed = {
    type: 'resumed',
    at: Date.now(),
    accept: [...new Set([...plan.accept, ...options.accept])],
    badRecords: options.badRecords ?? plan.badRecords,
    ...(damage === null ? {} : { distrusted: damage }),
  } as const
  journal.append(resumed)
  const after = apply(state, resumed)
  // Beside what was never journaled: what was made without an input that is looked for again.
  directory.discardUnproven(provenTasks(after))
  const pool = openWorkers(directory, {
    ...plan,
    jobName: plan.job.path,
    params: plan.job.typedParams,
    resolved: plan.job,
    cwd: identity.cwd,
    base,
    inputs: plan.discovery.files.map(({ path }) => toFsPath(resolve(identity.cwd, path))),
  })
  return makeRun({
    id: basename(directory.path),
    directory,
    journal,
    pool,
    state: after,
    begun: resumed,
    notes: damage === null ? [] : [sayDamage(directory, damage)],
    store: new Store(storeFolder(dirname(directory.path))),
  })
}

function continueJournal(file: string, state: RunState, wholeBytes: number): JournalWriter {
  if (wholeBytes === 0) return beginJournal(file, state).journal
  truncateSync(file, wholeBytes)
  return new JournalWriter(file, 'continue')
}

/** Tasks whose commit is journaled. */
function provenTasks(state: RunState): ReadonlySet<string> {
  const proven = (['map', 'reduce'] as const).flatMap((stage) =>
    state[stage].toArray().flatMap(({ kind }, index) => (kind === 'done' ? [taskId(stage, index)] : [])),
  )
  return new Set(proven)
}

function sayDamage(directory: RunDirectory, { line, bytes }: JournalDamage): string {
  return `${directory.journalFile} is damaged at line ${line}: what stands before it is believed, the ${bytes} bytes from there on are cut off, and what they told of is done again.`
}

function requireResumable(state: RunState | null, { id, job, cwd }: RunIdentity): asserts state is RunState {
  if (state === null) {
    throw new TallymanError(
      'usage',
      `Run ${id} ended before it had a plan, so there is nothing to go on from.`,
      { wayOut: `Start it again, in ${cwd}: tallyman run ${job} …` },
    )
  }
  if (!resumable.has(state.phase)) {
    throw new TallymanError('usage', `Run ${id} is ${state.phase}; there is nothing left to do.`, {
      wayOut: `\`tallyman show ${id}\` shows its result.`,
    })
  }
  requireSameEngineAndSurroundings(state.plan, id)
}

/**
 * What is still to be done of a run, or done again, must be done by the very code that did its beginning.
 *
 * @throws {TallymanError} `file-damaged` where it is another one, or gone
 */
export function requireBundle({ bundleFile }: RunDirectory, { job }: Plan): void {
  let reason = 'is not as it was written'
  try {
    const sha256 = createHash('sha256').update(readFileSync(bundleFile)).digest('hex')
    if (sha256 === job.codeSha256) return
  } catch (error) {
    reason = `cannot be read: ${messageOf(error)}`
  }
  throw new TallymanError('file-damaged', `The job of the run, ${bundleFile}, ${reason}.`, {
    wayOut: 'Nothing can be run with it: start the run again, which uses what its map tasks wrote.',
  })
}

/** What two versions wrote, or two time zones or languages made, put together, is a result that neither would have made. */
function requireSameEngineAndSurroundings({ engine, surroundings: begun }: Plan, id: string): void {
  const version = buildVersion()
  const here = surroundings()
  if (begun !== here) {
    const [zone, language] = begun.split(', ')
    throw new TallymanError(
      'usage',
      `Run ${id} was begun in another time zone or language, by which dates and texts may look: ${begun}; here it is ${here}.`,
      {
        wayOut: `Go on as it was begun: TZ=${zone} LC_ALL=${language}.UTF-8 tallyman resume ${id}. Or start the run again.`,
      },
    )
  }
  if (engine === version) return
  throw new TallymanError('usage', `Run ${id} was begun by tallyman ${engine}; this is ${version}.`, {
    wayOut: 'Go on with the versions that began the run, or start the run again.',
  })
}
