import { setImmediate, setTimeout } from 'node:timers/promises'

/** How long the first task of a worker that leaves something at work is waited for. */
const patienceFirstMs = 500
/** As it was before a job was loaded, which may have another one in its place. */
const now = performance.now.bind(performance)

/**
 * Waits for what a job started and did not await: timers, reads, requests, children. What it emits comes too late, which
 * has to be found while its task is still at hand.
 *
 * A job may also hold something open on purpose, a connection or an interval. So the patience is bounded, and halves each
 * time it was in vain: all of a worker's tasks together lose at most a second by it. A task that leaves nothing
 * at work costs one turn of the event loop.
 */
export class Unawaited {
  #patienceMs = patienceFirstMs

  /** Notes what is at work before a task. Returns the wait for whatever is there beyond that. */
  begin(): () => Promise<void> {
    const before = countAtWork()
    return () => this.#settle(before)
  }

  async #settle(before: number): Promise<void> {
    await setImmediate()
    if (countAtWork() <= before) return
    const endMs = now() + this.#patienceMs
    while (now() < endMs) {
      await setTimeout(1)
      if (countAtWork() <= before) return
    }
    this.#patienceMs /= 2
  }
}

/** How much keeps the event loop of this thread at work. Ports are left out: those between threads come and go by themselves. */
function countAtWork(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind !== 'MessagePort').length
}
