import { setTimeout as sleep } from 'node:timers/promises'
import type { RunFollower, RunObserver, Standing } from '../run/index.ts'

const lookEveryMs = 200
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Who watches a run that another process carries out. */
export interface Watcher {
  /** Told what happens. */
  readonly observe: RunObserver
  /** Called after each look while the run is at work. */
  look(standing: Standing): void
}

/** Does something that Ctrl-C and the like only have this process leave: they abort what is given to `work`. */
export async function leavable<T>(work: (leave: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const onSignal = (): void => controller.abort()
  for (const name of signals) process.on(name, onSignal)
  try {
    return await work(controller.signal)
  } finally {
    for (const name of signals) process.off(name, onSignal)
  }
}

/**
 * Looks at a run until no process is at work on it.
 *
 * @returns how it stands then; null where `leave` was aborted before
 */
export async function watchRun(
  follower: RunFollower,
  watcher: Watcher,
  leave: AbortSignal,
): Promise<Standing | null> {
  for (;;) {
    const standing = follower.look(watcher.observe)
    if (!standing.isHeld) return standing
    if (leave.aborted) return null
    watcher.look(standing)
    // It rejects where it is cut short: then the next look is the last.
    await sleep(lookEveryMs, undefined, { signal: leave }).catch(() => undefined)
  }
}
