import type { EngineKind } from '../host/index.ts'

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
