import type { RunEvent } from '../journal/events.ts'
import { attemptId } from './task-id.ts'

/** One of Spark's executors, as the last session has seen it. */
export interface SparkExecutor {
  /** Spark's id of it; `driver` where Spark is a process of this machine alone. */
  readonly executor: string
  readonly host: string
  readonly cores: number
  /** Attempts that were begun there. */
  readonly attempts: number
  /** Why it is not there any more, in Spark's words; null while it is. */
  readonly lost: string | null
}

/** What only Spark knows of a run whose tasks it has done: of the last session alone, since each is an application of its own. */
export interface SparkStanding {
  /** Spark's id of the application; null before it stands. */
  readonly application: string | null
  /** Version; null before the application stands. */
  readonly spark: string | null
  /** In the order in which they came. */
  readonly executors: readonly SparkExecutor[]
  /** Ids of attempts that were begun beside another one. */
  readonly speculative: readonly string[]
  /** How many of these were first. */
  readonly speculativeFirst: number
  /** Bytes that tasks wrote into the shuffle so far, compressed as Spark has them, and read from it. */
  readonly shuffle: { readonly writtenBytes: number; readonly readBytes: number }
}

const nothing: SparkStanding = {
  application: null,
  spark: null,
  executors: [],
  speculative: [],
  speculativeFirst: 0,
  shuffle: { writtenBytes: 0, readBytes: 0 },
}

/** What is known of Spark after an event; null for a run that is not on Spark. Pure. Cost: a look at each executor. */
export function afterSpark(standing: SparkStanding | null, event: RunEvent): SparkStanding | null {
  switch (event.type) {
    case 'spark-started':
      return { ...(standing ?? nothing), application: event.application, spark: event.spark }
    case 'executor-came': {
      const { executor, host, cores } = event
      const before = standing ?? nothing
      return {
        ...before,
        executors: [...before.executors, { executor, host, cores, attempts: 0, lost: null }],
      }
    }
    case 'executor-lost':
      return standing === null
        ? null
        : changed(standing, event.executor, (one) => ({ ...one, lost: event.reason }))
    case 'shuffled': {
      const { writtenBytes, readBytes } = event
      return { ...(standing ?? nothing), shuffle: { writtenBytes, readBytes } }
    }
    case 'attempt-started':
      return standing === null ? null : afterAttempt(standing, event)
    case 'map-committed':
    case 'reduce-committed':
      return standing?.speculative.includes(attemptId(event.task, event.attempt)) === true
        ? { ...standing, speculativeFirst: standing.speculativeFirst + 1 }
        : standing
    case 'resumed':
      return null
    default:
      return standing
  }
}

function afterAttempt(
  standing: SparkStanding,
  { task, attempt, beside, executor }: Extract<RunEvent, { type: 'attempt-started' }>,
): SparkStanding {
  const counted =
    executor === undefined
      ? standing
      : changed(standing, executor, (one) => ({ ...one, attempts: one.attempts + 1 }))
  return beside === undefined
    ? counted
    : { ...counted, speculative: [...counted.speculative, attemptId(task, attempt)] }
}

/** An id comes once in an application. */
function changed(
  standing: SparkStanding,
  id: string,
  change: (executor: SparkExecutor) => SparkExecutor,
): SparkStanding {
  return {
    ...standing,
    executors: standing.executors.map((one) => (one.executor === id ? change(one) : one)),
  }
}
