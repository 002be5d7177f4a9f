import type { Token } from './process-mark.ts'
import { carries, listProcesses, type ProcessEntry } from './process-tree.ts'
import { readSmallFile, readSmallNumber } from './small-file.ts'

/**
 * Finds a process that says which number it has inside its container, by what is in its environment: the kernel knows its other numbers
 * (NSpid of proc(5)). Null where it may not be seen, as that of a daemon of root's.
 *
 * Cost: a look at all processes, and into those that are new.
 */
export function findInside(token: Token, insidePid: number): ProcessEntry | null {
  for (const entry of listProcesses().reverse()) {
    const numbers = /^NSpid:\t(.*)$/m.exec(readSmallFile(`/proc/${entry.pid}/status`) ?? '')?.[1]?.split('\t')
    if (numbers === undefined || numbers.length < 2 || Number(numbers.at(-1)) !== insidePid) continue
    if (carries(token, entry.pid)) return entry
  }
  return null
}

/** What the kernel holds a process to that is in a container, as it is seen from inside. */
export interface InsideLimits {
  /** Null: nothing holds it. */
  readonly memoryBytes: number | null
  readonly processesMax: number | null
  readonly cpus: number | null
}

/** More than any machine has: what the kernel says where nothing was set. */
const noMemoryLimit = 2 ** 60

/**
 * Reads the limits of the control group that is the root of what a container sees of them. What an engine says of its limits proves nothing:
 * some take them, and nothing comes of it.
 */
export function readInsideLimits(root = '/sys/fs/cgroup'): InsideLimits {
  const memoryBytes =
    readSmallNumber(`${root}/memory.max`) ?? readSmallNumber(`${root}/memory/memory.limit_in_bytes`)
  return {
    memoryBytes: memoryBytes === null || memoryBytes >= noMemoryLimit ? null : memoryBytes,
    processesMax: readSmallNumber(`${root}/pids.max`) ?? readSmallNumber(`${root}/pids/pids.max`),
    cpus: readCpus(root),
  }
}

function readCpus(root: string): number | null {
  const [quota, period] = (readSmallFile(`${root}/cpu.max`) ?? '').split(' ').map(Number)
  if (quota !== undefined && period !== undefined && quota > 0) return quota / period
  const quotaUs = readSmallNumber(`${root}/cpu/cpu.cfs_quota_us`)
  const periodUs = readSmallNumber(`${root}/cpu/cpu.cfs_period_us`)
  return quotaUs === null || periodUs === null || quotaUs <= 0 ? null : quotaUs / periodUs
}
