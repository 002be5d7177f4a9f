import type { Fault } from '../errors.ts'
import type { DeathRecord, LoadOrder, MapWork, ReduceWork } from '../executor/index.ts'
import type { DamagedSource, MapReport, RecordPlace, ReduceReport, Section } from '../flow/index.ts'

/**
 * What is said between the run, Spark's driver and the process that does tasks on an executor; docs/formats/spark.md describes
 * it. All of it is plain data and survives JSON.
 */

/** What the task process needs to open its worker: the same for every task of an application. */
export interface TaskSettings {
  /** Absolute path of the bundled job. */
  readonly bundleFile: string
  /** The job file as named. */
  readonly jobName: string
  readonly params: Readonly<Record<string, string>>
  /** What the run's first worker made of them, where it has been there. */
  readonly resolved?: LoadOrder['resolved']
  /** The directory the inputs were planned in. */
  readonly cwd: string
  /** Heap limit of the worker. */
  readonly heapBytes: number
  /** What the worker and all it starts may hold. */
  readonly memoryBytes: number
  readonly taskTimeoutMs: number
  readonly isPolite: boolean
}

/** A map task, as it lies in the first set of data that Spark hands out, one a slice. */
export interface MapOrder {
  /** For example `map-00012`. */
  readonly task: string
  readonly work: MapWork
}

/** A spill as the map attempt that counts wrote it. */
export interface ExpectedSpill extends Section {
  /** CRC-32 of all its bytes. */
  readonly crc32: number
}

/** A reduce task: what to merge, and how to know it. */
export interface ReduceOrder {
  readonly task: string
  readonly work: ReduceWork & { readonly spills: readonly ExpectedSpill[] }
}

/** From Spark's Python worker to the task process. */
export interface ToTaskProcess {
  readonly type: 'run'
  readonly settings: TaskSettings
  /** Absolute; the task process makes it, and everything below it is its own. */
  readonly scratch: string
  readonly order: Pick<MapOrder | ReduceOrder, 'task' | 'work'>
  /** Spark's number of this attempt at the task, from 0. */
  readonly attemptNumber: number
}

/** What went wrong inside of one of Spark's attempts before it came to its end. */
export type Setback =
  /** Splits that cannot be read to their end: read again without them. */
  | { readonly kind: 'damaged'; readonly splits: readonly DamagedSource[] }
  /** The worker died at a record. */
  | ({ readonly kind: 'died'; readonly place: RecordPlace } & Omit<TaskFailure, 'host'>)

/** From the task process to Spark's Python worker: the one answer to each order. */
export type FromTaskProcess =
  | {
      readonly type: 'done'
      readonly reply: TaskReply
      /** Folder of what was written, relative to the scratch folder. */
      readonly folder: string
    }
  | { readonly type: 'failed'; readonly failure: TaskFailure }

/** How a task ended well. */
export interface TaskReply {
  readonly task: string
  readonly report: MapReport | ReduceReport
  readonly workMs: number | null
  readonly host: string
  /** In order; none nearly always. */
  readonly setbacks: readonly Setback[]
  /** What was printed by the attempt; empty where nothing was. */
  readonly log: string
  /** Text of the list of rejected records; empty where there is none. */
  readonly rejected: string
}

/** How an attempt failed. */
export interface TaskFailure {
  readonly fault: Fault
  readonly host: string
  readonly log: string
  /** What else is left of it, without its log; null where there is nothing. */
  readonly death: DeathRecord | null
}

/** What Spark's Python worker adds to a reply. */
export interface ShippedReply extends TaskReply {
  /** Spark's id of the attempt, the only one in its application. */
  readonly sparkTask: number
  /** Of a map task: CRC-32 of each of its spills in turn. */
  readonly crcs: readonly number[]
}

/** What Spark's driver says, one line each. */
export type FromDriver =
  | {
      readonly type: 'standing'
      readonly application: string
      readonly spark: string
      readonly python: string
      readonly cores: number
    }
  /** Every map task is done; their replies are in the folder `map`. */
  | { readonly type: 'mapped'; readonly jobs: number }
  /** Every reduce task that was asked for is done; replies and part files are in the folder `reduce`. */
  | { readonly type: 'reduced'; readonly jobs: number }
  | { readonly type: 'failed'; readonly message: string }
