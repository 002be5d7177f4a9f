import { assertNever, type Fault } from '../errors.ts'
import type { MapReport, ReduceReport } from '../flow/index.ts'
import type { CommittedResult, RunEvent } from './events.ts'
import type { Plan } from './plan.ts'
import type { Shortfall } from './shortfall.ts'

/** Where a task stands. `charged` counts the attempts that were its own fault. */
export type TaskState<Report> =
  | {
      readonly kind: 'waiting'
      readonly attempts: number
      readonly charged: number
      readonly lastFault: Fault | null
    }
  | {
      readonly kind: 'running'
      readonly attempts: number
      readonly charged: number
      readonly lastFault: Fault | null
    }
  | { readonly kind: 'done'; readonly attempts: number; readonly attempt: number; readonly report: Report }

/** What a run is doing, or how it ended. */
export type Phase = 'map' | 'reduce' | 'complete' | 'refused' | 'failed' | 'interrupted'

/** All that is known of a run: what replaying its journal gives. Changed by `apply` alone. */
export interface RunState {
  readonly plan: Plan
  readonly phase: Phase
  readonly map: readonly TaskState<MapReport>[]
  readonly reduce: readonly TaskState<ReduceReport>[]
  /** By ordinal of the split. */
  readonly damaged: ReadonlyMap<number, Fault>
  readonly shortfalls: readonly Shortfall[]
  readonly result: CommittedResult | null
  readonly fault: Fault | null
}
