/** Who decides: plan, events, state, journal, and the coordinator that turns decisions into work. */

export type { Confinement } from '../executor/index.ts'
export { BookedRun } from './booked-run.ts'
export { type Bottleneck, sayBottleneck } from './bottleneck.ts'
export { bundleModule } from './bundle.ts'
export { sayConfinement } from './containers/confinement.ts'
export { sweepContainers } from './containers/container-note.ts'
export { onThisMachine } from './coordinator.ts'
export { isRunId, mkdirIn, RunDirectory, type RunIdentity, readIdentity } from './directory/directory.ts'
export { sync, writeWhole } from './directory/durable.ts'
export { firstRejected, sayRejectedPlace } from './directory/first-rejected.ts'
export { listRuns } from './directory/list-runs.ts'
export { LiveProgress } from './directory/live-progress.ts'
export {
  holderOf as holderOfRun,
  isHeld as isRunHeld,
  releaseTarget,
  takeTarget,
} from './directory/lock.ts'
export { findDeath, type LogSource, listLogs, readLog } from './directory/logs.ts'
export { RunFollower, type Standing } from './follow.ts'
export type { HeldRun, RunMaker, RunParts } from './held-run.ts'
export { RunBook, type RunObserver } from './journal/book.ts'
export {
  beginsSession,
  type CommittedResult,
  type CommittedTable,
  type NoteEvent,
  type ProgressEvent,
  type RunEvent,
} from './journal/events.ts'
export { acceptOptions, nameToAccept, resumeCommand, sayMend } from './next-command.ts'
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
export { type HowFar, howFar, Pace } from './pace.ts'
export { buildVersion, linkPackage, packageRoot, packageVersion } from './package.ts'
export { type Plan, splitsOf } from './plan/plan.ts'
export { isSecretProperty } from './plan/secret-properties.ts'
export { planReplay, type ReplayPlan } from './plan-replay.ts'
export { inspectJob, prepareRun } from './prepare.ts'
export { type PartSoFar, reduceSoFar } from './reduce-so-far.ts'
export { type RunOnDisk, readResumable, readRun, resumeRun } from './reopen.ts'
export { bytesOfAll, settleResources, workerBytesOf } from './resources.ts'
export { mayBlameRecord, skippedMax } from './state/decide.ts'
export { type FileRead, filesRead } from './state/files-read.ts'
export { judgeMapStage, type Verdict } from './state/judge.ts'
export { sayTask } from './state/say-task.ts'
export { lose, settle } from './state/settle.ts'
export type { Shortfall } from './state/shortfall.ts'
export type { SparkStanding } from './state/spark-standing.ts'
export { isDone, type RunState } from './state/state.ts'
export { attemptId, parseTaskId, type Stage, taskId } from './state/task-id.ts'
export { afterFailure, afterStart, noTrouble, type OpenTask, untried } from './state/task-state.ts'
export {
  counterBeyond,
  type InputTotals,
  inputBytesOf,
  inputTotals,
  notesOf,
  openInputs,
  type RunTotals,
  totalsOf,
} from './state/totals.ts'
export { UnderWay } from './state/under-way.ts'
export { isComplete, type RunStatus, sayRunStatus, sayStatus, statusOf } from './status.ts'
export { explainTasks, namesReadBy, sayMiss, type TaskStory } from './store/explain.ts'
export { Store, storeFolder } from './store/store.ts'
export { framesOutside, userFrames } from './user-frames.ts'
export { whereTimeWent } from './where-time-went.ts'
export { mapWork, reduceWorks } from './work.ts'
export { jobProcessesMax, loadTimeoutMsLeast, threadsUsual } from './workers.ts'
