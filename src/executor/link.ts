import type { ProcessIdentity, ProcessToken } from '../host/index.ts'
import type { Confinement } from './confinement.ts'
import type { ToWorker } from './messages.ts'

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
    | 'engine-unfit'
    | 'engine-silent'
  /** The last it wrote on stderr, at most a few kilobytes. */
  readonly lastWords: string
  /** What the user can do, where more is known than the code says. */
  readonly wayOut?: string
}

/** The coordinator's end of the line to one worker: all that threads, processes and containers differ in. */
export interface Link {
  send(message: ToWorker): void
  /** File of what an attempt has printed, with all that came by now, or of what was printed outside of any; null where that is nothing. */
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
  readonly token: ProcessToken
  /** Remembers what it has started: it is ended with it, even where nothing leads to it any more. */
  remember(started: readonly ProcessIdentity[]): void
  /** The first process of the container it is in: whatever descends from that belongs to it. */
  readonly first?: number
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
  /** What workers are held to, where they are containers and one of them has been there. */
  readonly confinement: Confinement | null
  /** Lets workers that are opened from now on read these as well. Returns whether those that are there cannot. */
  admit(paths: readonly (string | Buffer)[]): boolean
  /** Starts a worker; `onMessage` gets what it says, in order, until it is gone. */
  open(order: LinkOrder, onMessage: (message: unknown) => void): Link
  /**
   * Ends the workers that are still there, at once, and what they shared. Nothing is opened after. Safe more than once.
   *
   * @throws {TallymanError} `engine-silent` or `engine-unfit` where a container may be left, since its engine does not answer or does not do it
   */
  close(): Promise<void>
}
