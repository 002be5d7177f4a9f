import { assertNever } from '../errors.ts'
import type { RunOnDisk } from './reopen.ts'
import { isOpen } from './state/state.ts'

/** Where a run stands, in one word. */
export type RunStatus =
  | 'running'
  | 'complete'
  | 'refused'
  | 'failed'
  | 'interrupted'
  /** Its process is gone and said nothing: killed, or the machine went down. */
  | 'cut-off'
  /** It ended before it had a plan. */
  | 'unplanned'
  | 'unreadable'

/** Whoever holds the run is at work on it, whatever its journal said last. Never `unreadable`: that is a run of which nothing could be read. */
export function statusOf({ state, isHeld }: Pick<RunOnDisk, 'state' | 'isHeld'>): RunStatus {
  if (isHeld) return 'running'
  if (state === null) return 'unplanned'
  return isOpen(state.phase) ? 'cut-off' : state.phase
}

/** The same for people, who are also told of a result that lacks something. */
export function sayRunStatus(run: Pick<RunOnDisk, 'state' | 'isHeld'>): string {
  const status = statusOf(run)
  return status === 'complete' && !isComplete(run) ? 'incomplete, as accepted' : sayStatus(status)
}

/** Has it a result that lacks nothing? */
export function isComplete({ state }: Pick<RunOnDisk, 'state'>): boolean {
  return state?.phase === 'complete' && state.shortfalls.length === 0
}

/** For people. Of a complete run it does not tell whether something was accepted to be lacking, as `sayRunStatus` does. */
export function sayStatus(status: RunStatus): string {
  switch (status) {
    case 'running':
    case 'complete':
    case 'failed':
    case 'interrupted':
      return status
    case 'refused':
      return 'not committed'
    case 'cut-off':
      return 'cut off'
    case 'unplanned':
      return 'ended before its plan'
    case 'unreadable':
      return 'cannot be read'
    default:
      return assertNever(status)
  }
}
