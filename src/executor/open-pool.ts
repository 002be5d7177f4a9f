import type { LinkFactory } from './link.ts'
import { containerLinks } from './links/containers.ts'
import { processLinks } from './links/processes.ts'
import { threadLinks } from './links/threads.ts'
import { Pool } from './pool/pool.ts'
import type { PoolOptions } from './pool/seat.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** The kinds of workers there are, the usual one first. */
export const workerKinds = ['process', 'thread', 'container'] as const

/** What each worker is: a process of its own, a thread in one process of all, or a container. Also called isolation, where users choose it. */
export type WorkerKind = (typeof workerKinds)[number]

const factories: Readonly<Record<WorkerKind, (settings: WorkerSettings) => LinkFactory>> = {
  process: processLinks,
  thread: threadLinks,
  container: containerLinks,
}

/** A pool of workers of one kind; none of them is started yet. */
export function openPool(
  kind: WorkerKind,
  options: Omit<PoolOptions, 'logDirectory'> & { readonly settings: WorkerSettings },
): Pool {
  const { settings } = options
  const { group, logDirectory } = settings
  return new Pool(factories[kind](settings), { ...options, logDirectory }, group)
}

/**
 * The most processes a run with such a pool has at a time: the workers, or the process of all threads; for a moment a program
 * for each that sets its I/O class; the coordinator, the shell that ends them should it die, and while a run begins the bundler.
 * A container has a first process and a monitor of the engine's beside its worker, and is begun and cleared away by a program each. What a
 * job starts itself comes on top, and is bounded for each worker.
 */
export function processesMax(kind: WorkerKind, workers: number): number {
  const workerProcesses = kind === 'thread' ? 1 : workers
  return (kind === 'container' ? 6 : 2) * workerProcesses + 3
}
