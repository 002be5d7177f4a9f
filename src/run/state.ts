import { assertNever, type Fault, TallymanError } from '../errors.ts'
import type { MapReport, RecordPlace, ReduceReport, SkippedRecord } from '../flow/index.ts'
import type { CommittedResult, RunEvent } from './events.ts'
import { fingerprint } from './fingerprint.ts'
import type { Plan } from './plan.ts'
import type { Shortfall } from './shortfall.ts'
import { parseTaskId, type Stage } from './task-id.ts'

/** Where a task stands. `attempts` counts all that were begun, `charged` those that count against its limit. */
export type TaskState<Report> =
  | {
      readonly kind: 'waiting' | 'running'
      readonly attempts: number
      readonly charged: number
      readonly lastFault: Fault | null
      readonly trouble?: Trouble<Report>
    }
  | {
      readonly kind: 'done'
      readonly attempts: number
      readonly attempt: number
      readonly report: Report
      readonly trouble?: Trouble<Report>
    }

/** What is remembered of a task that did not just go well. */
export interface Trouble<Report> {
  /** The record its last worker died at: one more death there, and it is passed over. */
  readonly suspect: RecordPlace | null
  /** Records that ended their worker twice. */
  readonly skip: readonly SkippedRecord[]
  /** What an earlier attempt wrote before it was lost: another one must write the same. */
  readonly earlier: Report | null
  /** How often what it wrote was lost. */
  readonly losses: number
}

const noTrouble: Trouble<never> = { suspect: null, skip: [], earlier: null, losses: 0 }

/** What a run is doing, or how it ended. */
export type Phase = 'map' | 'reduce' | 'complete' | 'refused' | 'failed' | 'interrupted'

/** All that is known of a run: what replaying its journal gives. Changed by `apply` alone. */
export interface RunState {
  readonly plan: Plan
  readonly phase: Phase
  /** Whether the map stage was found complete: what the reduce stage waits for. */
  readonly mapStageEnded: boolean
  readonly map: readonly TaskState<MapReport>[]
  readonly reduce: readonly TaskState<ReduceReport>[]
  /** Splits that could not be read to their end, by ordinal. */
  readonly damaged: ReadonlyMap<number, Fault>
  /** What is lacking, accepted or not; known once the map stage has ended. */
  readonly shortfalls: readonly Shortfall[]
  readonly result: CommittedResult | null
  /** Why the run failed. */
  readonly fault: Fault | null
}

const untried = { kind: 'waiting', attempts: 0, charged: 0, lastFault: null } as const

/** A run that has been planned and nothing more. */
export function initialState(plan: Plan): RunState {
  return {
    plan,
    phase: 'map',
    mapStageEnded: false,
    map: plan.tasks.map(() => untried),
    reduce: Array.from({ length: plan.partitions }, () => untried),
    damaged: new Map(),
    shortfalls: [],
    result: null,
    fault: null,
  }
}

/**
 * The state after an event. Pure; the state given is not changed. Cost: copies the list of one stage's tasks.
 *
 * @throws {TallymanError} `internal` for an event of a task that is not there, or is done: no history has one
 */
export function apply(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'planned':
      return state
    case 'attempt-started':
      return withOpenTask(state, event.task, (task) => ({ ...task, kind: 'running', attempts: event.attempt }))
    case 'attempt-failed':
      return withOpenTask(state, event.task, (task) => afterFailure(task, event))
    case 'output-lost':
      return loseOutput(state, event.task)
    case 'inputs-damaged': {
      const damaged = new Map(state.damaged)
      for (const { ordinal, fault } of event.splits) damaged.set(ordinal, fault)
      return withOpenTask({ ...state, damaged }, event.task, (task) => ({ ...task, kind: 'waiting' }))
    }
    case 'map-committed': {
      const { index, open } = openTask(state.map, 'map', event.task)
      return { ...state, map: state.map.with(index, doneTask(open, event)) }
    }
    case 'map-stage-ended':
      return { ...state, phase: 'reduce', mapStageEnded: true, shortfalls: event.accepted }
    case 'reduce-committed': {
      const { index, open } = openTask(state.reduce, 'reduce', event.task)
      return { ...state, reduce: state.reduce.with(index, doneTask(open, event)) }
    }
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

/**
 * Tasks that were running when the run ended have to run again; what is done stays done. So does what is lacking, once
 * the map stage has ended: it is not judged again, and the result has to carry it.
 */
function resume(state: RunState, event: Extract<RunEvent, { type: 'resumed' }>): RunState {
  const { accept, badRecords } = event
  const { job, discovery } = state.plan
  const plan: Plan = {
    ...state.plan,
    accept,
    badRecords,
    fingerprint: fingerprint({
      codeSha256: job.codeSha256,
      params: job.typedParams,
      files: discovery.files,
      accept,
    }),
  }
  const reopen = <R>(task: TaskState<R>): TaskState<R> =>
    task.kind === 'done' ? task : { ...untried, attempts: task.attempts }
  return {
    ...state,
    plan,
    phase: state.mapStageEnded ? 'reduce' : 'map',
    map: state.map.map(reopen),
    reduce: state.reduce.map(reopen),
    shortfalls: state.mapStageEnded ? state.shortfalls : [],
    fault: null,
  }
}

type OpenTask = Exclude<TaskState<never>, { kind: 'done' }>

/** A task of this stage that is there and not done. */
function openTask(
  tasks: readonly TaskState<unknown>[],
  stage: Stage,
  id: string,
): { readonly index: number; readonly task: OpenTask } {
  const { stage: named, index } = parseTaskId(id)
  const task = named === stage ? tasks[index] : undefined
  if (task === undefined || task.kind === 'done') {
    throw new TallymanError('internal', `Task ${id} is not there, or is done, and something happened to it.`)
  }
  return { index, task }
}

/** The state with one unfinished task changed. */
function withOpenTask(state: RunState, id: string, change: (task: OpenTask) => OpenTask): RunState {
  const { stage } = parseTaskId(id)
  const { index, task } = openTask(state[stage], stage, id)
  const changed = change(task)
  return stage === 'map'
    ? { ...state, map: state.map.with(index, changed) }
    : { ...state, reduce: state.reduce.with(index, changed) }
}
