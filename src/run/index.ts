export { RunBook } from './book.ts'
/** Who decides: plan, events, state, journal, and the coordinator that turns decisions into work. */

export type { Confinement } from '../executor/index.ts'
export { bundleModule } from './bundle.ts'
export { sayConfinement } from './confinement.ts'
export { requireEngine, sweepContainers } from './containers.ts'
export type { CoordinatorParts } from './coordinator.ts'
export { mayBlameRecord } from './decide.ts'
export { mkdirIn, RunDirectory, type RunIdentity, readIdentity } from './directory.ts'
export { sync, writeWhole } from './durable.ts'
export type { CommittedResult, CommittedTable, NoteEvent, ProgressEvent, RunEvent } from './events.ts'
export { explainTasks, namesReadBy, sayMiss, type TaskStory } from './explain.ts'
export { firstRejected, sayRejectedPlace } from './first-rejected.ts'
export { RunFollower, type Standing } from './follow.ts'
export { judgeMapStage } from './judge.ts'
export { listRuns } from './list-runs.ts'
export { LiveProgress } from './live-progress.ts'
export {
  holderOf as holderOfRun,
  isHeld as isRunHeld,
  releaseLock,
  releaseTarget,
  takeTarget,
} from './lock.ts'
export { findDeath, type LogSource, listLogs, readLog } from './logs.ts'
export { acceptOptions, nameToAccept, resumeCommand } from './next-command.ts'
export {
  attemptsMaxDefault,
  type BadRecordLimit,
  type Isolation,
  isolations,
  keepBytesMaxDefault,
  noBadRecords,
  type RunOptions,
  type SparkOptions,
  taskTimeoutMsDefault,
} from './options.ts'
export { Pace, type Rates, timeLeft } from './pace.ts'
export { engineVersion, linkPackage, packageRoot, packageVersion } from './package.ts'
export type { Plan } from './plan.ts'
export { type Conduct, inspectJob, onThisMachine, prepareRun } from './prepare.ts'
export type { PreparedRun, RunObserver } from './prepared.ts'
export { type PartSoFar, reduceSoFar } from './reduce-so-far.ts'
export { writeRejectedList } from './rejected-list.ts'
export { type RunOnDisk, readResumable, readRun, resumeRun } from './reopen.ts'
export { planReplay, type ReplayPlan } from './replay.ts'
export { settleResources } from './resources.ts'
export { sayTask } from './say-task.ts'
export { lose, settle } from './settle.ts'
export type { Shortfall } from './shortfall.ts'
export type { SparkStanding } from './spark-standing.ts'
export { isDone, type RunState } from './state.ts'
export { isComplete, type RunStatus, sayRunStatus, sayStatus, statusOf } from './status.ts'
export { Store, storeFolder } from './store.ts'
export { attemptId, parseTaskId, type Stage, taskId } from './task-id.ts'
export { afterFailure, afterStart, type OpenTask, untried } from './task-state.ts'
export {
  type InputTotals,
  inputBytesOf,
  inputTotals,
  notesOf,
  openInputs,
  type RunTotals,
  totalsOf,
} from './totals.ts'
export { UnderWay } from './under-way.ts'
export { framesOutside, userFrames } from './user-frames.ts'
export { mapWork, reduceWork } from './work.ts'
