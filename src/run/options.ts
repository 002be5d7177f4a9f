import { type WorkerKind, workerKinds } from '../executor/index.ts'
import type { Expectation } from '../job/index.ts'

/** Where a run's tasks run. */
export type Isolation = WorkerKind

/** Every one there is, the usual one first. */
export const isolations = workerKinds

/** How many rejected records are tolerated: a number, or a share of all records. */
export type BadRecordLimit =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number }

/** A cluster that a run's tasks are given to. Plain data. */
export interface SparkOptions {
  /** As `spark-submit --master` takes it: `local[2]`, `spark://host:7077`, `yarn`, `k8s://…`. */
  readonly master: string
  /** Whether Spark's driver runs here or on the cluster. */
  readonly deployMode: 'client' | 'cluster'
  /** Absolute folder of the installation; null: the one that is found. */
  readonly home: string | null
  /** Absolute file to ship instead of the archive that is made; null: that. */
  readonly pack: string | null
  /** Properties of Spark, over those that tallyman sets. */
  readonly conf: Readonly<Record<string, string>>
}

/**
 * A run as the user asked for it: what was not said is null, and settled by `settleResources` and `makePlan`. Plain data.
 */
export interface RunOptions {
  /** The job file as named, relative to `cwd` or absolute. */
  readonly job: string
  /** Files, directories and globs as named. */
  readonly inputs: readonly string[]
  /** Absolute directory that relative paths start from. */
  readonly cwd: string
  readonly isolation: Isolation
  /** Image that workers in containers are started from; null: one is made of the Node that is here. */
  readonly image: string | null
  /** null: one for each core this process may use. */
  readonly workers: number | null
  /** Bytes for the coordinator and all workers together; null: 60 % of what is available. */
  readonly memoryBytes: number | null
  /** Longest byte range of a plain file; null: 32 MiB. */
  readonly splitBytes: number | null
  /** Most a map task holds in memory before it writes that down; null, or more than there is room for: what there is room for. */
  readonly spillBytes: number | null
  /** Parameters as typed. */
  readonly params: Readonly<Record<string, string>>
  /** Overrides the job's own. */
  readonly expect: Expectation | null
  /** Names of damaged or missing inputs the user knows about and does without. */
  readonly accept: readonly string[]
  readonly badRecords: BadRecordLimit
  /** Attempts a task has before the run fails. */
  readonly attemptsMax: number
  /** An attempt that makes no progress for so long is ended, in milliseconds. */
  readonly taskTimeoutMs: number
  /** Whether workers stand back for others on this machine: priority, pauses. */
  readonly isPolite: boolean
  /** Whether a task that is much slower than its peers is begun a second time where a worker is idle. */
  readonly speculates: boolean
  /** Whether what earlier runs kept is used. */
  readonly reuse: boolean
  /** Whether inputs are told apart by their content, which is read for it, and not by size, time and inode. */
  readonly hashInputs: boolean
  /** Bytes of map outputs that are kept for later runs; the oldest are freed first. */
  readonly keepBytesMax: number
  /** The cluster that does the tasks; null: this machine's own workers. */
  readonly spark: SparkOptions | null
}

/** No rejected record is tolerated unless the user says so. */
export const noBadRecords: BadRecordLimit = { kind: 'count', count: 0 }
/** Where `--attempts` says nothing: the first, and two more. */
export const attemptsMaxDefault = 3
/** As in Hadoop. */
export const taskTimeoutMsDefault = 600_000
/** Where `--keep` says nothing: 10 GiB. */
export const keepBytesMaxDefault = 10 * 2 ** 30
