import { readFileSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { type DeathRecord, deathFile, type KeptLog, parseLog, readDeath } from '../../executor/index.ts'
import { namesIn } from '../../host/index.ts'
import type { RunEvent } from '../journal/events.ts'
import type { RunOnDisk } from '../reopen.ts'
import { attemptId } from '../state/task-id.ts'
import type { RunDirectory } from './directory.ts'

/** What was printed in a run, and by whom. */
export interface LogSource {
  /** Id of an attempt; or `worker-0`, `threads`, for what was printed outside of attempts. */
  readonly of: string
  /** How the attempt ended, if it did; null for what is of no attempt. */
  readonly how: 'done' | 'failed' | 'given-up' | 'running' | null
  /** Why it failed, as a sentence; null where it did not. */
  readonly why: string | null
  /** Absolute; not there where nothing was printed. */
  readonly file: string
}

const outsideLog = /^(worker-\d+|threads|spark)\.log$/
const attemptLog = /^((?:map|reduce)-\d+\.\d+)\.log$/

/**
 * The logs there are, in the order of their tasks and attempts, those of no attempt first: of every attempt that printed
 * something, and of every one that failed. Cost: a look at the folder.
 */
export function listLogs(
  directory: RunDirectory,
  { events, isHeld }: Pick<RunOnDisk, 'events' | 'isHeld'>,
): LogSource[] {
  const names = namesIn(directory.logFolder)
  const ends = endsOf(events, isHeld)
  const failed = [...ends].filter(([, { how }]) => how === 'failed').map(([id]) => id)
  const printed = names.flatMap((name) => attemptLog.exec(name)?.[1] ?? [])
  const attempts = [...new Set([...failed, ...printed])].sort(byTask)
  const others = names.flatMap((name) => outsideLog.exec(name)?.[1] ?? []).sort()
  return [
    ...others.map((of) => ({
      of,
      how: null,
      why: null,
      file: directory.logFile(of),
    })),
    ...attempts.map((id) => ({
      of: id,
      ...(ends.get(id) ?? { how: 'given-up' as const, why: null }),
      file: directory.logFile(id),
    })),
  ]
}

type End = Pick<LogSource, 'how' | 'why'>

/** How each attempt ended, by id. One that had not when the run ended, or was resumed, was given up. */
function endsOf(events: readonly RunEvent[], isHeld: boolean): Map<string, End> {
  const ends = new Map<string, End>()
  const giveUp = (): void => {
    for (const [id, { how }] of ends) if (how === 'running') ends.set(id, { how: 'given-up', why: null })
  }
  for (const event of events) {
    const id = 'attempt' in event ? attemptId(event.task, event.attempt) : ''
    switch (event.type) {
      case 'attempt-started':
        ends.set(id, { how: 'running', why: null })
        break
      case 'attempt-failed':
        ends.set(id, { how: 'failed', why: event.fault.message })
        break
      case 'attempt-superseded':
        ends.set(id, { how: 'given-up', why: null })
        break
      case 'inputs-damaged':
        ends.set(id, { how: 'failed', why: event.splits[0]?.fault.message ?? null })
        break
      case 'map-committed':
      case 'reduce-committed':
        ends.set(id, { how: 'done', why: null })
        break
      case 'interrupted':
      case 'failed':
      case 'resumed':
        giveUp()
        break
    }
  }
  if (!isHeld) giveUp()
  return ends
}

function byTask(left: string, right: string): number {
  const [[leftTask, leftNumber], [rightTask, rightNumber]] = [left.split('.'), right.split('.')]
  if (leftTask !== rightTask) return (leftTask ?? '') < (rightTask ?? '') ? -1 : 1
  return Number(leftNumber) - Number(rightNumber)
}

/** What is left of an attempt that failed, and in which file; null of any other. */
export function findDeath(
  directory: RunDirectory,
  { of, how }: Pick<LogSource, 'of' | 'how'>,
): { readonly file: string; readonly record: DeathRecord } | null {
  const record = how === 'failed' ? readDeath(directory.logFolder, of) : null
  return record === null ? null : { file: deathFile(directory.logFolder, of), record }
}

/** Reads a log; empty where nothing was printed. */
export function readLog(file: string): KeptLog {
  try {
    return parseLog(readFileSync(file, 'utf8'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { text: '', headLength: 0, droppedBytes: 0 }
    throw error
  }
}
