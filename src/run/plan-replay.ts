import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TallymanError } from '../errors.ts'
import { type Attempt, type DeathRecord, type MapWork, type Replay, readDeath } from '../executor/index.ts'
import { type RecordPlace, rejectedName } from '../flow/index.ts'
import { readLeftFile } from '../host/index.ts'
import { ownsLineAt } from '../input/index.ts'
import type { RunDirectory } from './directory/directory.ts'
import type { RejectedRecord } from './directory/rejected-list.ts'
import type { RunEvent } from './journal/events.ts'
import { type RunOnDisk, readRun, requireBundle } from './reopen.ts'
import { sayTask } from './state/say-task.ts'
import type { RunState } from './state/state.ts'
import { attemptId, parseTaskId } from './state/task-id.ts'
import { variablesOf } from './surroundings.ts'
import { mapWork, reduceWork } from './work.ts'
import { jobProcessesMax, loadOrderOf } from './workers.ts'

/** An attempt of a run as it is to be run again. */
export interface ReplayPlan {
  readonly replay: Omit<Replay, 'inspect' | 'profileFile' | 'onStandstill'>
  /** Id of the run. */
  readonly run: string
  /** Its time zone and language. */
  readonly surroundings: string
  /** Its task, and what that reads. */
  readonly task: string
  /** How it ended in its run: what it, or where it was told to pass over a record, an attempt before it at that record, failed of. */
  readonly formerly:
    | { readonly kind: 'failed'; readonly message: string }
    | { readonly kind: 'well' | 'unknown' }
}

/**
 * What is needed to run an attempt again as it was: the job the run began with, the same splits, the same heap. Changes nothing.
 *
 * @param maps the record that it died at, or that it rejected first, where that is known; all its records up to there; or all of them, with nothing done that its run did not do
 * @throws {TallymanError} `not-found` for an attempt the run does not have, or one whose files are gone; `file-damaged` where its job is not
 *   as it was written
 */
export function planReplay(
  directory: RunDirectory,
  attempt: string,
  maps: 'record' | 'whole' | 'as-then',
): ReplayPlan {
  const { state, events, identity } = readRun(directory)
  const begun = beginOf(events, attempt)
  if (state === null || begun === null) throw unknownAttempt(attempt, identity.id)
  requireBundle(directory, state.plan)
  const { stage, index } = parseTaskId(begun.task)
  const death = readDeath(directory.logFolder, attempt)
  const work =
    stage === 'map'
      ? mapAgain({ state, directory, events, task: begun.task, index, death, maps })
      : reduceAgain(state, directory, index)
  const { job, memory, surroundings, taskTimeoutMs } = state.plan
  return {
    replay: {
      order: loadOrderOf(directory, { jobName: job.path, params: job.typedParams, resolved: job }),
      attempt: { id: attempt, directory: directory.relativeAttemptFolder(attempt), work },
      heapBytes: death?.limits.heapBytes ?? memory.workerHeapBytes,
      limits: { memoryBytes: memory.totalBytes, processesMax: jobProcessesMax },
      patienceMs: taskTimeoutMs,
      cwd: identity.cwd,
      environment: variablesOf(surroundings),
    },
    run: identity.id,
    surroundings,
    task: sayTask(state.plan, stage, index),
    formerly: howItEnded(events, attempt, death, work.kind === 'map' ? work.replay?.record : undefined),
  }
}

function howItEnded(
  events: readonly RunEvent[],
  attempt: string,
  death: DeathRecord | null,
  record: RecordPlace | undefined,
): ReplayPlan['formerly'] {
  if (death !== null) return { kind: 'failed', message: death.fault.message }
  const isAt = (place: RecordPlace | undefined): boolean =>
    place !== undefined && place.ordinal === record?.ordinal && place.byte === record.byte
  const failures = events.filter((event) => event.type === 'attempt-failed')
  const failed =
    failures.find((event) => attemptId(event.task, event.attempt) === attempt) ??
    failures.find(({ place }) => isAt(place))
  if (failed !== undefined) return { kind: 'failed', message: failed.fault.message }
  const isDone = events.some(
    (event) =>
      (event.type === 'map-committed' || event.type === 'reduce-committed') &&
      attemptId(event.task, event.attempt) === attempt,
  )
  return { kind: isDone && record === undefined ? 'well' : 'unknown' }
}

