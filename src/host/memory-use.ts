import { join } from 'node:path'
import { readSmallFile } from './small-file.ts'

/** Memory and swap that a set of processes takes from the machine. */
export interface MemoryUse {
  readonly bytes: number
  /**
   * How it was counted. `resident`: each process's pages, so what they share counts several times and the sum is too high.
   * `proportional`: a page shared by n counts one nth in each. `unshared`: the same, but of at least one process only the
   * pages of its own could be read, so the sum may be too low.
   */
  readonly measure: 'resident' | 'proportional' | 'unshared'
}

/** How exactly memory is counted, which is what it costs. */
export interface MemoryUseOptions {
  /** As long as the quick upper bound is not above this, it will do. Default 0: always count exactly. */
  readonly exactAboveBytes?: number
  readonly proc?: string
}

/**
 * Memory of processes, from /proc/PID/status (VmRSS, VmSwap) and, where that sum is above `exactAboveBytes`, from
 * /proc/PID/smaps_rollup (Pss, SwapPss; proc(5)), which only the process's user may read. A process that is gone counts 0.
 * Swap counts, or a leak on a machine with swap would not be seen.
 *
 * Cost: 17 µs a process for the upper bound. Exactly it is 0.6 ms a process and 30 ms more for each gigabyte mapped, since
 * the kernel walks its page tables: hence the threshold. Nothing else runs meanwhile.
 */
export function readMemoryUse(pids: Iterable<number>, options: MemoryUseOptions = {}): MemoryUse {
  const { exactAboveBytes = 0, proc = '/proc' } = options
  const statuses = [...pids].map((pid) => ({ pid, status: readKilobytes(join(proc, String(pid), 'status')) }))
  const resident = sum(statuses.map(({ status }) => bytesOf(status, ['VmRSS', 'VmSwap'])))
  if (resident <= exactAboveBytes) return { bytes: resident, measure: 'resident' }
  let measure: MemoryUse['measure'] = 'proportional'
  const exact = statuses.map(({ pid, status }) => {
    // What has no memory of its own, such as a dead process, has nothing to add up.
    if (status.VmRSS === undefined) return 0
    const rollup = readKilobytes(join(proc, String(pid), 'smaps_rollup'))
    if (rollup.Pss !== undefined) return bytesOf(rollup, ['Pss', 'SwapPss'])
    measure = 'unshared'
    return bytesOf(status, ['RssAnon', 'VmSwap'])
  })
  return { bytes: sum(exact), measure }
}

/** The lines `Name: 12 kB` of a file; none where it can't be read. */
function readKilobytes(file: string): Readonly<Record<string, number>> {
  const lines = (readSmallFile(file) ?? '').matchAll(/^(\w+):\s+(\d+) kB$/gm)
  return Object.fromEntries(Array.from(lines, ([, name, kilobytes]) => [name, Number(kilobytes)]))
}

function bytesOf(kilobytes: Readonly<Record<string, number>>, names: readonly string[]): number {
  return sum(names.map((name) => (kilobytes[name] ?? 0) * 1024))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
