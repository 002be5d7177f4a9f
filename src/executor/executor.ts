import type { LinkFactory, WorkerSettings } from './channel.ts'
import { Pool } from './pool.ts'
import { processLinks } from './processes.ts'
import type { PoolOptions } from './seat.ts'
import { threadLinks } from './threads.ts'

/** The kinds of workers there are, the usual one first. */
export const workerKinds = ['process', 'thread'] as const

export type WorkerKind = (typeof workerKinds)[number]

const factories: Readonly<Record<WorkerKind, (settings: WorkerSettings) => LinkFactory>> = {
  process: processLinks,
  thread: threadLinks,
}

/** A pool of workers of one kind; none of them is started yet. */
export function openPool(
  kind: WorkerKind,
  options: Omit<PoolOptions, 'logDirectory'> & { readonly settings: WorkerSettings },
): Pool {
  const { settings } = options
  return new Pool(factories[kind](settings), { ...options, logDirectory: settings.logDirectory })
}
