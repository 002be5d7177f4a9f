import type { FromWorker, ToWorker } from './messages.ts'
import type { WorkerStreams } from './worker/worker-streams.ts'

/** The worker's end of the line to the coordinator. */
export interface WorkerChannel {
  send(message: FromWorker): void
  /** Called once, before anything arrives. */
  listen(onMessage: (message: ToWorker) => void): void
  /** Whether this line alone keeps the worker from ending, as it does until it is let go. */
  readonly hold: (isHeld: boolean) => void
  readonly streams: WorkerStreams
  /** Whether it leads out of a container: what a job cannot do in there is explained. */
  readonly isInContainer?: boolean
  /** The directory that names of inputs are relative to, where this process may not be in it. */
  readonly cwd?: string
}
