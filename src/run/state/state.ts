import { assertNever, type Fault, TallymanError } from '../../errors.ts'
import type { MapReport, ReduceReport, SideFileList } from '../../flow/index.ts'
import type { CommittedResult, RunEvent } from '../journal/events.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import { type Plan, splitsOf } from '../plan/plan.ts'
import type { Shortfall } from './shortfall.ts'
import { afterSpark, type SparkStanding } from './spark-standing.ts'
import { parseTaskId, type Stage } from './task-id.ts'
import { TaskList } from './task-list.ts'
import {
  afterChange,
  afterCommit,
  afterDoubt,
  afterFailure,
  afterLoss,
  afterResume,
  afterStart,
  type DoneTask,
  type OpenTask,
  untried,
} from './task-state.ts'

/** What a run is doing, or how it ended. */
export type Phase = 'map' | 'reduce' | 'complete' | 'refused' | 'failed' | 'interrupted'

/** All that is known of a run: what replaying its journal gives. Changed by `apply` alone. */
export interface RunState {
  readonly plan: Plan
  readonly phase: Phase
  /** Whether the map stage was found complete: what the reduce stage waits for. */
  readonly mapStageEnded: boolean
  readonly map: TaskList<MapReport>
  readonly reduce: TaskList<ReduceReport>
  /** Splits that could not be read to their end, by ordinal. */
  readonly damaged: ReadonlyMap<number, Fault>
  /** Files that are read as a whole although the plan has them in parts, by path: see `joinParts`. */
  readonly joined: ReadonlySet<string>
  /** What is lacking, accepted or not; known once the map stage has ended. */
  readonly shortfalls: readonly Shortfall[]
  readonly result: CommittedResult | null
  /** What only Spark knows; null for a run that is not on Spark, or not yet. */
  readonly spark: SparkStanding | null
  /** Why the run failed. */
  readonly fault: Fault | null
}

/** A run that has been planned and nothing more. */
export function initialState(plan: Plan): RunState {
  return {
    plan,
    phase: 'map',
    mapStageEnded: false,
    map: TaskList.of(plan.tasks.map(() => untried)),
    reduce: TaskList.of(Array.from({ length: plan.partitions }, () => untried)),
    damaged: new Map(),
    joined: new Set(),
    shortfalls: [],
    result: null,
    spark: null,
    fault: null,
  }
}

/**
 * The state after an event. Pure; the state given is not changed. Cost: about a microsecond, however many tasks there are;
 * of `resumed`, and of damage to a part of a gzip file, a look at every task.
 *
 * @throws {TallymanError} `internal` for an event of a task that is not there, or is done: no history has one
 */
export function apply(state: RunState, event: RunEvent): RunState {
  const after = applyToTasks(state, event)
  const spark = afterSpark(state.spark, event)
  return spark === after.spark ? after : { ...after, spark }
}

function applyToTasks(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'planned':
      return state
    case 'attempt-started':
      return withOpenTask(state, event.task, (task) => afterStart(task, event))
    case 'attempt-failed':
      // The only thing that may still be heard of an attempt once another one at its task was committed.
      if (event.fault.code === 'not-deterministic' && isDone(state, event.task))
        return openAgain(state, event.task, (task) => afterDoubt(task, event.fault))
      return withOpenTask(state, event.task, (task) => afterFailure(task, event))
    case 'attempt-superseded':
      // What took its place has been said already.
      return state
    case 'output-lost':
      return openAgain(state, event.task, afterLoss)
    case 'inputs-damaged':
      return withOpenTask(withDamage(state, event), event.task, afterChange)
    case 'map-committed': {
      const { index, task } = openTask(state.map, 'map', event.task)
      return {
        ...state,
        map: state.map.with(index, afterCommit(task, { ...event, report: slim(event.report) })),
      }
    }
    case 'map-reused': {
      const { index, task } = openTask(state.map, 'map', event.task)
      return {
        ...state,
        map: state.map.with(
          index,
          afterCommit(task, { attempt: 0, at: event.at, report: slim(event.report) }),
        ),
      }
    }
    case 'map-stage-ended':
      return { ...state, phase: 'reduce', mapStageEnded: true, shortfalls: event.accepted }
    case 'reduce-committed': {
      const { index, task } = openTask(state.reduce, 'reduce', event.task)
      return {
        ...state,
        reduce: state.reduce.with(index, afterCommit(task, { ...event, report: withOneList(event.report) })),
      }
    }
    case 'spark-started':
    case 'executor-came':
    case 'executor-lost':
    case 'shuffled':
      // Nothing of a task: see `afterSpark`.
      return state
    case 'result-committed':
      return { ...state, phase: 'complete', result: event.result }
    case 'refused':
      return { ...state, phase: 'refused', shortfalls: event.shortfalls }
    case 'failed':
      return { ...state, phase: 'failed', fault: event.fault }
    case 'interrupted':
      return { ...state, phase: 'interrupted' }
    case 'resumed':
      return resume(state, event)
    default:
      return assertNever(event)
  }
}

