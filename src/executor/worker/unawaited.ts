import { clearTimeout, setTimeout } from 'node:timers'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import type { WorkerChannel } from '../channel.ts'

/** How long the first task of a worker that leaves something at work is waited for. */
const patienceFirstMs = 500
/** As it was before a job was loaded, which may have another one in its place. */
const now = performance.now.bind(performance)

/**
 * Waits for what a job started and did not await: timers, reads, requests, children, and what threads of the pool compute.
 * What it emits comes too late, which has to be found while its task is still at hand.
 *
 * Node itself says when nothing is left at work (`whenIdle`). A job may also hold something open on purpose, a connection or
 * an interval, and then it never says so: only what Node lists is waited for, where it was not there before the task. Of zlib,
 * crypto and WebAssembly it lists nothing. That something is held open is seen before a task, or by the patience being in vain,
 * which halves each time: all of a worker's tasks together lose at most a second by it.
 */
export class Unawaited {
  readonly #channel: Pick<WorkerChannel, 'hold'>
  #patienceMs = patienceFirstMs
  #isHeldOpen = false
  /** What was at work before there was a job. Node may still be closing a file that the worker was loaded from. */
  readonly #own = atWork().filter((kind) => kind !== 'CloseReq').length

  constructor(channel: Pick<WorkerChannel, 'hold'>) {
    this.#channel = channel
  }

  /** Notes what is at work before a task. Returns the wait for whatever is there beyond that. */
  begin(): () => Promise<void> {
    const before = atWork().length
    return () => this.#settle(before)
  }

  async #settle(before: number): Promise<void> {
    const isDone =
      this.#isHeldOpen || before > this.#own
        ? await whenGone(before, this.#patienceMs)
        : await whenIdle(this.#channel, this.#patienceMs)
    if (isDone) return
    this.#isHeldOpen = true
    this.#patienceMs /= 2
  }
}

const event = 'beforeExit'

/**
 * Lets go of the line to the coordinator until the worker would end but for it, and returns true then: nothing that could call the
 * job is under way in this thread. Returns false where that takes too long.
 */
function whenIdle({ hold }: Pick<WorkerChannel, 'hold'>, patienceMs: number): Promise<boolean> {
  // Those of the job wait for its end, which this is not.
  const listeners = process.rawListeners(event)
  return new Promise((resolve) => {
    const end = (isIdle: boolean): void => {
      hold(true)
      clearTimeout(timer)
      process.removeListener(event, reach)
      for (const listener of listeners) process.on(event, listener as () => void)
      resolve(isIdle)
    }
    const reach = (): void => end(true)
    const timer = setTimeout(end, patienceMs, false).unref()
    process.removeAllListeners(event)
    process.on(event, reach)
    hold(false)
  })
}

/** Returns true as soon as no more is at work than there was before; false where that takes too long. */
async function whenGone(before: number, patienceMs: number): Promise<boolean> {
  await setImmediate()
  const endMs = now() + patienceMs
  while (atWork().length > before) {
    if (now() >= endMs) return false
    await wait(1)
  }
  return true
}

/** What keeps the event loop of this thread at work, as far as Node lists it. Ports are left out: those between threads come and go by themselves. */
function atWork(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind !== 'MessagePort')
}
