import type { ProcessIdentity, RunGroup, Token } from '../host/index.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import type { WorkerStreams } from './worker-streams.ts'

/** The worker's end of the line to the coordinator. */
export interface WorkerChannel {
  send(message: FromWorker): void
  /** Called once, before anything arrives. */
  listen(onMessage: (message: ToWorker) => void): void
  readonly streams: WorkerStreams
}

/** Why a worker is no longer there. */
export interface Exit {
  /** For people: "exit code 1", "killed by SIGKILL". */
  readonly how: string
  readonly code:
    | 'worker-died'
    | 'killed'
    | 'job-exited'
    | 'out-of-memory'
    | 'memory-limit'
    | 'limit-reached'
    | 'protocol-broken'
  /** The last it wrote on stderr, at most a few kilobytes. */
  readonly lastWords: string
}

/** The coordinator's end of the line to one worker: all that threads, processes and containers differ in. */
export interface Link {
  send(message: ToWorker): void
  /** File of what an attempt has printed, or of what was printed outside of any; null where that is nothing. */
  logOf(attempt: string | null): string | null
  /** Settles once, when the worker and whatever it started are gone, for whatever reason. Never rejects. */
  readonly exited: Promise<Exit>
  /** The process it lives in; threads share one. Null when none could be started. */
  readonly process: WorkerProcess | null
  /** Ends the worker and everything it started, at once. Safe at any time, more than once. */
  kill(): void
}

/** A process that workers live in. */
export interface WorkerProcess {
  readonly pid: number
  /** In its environment, and so in that of whatever it starts. */
  readonly token: Token
  /** Remembers what it has started: it is ended with it, even where nothing leads to it any more. */
  remember(started: readonly ProcessIdentity[]): void
}

/** What every kind of worker is started with. */
export interface WorkerSettings {
  /** The directory the inputs were planned in: their names are relative to it. */
  readonly cwd: string
  /** Existing directory for what workers and their attempts print. */
  readonly logDirectory: string
  /** Name of an environment variable that no other run uses: marks all that workers start. */
  readonly tokenName: string
  /** Whether workers stand back for others: CPU, disk and memory. */
  readonly isPolite: boolean
  /** What the run may hold, as it is said where a worker was ended for it. */
  readonly memoryBytes: number
  /** What the kernel holds the processes to; null where it cannot. Closed with the pool. */
  readonly group: RunGroup | null
}

/** What one worker is started for. */
export interface LinkOrder {
  /** The seat it takes, which its log is named by. */
  readonly seat: number
  /** Its heap limit. */
  readonly heapBytes: number
}

/** Starts workers of one kind. */
export interface LinkFactory {
  /** Whether all its workers live in one process, so that none of them can be stopped for a while by itself. */
  readonly sharesProcess: boolean
  /** Starts a worker; `onMessage` gets what it says, in order, until it is gone. */
  open(order: LinkOrder, onMessage: (message: unknown) => void): Link
  /** Ends the workers that are still there, at once, and what they shared. Nothing is opened after. Safe more than once. */
  close(): Promise<void>
}
