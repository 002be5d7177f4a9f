import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from '../run/index.ts'
import { GrowingLines } from './growing-lines.ts'

/** What Spark's own log says that a run wants to know. */
export type SparkEvent =
  | {
      readonly kind: 'task-started'
      readonly stage: Stage
      /** Of the map stage the place of the task among the orders, of the reduce stage the partition. */
      readonly index: number
      /** Spark's id of the attempt. */
      readonly id: number
      readonly executor: string
    }
  | {
      readonly kind: 'task-ended'
      readonly id: number
      readonly host: string
      readonly end: TaskEnd
      readonly shuffle: { readonly writtenBytes: number; readonly readBytes: number }
    }
  | {
      readonly kind: 'executor-added'
      readonly executor: string
      readonly host: string
      readonly cores: number
    }
  | { readonly kind: 'executor-removed'; readonly executor: string; readonly reason: string }

/** How Spark says that an attempt ended. */
export type TaskEnd =
  | { readonly how: 'done' }
  /** The task's function raised; the text has what `TaskError` put there. */
  | { readonly how: 'raised'; readonly text: string }
  /** Another attempt was first, or nobody wants it any more. */
  | { readonly how: 'not-needed' }
  /** The executor is gone, and with it the attempt, or what it had written. */
  | { readonly how: 'executor-lost'; readonly text: string }
  /** What it was to read was not there any more: the tasks that wrote it run again. */
  | { readonly how: 'fetch-failed'; readonly text: string }
  | { readonly how: 'other'; readonly text: string }

/** A line of the log, as far as it is looked at. Spark's `JsonProtocol` writes it. */
interface Line {
  readonly Event: string
  readonly 'Stage ID'?: number
  readonly 'Executor ID'?: string
  readonly 'Removed Reason'?: string
  readonly 'Executor Info'?: { readonly Host: string; readonly 'Total Cores': number }
  readonly 'Stage Infos'?: readonly StageInfo[]
  readonly Properties?: Readonly<Record<string, string>>
  readonly 'Task Info'?: {
    readonly 'Task ID': number
    readonly Index: number
    readonly 'Partition ID'?: number
    readonly 'Executor ID': string
    readonly Host: string
  }
  readonly 'Task End Reason'?: Readonly<Record<string, unknown>>
  readonly 'Task Metrics'?: {
    readonly 'Shuffle Write Metrics'?: { readonly 'Shuffle Bytes Written'?: number }
    readonly 'Shuffle Read Metrics'?: {
      readonly 'Remote Bytes Read'?: number
      readonly 'Local Bytes Read'?: number
    }
  }
}

interface StageInfo {
  readonly 'Stage ID': number
  readonly 'Parent IDs': readonly number[]
}

/** Follows the event log of one application, which Spark writes as JSON lines. */
export class EventLog {
  readonly #folder: string
  #lines: GrowingLines | null = null
  /** Jobs of Spark's that have ended. */
  jobsEnded = 0
  /** What the tasks of a stage are; null for those that only bring something to the driver. */
  readonly #stages = new Map<number, Stage | null>()

  /** @param folder existing, for this application alone */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was logged since the last call, in order. */
  take(): SparkEvent[] {
    this.#lines ??= this.#open()
    const lines = this.#lines?.take() ?? []
    return lines.flatMap((line) => this.#read(JSON.parse(line) as Line) ?? [])
  }

  /** Lets go of the log. Safe more than once. */
  close(): void {
    this.#lines?.close()
  }

  /** The name has the application's id, and ends otherwise once it is whole: by then it is open, unless nobody has looked. */
  #open(): GrowingLines | null {
    const [name] = existsSync(this.#folder)
      ? readdirSync(this.#folder).filter((one) => !one.startsWith('.'))
      : []
    return name === undefined ? null : new GrowingLines(join(this.#folder, name))
  }

  #read(line: Line): SparkEvent | null {
    switch (line.Event) {
      case 'SparkListenerJobStart':
        this.#learnStages(line)
        return null
      case 'SparkListenerJobEnd':
        this.jobsEnded += 1
        return null
      case 'SparkListenerTaskStart':
      case 'SparkListenerTaskEnd':
        return this.#readTask(line)
      case 'SparkListenerExecutorAdded':
        return {
          kind: 'executor-added',
          executor: line['Executor ID'] ?? '',
          host: line['Executor Info']?.Host ?? '',
          cores: line['Executor Info']?.['Total Cores'] ?? 0,
        }
      case 'SparkListenerExecutorRemoved':
        return {
          kind: 'executor-removed',
          executor: line['Executor ID'] ?? '',
          reason: line['Removed Reason'] ?? 'unknown',
        }
      default:
        return null
    }
  }

  /** A stage that reads no other one's output has map tasks; what reads theirs has reduce tasks, or is there to bring replies. */
  #learnStages(line: Line): void {
    const group = line.Properties?.['spark.jobGroup.id'] ?? ''
    for (const stage of line['Stage Infos'] ?? []) {
      const isMap = stage['Parent IDs'].length === 0
      const role = isMap ? 'map' : group === 'tallyman reduce' ? 'reduce' : null
      this.#stages.set(stage['Stage ID'], role)
    }
  }

  #readTask(line: Line): SparkEvent | null {
    const stage = this.#stages.get(line['Stage ID'] ?? -1) ?? null
    const info = line['Task Info']
    if (stage === null || info === undefined) return null
    const { 'Task ID': id, 'Executor ID': executor, Host: host } = info
    if (line.Event === 'SparkListenerTaskStart')
      return { kind: 'task-started', stage, index: info['Partition ID'] ?? info.Index, id, executor }
    const metrics = line['Task Metrics']
    const reads = metrics?.['Shuffle Read Metrics']
    return {
      kind: 'task-ended',
      id,
      host,
      end: endOf(line['Task End Reason'] ?? {}),
      shuffle: {
        writtenBytes: metrics?.['Shuffle Write Metrics']?.['Shuffle Bytes Written'] ?? 0,
        readBytes: (reads?.['Remote Bytes Read'] ?? 0) + (reads?.['Local Bytes Read'] ?? 0),
      },
    }
  }
}

function endOf(reason: Readonly<Record<string, unknown>>): TaskEnd {
  const textOf = (name: string): string => {
    const value = reason[name]
    return typeof value === 'string' ? value : ''
  }
  switch (reason.Reason) {
    case 'Success':
      return { how: 'done' }
    case 'ExceptionFailure':
      return { how: 'raised', text: `${textOf('Class Name')}: ${textOf('Description')}` }
    case 'TaskKilled':
      return { how: 'not-needed' }
    case 'ExecutorLostFailure':
      return { how: 'executor-lost', text: textOf('Loss Reason') }
    case 'Resubmitted':
      return { how: 'executor-lost', text: 'its executor was lost with what it had written' }
    case 'FetchFailed':
      return { how: 'fetch-failed', text: textOf('Message') }
    default:
      return { how: 'other', text: JSON.stringify(reason) }
  }
}
