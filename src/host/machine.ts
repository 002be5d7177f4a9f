import { readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import { readCgroupLimits } from './groups/cgroup.ts'

/** What this machine has for this process. */
export interface Machine {
  /** Cores the process may run on at once: affinity and control group quota, at least 1. */
  readonly cores: number
  /** Memory that can be taken without pushing anything out, in bytes. */
  readonly availableBytes: number
}

/** Reads what this process may use now. Cost: a few small files of /proc and /sys. */
export function readMachine(): Machine {
  const { cpus, memoryBytes, memoryUsedBytes } = readCgroupLimits()
  // libuv asks for the affinity mask, so `taskset` counts.
  const cores = Math.min(availableParallelism(), cpus === null ? Number.POSITIVE_INFINITY : Math.ceil(cpus))
  const inGroup = memoryBytes === null ? Number.POSITIVE_INFINITY : Math.max(0, memoryBytes - memoryUsedBytes)
  return { cores: Math.max(1, cores), availableBytes: Math.min(availableMemory(), inGroup) }
}

/** MemAvailable of proc(5): free memory and page cache that can be dropped. */
function availableMemory(): number {
  try {
    const match = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))
    if (match !== null) return Number(match[1]) * 1024
  } catch {
    // Not Linux: what the system calls free has to do.
  }
  return freemem()
}
