import type { Engine, RunGroup, WorkerImage } from '../host/index.ts'

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
