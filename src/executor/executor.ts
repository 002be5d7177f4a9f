import type { WorkerSettings } from './channel.ts'
import { Pool } from './pool.ts'
import { processLinks } from './processes.ts'
import type { PoolOptions } from './seat.ts'
import { threadLinks } from './threads.ts'

const factories = { process: processLinks, thread: threadLinks } as const

/** The kinds of workers there are. */
export type WorkerKind = keyof typeof factories

/** A pool of workers of one kind; none of them is started yet. */
export function openPool(
  kind: WorkerKind,
  options: PoolOptions & { readonly settings: WorkerSettings },
): Pool {
  return new Pool(factories[kind](options.settings), options)
}
