import type { Confinement } from '../../executor/index.ts'
import type { Discovery, Split } from '../../input/index.ts'
import type { Expectation, JobDescription } from '../../job/index.ts'
import type { BadRecordLimit, Isolation, SparkOptions } from '../options.ts'
import type { Reuse } from '../store/store.ts'

/** Bytes of memory and how they are shared out, settled before the first record. */
export interface MemoryBudget {
  /** For the coordinator and all workers together. */
  readonly totalBytes: number
  readonly workerHeapBytes: number
  /** What a map task may hold, in counted bytes, before it spills. */
  readonly combineBytesMax: number
}

/** The splits of one map task: `firstSplit` to `endSplit`, exclusive. */
export interface PlannedTask {
  readonly firstSplit: number
  readonly endSplit: number
  /** Whether an earlier run's output is used for it, or why it has to run. */
  readonly reuse: Reuse
}

/** A job and its inputs cut into tasks. Plain data, kept as `plan.json`; a resumed run reads it instead of planning again. */
export interface Plan {
  readonly job: {
    /** The job file as named. */
    readonly path: string
    /** Absolute path of the job file. */
    readonly file: string
    readonly description: JobDescription
    /** Parameters after validation. */
    readonly params: Readonly<Record<string, unknown>>
    /** The same with all that JSON does not hold, as workers take them: see `ResolvedParams` of the executor. */
    readonly encodedParams: string | null
    /** Parameters as typed. */
    readonly typedParams: Readonly<Record<string, string>>
    /** SHA-256 of the bundled code, in hex. */
    readonly codeSha256: string
  }
  /** Version of tallyman that made it. */
  readonly tallyman: string
  /** Version and build of tallyman, and version of Node (`buildVersion`): a run goes on with the same ones. */
  readonly engine: string
  /** Time zone and language of the environment (`surroundings`): a run goes on under the same ones. */
  readonly surroundings: string
  /** SHA-256 in hex over engine, surroundings, code, parameters, identity of the inputs and accepted names. */
  readonly fingerprint: string
  readonly discovery: Discovery
  readonly splits: readonly Split[]
  readonly tasks: readonly PlannedTask[]
  readonly partitions: number
  readonly isolation: Isolation
  /** Image that was asked for; null where one is made, or none is needed. */
  readonly image: string | null
  /** What workers are held to, as the first container found out in itself; null where they are none. */
  readonly confinement: Confinement | null
  readonly workers: number
  readonly memory: MemoryBudget
  readonly splitBytes: number
  readonly attemptsMax: number
  /** Whether workers stand back for others on this machine. */
  readonly isPolite: boolean
  /** Whether a task that is much slower than its peers is begun a second time where a worker is idle. */
  readonly speculates: boolean
  /** An attempt that makes no progress for so long is ended. */
  readonly taskTimeoutMs: number
  readonly expect: Expectation | null
  readonly accept: readonly string[]
  readonly badRecords: BadRecordLimit
  /** SHA-256 of each input's content by path, in hex; null where nobody asked for it. */
  readonly contents: Readonly<Record<string, string>> | null
  /** Bytes of map outputs that are kept for later runs. */
  readonly keepBytesMax: number
  /** The cluster that does the tasks; null where workers of this machine do. */
  readonly spark: SparkOptions | null
}

/** What a map task reads, in the global order of splits; nothing where there is no such task. */
export function splitsOf({ tasks, splits }: Pick<Plan, 'tasks' | 'splits'>, index: number): Split[] {
  const task = tasks[index]
  return task === undefined ? [] : splits.slice(task.firstSplit, task.endSplit)
}
