import {
  isComplete,
  type RunIdentity,
  type RunState,
  type RunStatus,
  type RunTotals,
  sayRunStatus,
  statusOf,
} from '../../run/index.ts'
import type { RunLine, Tone } from './views.ts'

/** What the list of runs tells of one. */
export function runLine(
  { id, job, createdAt }: Pick<RunIdentity, 'id' | 'job' | 'createdAt'>,
  run: {
    readonly state: RunState | null
    readonly isHeld: boolean
    readonly workedMs: number
    readonly totals: RunTotals | null
    /** Also by attempts that have not ended. */
    readonly readBytes: number
  },
): RunLine {
  const { state, workedMs, totals, readBytes } = run
  const status = statusOf(run)
  return {
    id,
    job,
    status,
    said: sayRunStatus(run),
    tone: toneOf(status, isComplete(run)),
    createdAt,
    workedMs: state === null ? null : workedMs,
    share: totals === null ? null : totals.inputBytes === 0 ? 1 : readBytes / totals.inputBytes,
    records: totals?.records ?? null,
    rejected: totals?.rejected ?? null,
    digest: state?.result?.digest ?? null,
  }
}

/** Of a run whose files cannot be read. */
export function unreadableLine(id: string): RunLine {
  const nothing = pendingLine({ id, job: '', createdAt: 0 })
  return { ...nothing, status: 'unreadable', said: 'cannot be read', tone: 'bad' }
}

/** Of a run whose files have not been read yet. */
export function pendingLine({ id, job, createdAt }: Pick<RunIdentity, 'id' | 'job' | 'createdAt'>): RunLine {
  return {
    id,
    job,
    status: null,
    said: 'not looked at yet',
    tone: 'idle',
    createdAt,
    workedMs: null,
    share: null,
    records: null,
    rejected: null,
    digest: null,
  }
}

const tones: Readonly<Record<RunStatus, Tone>> = {
  running: 'busy',
  complete: 'good',
  refused: 'warn',
  failed: 'bad',
  interrupted: 'idle',
  'cut-off': 'warn',
  unplanned: 'idle',
  unreadable: 'bad',
}

function toneOf(status: RunStatus, complete: boolean): Tone {
  return status === 'complete' && !complete ? 'warn' : tones[status]
}
