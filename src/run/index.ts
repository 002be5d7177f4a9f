export type { CommittedResult, CommittedTable, ProgressEvent, RunEvent } from './events.ts'
export {
  attemptsMaxDefault,
  type BadRecordLimit,
  type Isolation,
  noBadRecords,
  type RunOptions,
} from './options.ts'
export type { MemoryBudget, Plan, PlannedTask } from './plan.ts'
export type { PreparedRun, RunObserver } from './prepared.ts'
export type { Shortfall } from './shortfall.ts'
export type { Phase, RunState, TaskState } from './state.ts'
