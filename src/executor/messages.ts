import { inspect } from 'node:util'
import type { Fault } from '../errors.ts'
import type { JobDescription } from '../job/index.ts'
import type { Attempt, AttemptProgress, AttemptReport } from './attempt.ts'

/** What a worker must know before its first attempt. */
export interface LoadOrder {
  /** The bundled job, an absolute path. */
  readonly bundleFile: string
  /** The job file as the user named it, for messages. */
  readonly jobName: string
  /** Absolute path of the run's directory. */
  readonly runDirectory: string
  /** Parameters as typed by the user; null where the job is only to be described, so that none may be missing. */
  readonly params: Readonly<Record<string, string>> | null
  /** What the run's first worker made of them: each other one has the same. Left out for the first. */
  readonly resolved?: ResolvedParams | undefined
}

/**
 * From the coordinator to a worker. A worker is told to load once, then runs one attempt at a time. It is never told to end:
 * its process group is killed, which also ends one that does not listen.
 */
export type ToWorker =
  | { readonly type: 'load'; readonly order: LoadOrder }
  | { readonly type: 'run'; readonly attempt: Attempt }

/**
 * From a worker to the coordinator. Every `load` and `run` is answered exactly once, progress apart; `broken` says that the
 * job failed outside any attempt and the worker ends, so that whatever it is told meanwhile has no other answer.
 */
export type FromWorker =
  | { readonly type: 'loaded'; readonly job: LoadedJob }
  | { readonly type: 'refused'; readonly fault: Fault }
  | { readonly type: 'progress'; readonly id: string; readonly progress: AttemptProgress }
  | {
      readonly type: 'done'
      readonly id: string
      readonly report: AttemptReport
      /** What it took of a core, in milliseconds. */
      readonly workMs?: number
    }
  | { readonly type: 'failed'; readonly id: string; readonly fault: Fault }
  | { readonly type: 'broken'; readonly fault: Fault }

/** Parameters after validation, as a run's first worker has them. */
export interface ResolvedParams {
  /** As JSON has them, for the manifest. */
  readonly params: Readonly<Record<string, unknown>>
  /** All that they hold, as base64 of their bytes (docs/formats/values.md): what other workers take. Null where they are no plain data, and each worker has to make them itself. */
  readonly encodedParams: string | null
}

/** The job as plain data, as the first worker that loaded it sees it. */
export interface LoadedJob extends ResolvedParams {
  readonly description: JobDescription
}

/** What each message holds beside its type, and for an attempt's its id. */
const contents: ReadonlyMap<unknown, string> = new Map([
  ['loaded', 'job'],
  ['refused', 'fault'],
  ['progress', 'progress'],
  ['done', 'report'],
  ['failed', 'fault'],
  ['broken', 'fault'],
])

const ofAttempts: ReadonlySet<unknown> = new Set(['progress', 'done', 'failed'])

/** Is this something a worker may say? Checked at the border, since a worker runs code that is not ours. */
export function isFromWorker(message: unknown): message is FromWorker {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false
  if (ofAttempts.has(message.type) && !('id' in message)) return false
  const content: unknown = Object.getOwnPropertyDescriptor(message, contents.get(message.type) ?? '')?.value
  if (typeof content !== 'object' || content === null) return false
  return message.type !== 'done' || isReport(content)
}

/** What is wrong with a worker that said this, which is no `FromWorker` or of another attempt. */
export function unknownMessage(message: unknown): Fault {
  // Not as JSON: what is nested thousands of levels deep would throw here.
  const said = inspect(message, { depth: 2, breakLength: Number.POSITIVE_INFINITY }).slice(0, 100)
  return { code: 'protocol-broken', message: `The worker said something unknown: ${said}.` }
}

/** What a report has lists of. A text in the place of one has a length, too: it would be believed, and the task run for ever. */
const lists: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['map', ['spills', 'sources', 'damaged']],
  ['reduce', ['parts']],
])

function isReport(content: object): boolean {
  const { kind, report } = content as { readonly kind?: unknown; readonly report?: unknown }
  const names = lists.get(kind)
  if (names === undefined || typeof report !== 'object' || report === null) return false
  return names.every((name) => Array.isArray((report as Readonly<Record<string, unknown>>)[name]))
}
