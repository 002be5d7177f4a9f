import type {
  Engine,
  EngineKind,
  ProcessIdentity,
  ProcessToken,
  RunGroup,
  WorkerImage,
} from '../host/index.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import type { WorkerStreams } from './worker/worker-streams.ts'

/** The worker's end of the line to the coordinator. */
export interface WorkerChannel {
  send(message: FromWorker): void
  /** Called once, before anything arrives. */
  listen(onMessage: (message: ToWorker) => void): void
  readonly streams: WorkerStreams
  /** Whether it leads out of a container: what a job cannot do in there is explained. */
  readonly isInContainer?: boolean
  /** The directory that names of inputs are relative to, where this process may not be in it. */
  readonly cwd?: string
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
  /** Null where workers are no containers. */
  readonly container: ContainerSettings | null
}

/** What containers are started with, beside what every worker is. */
export interface ContainerSettings {
  readonly engine: Engine
  readonly image: WorkerImage
  /** Value of the label that all of them have, and those of no other run: letters and digits. */
  readonly label: string
  /** Absolute paths that they see, and may read. */
  readonly readable: readonly (string | Buffer)[]
  /** Absolute paths that they may write to. */
  readonly writable: readonly string[]
  /** What one may hold; null: what suits its heap. */
  readonly memoryBytes: number | null
  /** Processes and threads in one. */
  readonly processesMax: number
}

/** What containers are held to, and by what: as the first of them found out in itself. */
export interface Confinement {
  readonly engine: EngineKind
  readonly engineVersion: string
  readonly isRootless: boolean
  readonly image: string
  /** Version of the Node in it. */
  readonly node: string
  readonly memoryBytes: number
  readonly memoryBy: 'kernel' | 'run-group' | 'watchdog'
  /** Processes and threads. */
  readonly processesMax: number
  readonly processesBy: 'kernel' | 'run-group' | 'ulimit'
  readonly cpus: number
  readonly cpusBy: 'kernel' | 'niceness' | 'nothing'
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