function beginOf(events: readonly RunEvent[], attempt: string): { readonly task: string } | null {
  const isIt = (event: RunEvent): event is Extract<RunEvent, { type: 'attempt-started' }> =>
    event.type === 'attempt-started' && attemptId(event.task, event.attempt) === attempt
  return events.find(isIt) ?? null
}

function unknownAttempt(attempt: string, run: RunOnDisk['identity']['id']): TallymanError {
  return new TallymanError('not-found', `Run ${run} has no attempt ${JSON.stringify(attempt)}.`, {
    wayOut:
      'An attempt is named by its task and its number, such as map-00012.1; `tallyman logs` lists those that failed.',
  })
}

interface MapAgain {
  readonly state: RunState
  readonly directory: RunDirectory
  readonly events: readonly RunEvent[]
  readonly task: string
  readonly index: number
  readonly death: DeathRecord | null
  readonly maps: Parameters<typeof planReplay>[2]
}

function mapAgain({ state, directory, events, task, index, death, maps }: MapAgain): Attempt['work'] {
  const was = death?.attempt.work
  const whole: MapWork =
    was?.kind === 'map'
      ? { ...was, careful: true }
      : { ...mapWork(state, index, { careful: true, alone: false }), skip: [] }
  // To note each record takes longer than many a map.
  if (maps === 'as-then') return { ...whole, careful: false }
  const isWhole = maps === 'whole'
  const record = death?.record ?? placeOf(events, task) ?? firstRejected(directory, task, whole)
  if (record === null) return whole
  const skip = whole.skip.filter(({ ordinal, byte }) => ordinal !== record.ordinal || byte !== record.byte)
  const splits = isWhole ? whole.splits : whole.splits.filter(({ ordinal }) => ordinal === record.ordinal)
  return { ...whole, skip, splits, replay: { record, alone: !isWhole } }
}

/** The record that another attempt at the task died at: the first one seldom writes down where it is. */
function placeOf(events: readonly RunEvent[], task: string): RecordPlace | null {
  for (const event of events)
    if (event.type === 'attempt-failed' && event.task === task && event.place !== undefined)
      return event.place
  return null
}

/** A list of rejected records that is longer is looked through by nobody. */
const rejectedBytesMax = 2 ** 28

/** The first record the task rejected, by its own list or, once that is gone, by the run's. */
function firstRejected(directory: RunDirectory, task: string, { splits }: MapWork): RecordPlace | null {
  const own = directory.absolute(join(directory.relativeCommittedFolder(task), rejectedName))
  const file = [own, directory.rejectedFile].find((path) => existsSync(path))
  const text = file === undefined ? null : readLeftFile(file, rejectedBytesMax)
  if (text === null) return null
  for (const line of text.toString('utf8').split('\n').slice(0, -1)) {
    const { path, member, byte } = JSON.parse(line) as Pick<RejectedRecord, 'path' | 'member' | 'byte'>
    const split = splits.find((one) => {
      if (one.path !== path || (one.kind === 'zip-member' ? one.member : null) !== member) return false
      return ownsLineAt(one, byte)
    })
    if (split !== undefined) return { ordinal: split.ordinal, byte }
  }
  return null
}

function reduceAgain(state: RunState, directory: RunDirectory, partition: number): Attempt['work'] {
  const work = reduceWork(state, partition, directory)
  const gone = work.spills.find(({ name }) => !existsSync(directory.absolute(name)))?.name
  if (gone === undefined && state.phase !== 'map') return work
  throw new TallymanError(
    'not-found',
    `What the map tasks wrote for partition ${partition} is not there: ${gone ?? 'they are not all done'}.`,
    { wayOut: 'It is removed once a run is complete: run the job again to look at its reduce tasks.' },
  )
}
