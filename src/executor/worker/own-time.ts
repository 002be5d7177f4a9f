import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** As they were before a job could put something of its own in their place. */
const { cpuUsage } = process
const { eventLoopUtilization } = performance
const read = readFileSync

/**
 * Milliseconds of a core that this worker has had since it began, for differences: those of its process, with what V8 and zlib do in
 * threads beside it; where it is itself one of several threads, those of that thread.
 */
export function workedMs(): number {
  if (!isMainThread) return threadMs()
  const { user, system } = cpuUsage.call(process)
  return (user + system) / 1000
}

/** As Linux counts it (proc(5), schedstat: nanoseconds first); elsewhere the time in which the thread did not wait for anything. */
function threadMs(): number {
  try {
    return Number.parseInt(read('/proc/thread-self/schedstat', 'latin1'), 10) / 1e6
  } catch {
    return eventLoopUtilization.call(performance).active
  }
}