const nothing: MapReport['counters'] = Object.freeze({})
const none: MapReport['damaged'] = Object.freeze([])

/**
 * A report as it is held in memory for as long as the run goes on: of what most tasks have none there is one for all of them. As each comes from its
 * worker, or from the journal, a hundred thousand take 9 MB more.
 */
function slim(report: MapReport): MapReport {
  return withOneList({
    ...report,
    counters: Object.keys(report.counters).length === 0 ? nothing : report.counters,
    damaged: report.damaged.length === 0 ? none : report.damaged,
  })
}

/** Most tasks have read the same files as the one before: there is one list for all of them. */
function withOneList<R extends MapReport | ReduceReport>(report: R): R {
  const { sideFiles } = report
  return sideFiles == null ? report : { ...report, sideFiles: sameAsBefore(sideFiles) }
}

let sideFilesBefore: NonNullable<SideFileList> = []

function sameAsBefore(files: NonNullable<SideFileList>): typeof files {
  const isSame =
    files.length === sideFilesBefore.length &&
    files.every(({ path, identity }, at) => {
      const before = sideFilesBefore[at]
      return before?.path === path && before.identity === identity
    })
  if (!isSame) sideFilesBefore = files
  return sideFilesBefore
}

function withDamage(state: RunState, { splits }: Extract<RunEvent, { type: 'inputs-damaged' }>): RunState {
  const damaged = new Map(state.damaged)
  const toJoin = new Set<string>()
  for (const { ordinal, fault } of splits) {
    const path = pathToJoin(state, ordinal)
    if (path === null) damaged.set(ordinal, fault)
    else toJoin.add(path)
  }
  return joinParts({ ...state, damaged }, toJoin)
}

/** The file that is to be read as a whole since this split of it is damaged; null where the split is all there is to read. */
function pathToJoin({ plan, joined }: RunState, ordinal: number): string | null {
  const split = plan.splits[ordinal]
  const isPart = split?.kind === 'gzip' && split.part !== undefined && !joined.has(split.path)
  return isPart ? split.path : null
}

/**
 * Has files read as a whole by the task of their first part. Parts are planned without inflating: one that turns out damaged may
 * be damaged, or was no part, and only who reads the file from its start can tell, and say what is wrong with it and where. What was made of
 * the other parts is not used.
 */
function joinParts(state: RunState, paths: ReadonlySet<string>): RunState {
  if (paths.size === 0) return state
  const { plan } = state
  let { map } = state
  for (const index of plan.tasks.keys()) {
    const task = map.at(index)
    const isTouched = splitsOf(plan, index).some(({ path }) => paths.has(path))
    if (task === undefined || !isTouched) continue
    // Nobody has used what is done: once the map stage has ended, damage fails the run, see `lostForGood`.
    const again = task.kind === 'done' ? { ...untried, attempts: task.attempts } : afterChange(task)
    map = map.with(index, again)
  }
  return { ...state, map, joined: new Set([...state.joined, ...paths]) }
}

/**
 * Tasks that were running when the run ended have to run again; what is done stays done. So does what is lacking, once
 * the map stage has ended: it is not judged again, and the result has to carry it. Before, inputs that were not there are looked for again,
 * unless parts of the result were made without them: then the stage had ended, and is open again only since some task's output was lost.
 */
