import type { Fault } from '../errors.ts'
import { type Plan, type RunState, sayTask } from '../run/index.ts'
import type { ApplicationEnd } from './application.ts'
import { failureIn, tellingLine } from './task-failure.ts'

/** What is known once Spark has given up. */
interface GivenUp {
  readonly plan: Plan
  readonly state: RunState
  readonly end: ApplicationEnd
  /** What the driver has said last; null where it did not come to that. */
  readonly said: string | null
  /** The end of what Spark has printed. */
  readonly logged: string
  readonly logFile: string
}

/** Why a run on Spark has failed, in words that lead somewhere. Pure. */
export function givenUpFault({ plan, state, end, said, logged, logFile }: GivenUp): Fault {
  const text = said ?? logged
  if (/PYTHON_VERSION_MISMATCH|different (minor )?version/.test(text))
    return {
      code: 'package-missing',
      message: `Python of Spark's driver and of its executors differ: ${mismatchIn(text)}`,
      wayOut:
        'Both must be of the same minor version: name one with PYSPARK_PYTHON for the executors, and PYSPARK_DRIVER_PYTHON here.',
    }
  const failed = failedForGood(plan, state)
  if (failed !== null) return failed
  // Spark may end before its event log tells of the attempt.
  const failure = failureIn(text)
  if (failure !== null) return failure.fault
  const how =
    end.signal !== null
      ? `was killed by ${end.signal}`
      : end.code === null
        ? 'could not be started'
        : `ended with exit code ${end.code}`
  // Spark's own word for why it stopped is in its log alone; its driver only finds that it has.
  const reason = /Application has been killed\. Reason: ([^\n]*)/.exec(logged)?.[1]
  if (reason !== undefined && /stopped SparkContext|SparkContext has been shut ?down/.test(text))
    return {
      code: 'worker-died',
      message: `Spark at ${plan.spark?.master ?? ''} gave up the application: ${reason}`,
      wayOut: `Is a master there, does it reach this machine, and is its secret said (spark.authenticate, docs/spark.md)? What Spark said is in ${logFile}.`,
    }
  const why = tellingLine(text)
  return {
    code: end.signal === null ? 'worker-died' : 'killed',
    message: `Spark ${how}${why === '' ? '.' : `: ${why}`}`,
    wayOut: `What it said is in ${logFile}.`,
  }
}

/** A task that has failed as often as Spark lets it; null where there is none, and Spark has ended of something else. */
function failedForGood(plan: Plan, state: RunState): Fault | null {
  for (const stage of ['map', 'reduce'] as const)
    for (const [index, task] of state[stage].entries()) {
      if (task.kind === 'done' || task.lastFault === null || task.charged < plan.attemptsMax) continue
      const often = task.charged > 1 ? ` ${task.charged} times, the last time so` : ''
      const { lastFault: fault } = task
      return { ...fault, message: `Task ${sayTask(plan, stage, index)} failed${often}: ${fault.message}` }
    }
  return null
}

function mismatchIn(text: string): string {
  return (
    /\[PYTHON_VERSION_MISMATCH\][^\n]*/.exec(text)?.[0].replace('[PYTHON_VERSION_MISMATCH] ', '') ??
    tellingLine(text)
  )
}