function resume(state: RunState, event: Extract<RunEvent, { type: 'resumed' }>): RunState {
  const { accept, badRecords } = event
  const { damaged, map } = state.mapStageEnded || isAnyReduced(state) ? state : lookedForAgain(state)
  const { engine, surroundings, job, discovery } = state.plan
  const plan: Plan = {
    ...state.plan,
    accept,
    badRecords,
    fingerprint: fingerprint({
      engine,
      surroundings,
      codeSha256: job.codeSha256,
      params: job.typedParams,
      resolved: job.params,
      files: discovery.files,
      accept,
    }),
  }
  return {
    ...state,
    plan,
    phase: state.mapStageEnded ? 'reduce' : 'map',
    damaged,
    map: TaskList.of(map.toArray().map(afterResume)),
    reduce: TaskList.of(state.reduce.toArray().map(afterResume)),
    shortfalls: state.mapStageEnded ? state.shortfalls : [],
    fault: null,
  }
}

/** Is any part of the result made, or was it, and has to be made the same again? */
function isAnyReduced({ reduce }: RunState): boolean {
  return reduce.done > 0 || reduce.toArray().some((task) => (task.trouble?.earlier ?? null) !== null)
}

/** Inputs that were not there may be there again: their tasks are open, and what was made without them is not used. */
function lookedForAgain({ plan, damaged, map }: RunState): Pick<RunState, 'damaged' | 'map'> {
  const gone = new Set(
    [...damaged].flatMap(([ordinal, { code }]) => (code === 'input-missing' ? ordinal : [])),
  )
  if (gone.size === 0) return { damaged, map }
  let open = map
  for (const index of plan.tasks.keys()) {
    const task = map.at(index)
    if (task?.kind === 'done' && splitsOf(plan, index).some(({ ordinal }) => gone.has(ordinal)))
      open = open.with(index, { ...untried, attempts: task.attempts })
  }
  return { damaged: new Map([...damaged].filter(([ordinal]) => !gone.has(ordinal))), map: open }
}

/** A task of this stage that is there and not done. */
function openTask<R>(
  tasks: TaskList<R>,
  stage: Stage,
  id: string,
): { readonly index: number; readonly task: OpenTask<R> } {
  const { stage: named, index } = parseTaskId(id)
  const task = named === stage ? tasks.at(index) : undefined
  if (task === undefined || task.kind === 'done') {
    throw new TallymanError('internal', `Task ${id} is not there, or is done, and something happened to it.`)
  }
  return { index, task }
}

/** The state with one unfinished task changed. */
function withOpenTask(state: RunState, id: string, change: <R>(task: OpenTask<R>) => OpenTask<R>): RunState {
  if (parseTaskId(id).stage === 'map') {
    const { index, task } = openTask(state.map, 'map', id)
    return { ...state, map: state.map.with(index, change(task)) }
  }
  const { index, task } = openTask(state.reduce, 'reduce', id)
  return { ...state, reduce: state.reduce.with(index, change(task)) }
}

/** Opens a done task again. Without a map task's spills the map stage has not ended; parts that were reduced stay. */
function openAgain(state: RunState, id: string, open: <R>(task: DoneTask<R>) => OpenTask<R>): RunState {
  const { stage, index } = parseTaskId(id)
  if (stage === 'map') {
    const task = open(doneTask(state.map, index, id))
    return { ...state, phase: 'map', mapStageEnded: false, map: state.map.with(index, task) }
  }
  return { ...state, reduce: state.reduce.with(index, open(doneTask(state.reduce, index, id))) }
}

/** May a run in this phase go on by itself? It is in one, too, when its process is gone and could not say so. */
export function isOpen(phase: Phase): phase is Stage {
  return phase === 'map' || phase === 'reduce'
}

/** Are a task's files in place? */
export function isDone(state: RunState, id: string): boolean {
  const { stage, index } = parseTaskId(id)
  return state[stage].at(index)?.kind === 'done'
}

function doneTask<R>(tasks: TaskList<R>, index: number, id: string): DoneTask<R> {
  const task = tasks.at(index)
  if (task?.kind === 'done') return task
  throw new TallymanError('internal', `Task ${id} lost what it wrote before it was done.`)
}
