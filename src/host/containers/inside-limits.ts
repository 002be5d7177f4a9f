import { readSmallFile } from '../small-file.ts'

/** What the kernel holds a process to that is in a container, as it is seen from inside. */
export interface InsideLimits {
  /** Null: nothing holds it. */
  readonly memoryBytes: number | null
  readonly processesMax: number | null
  readonly cpus: number | null
}

/** More than any machine has: what the kernel says where nothing was set. */
const noMemoryLimit = 2 ** 60

/** The files that say so, from the root of control groups, of either version (cgroups(7)). */
export const insideLimitFiles = [
  'memory.max',
  'memory/memory.limit_in_bytes',
  'pids.max',
  'pids/pids.max',
  'cpu.max',
  'cpu/cpu.cfs_quota_us',
  'cpu/cpu.cfs_period_us',
] as const

/**
 * Reads the limits of the control group that is the root of what a container sees of them. What an engine says of its limits proves nothing:
 * some take them, and nothing comes of it.
 */
export function readInsideLimits(root = '/sys/fs/cgroup'): InsideLimits {
  return insideLimitsFrom((file) => readSmallFile(`${root}/${file}`))
}

/** The same of what these files hold, by their names; null for one that is not there. Pure. */
export function insideLimitsFrom(
  contentOf: (file: (typeof insideLimitFiles)[number]) => string | null,
): InsideLimits {
  const numberOf = (file: (typeof insideLimitFiles)[number]): number | null => {
    const text = contentOf(file)
    return text !== null && /^-?\d+$/.test(text) ? Number(text) : null
  }
  const memoryBytes = numberOf('memory.max') ?? numberOf('memory/memory.limit_in_bytes')
  const [quota, period] = (contentOf('cpu.max') ?? '').split(' ').map(Number)
  const isUnified = quota !== undefined && period !== undefined && quota > 0
  const [quotaUs, periodUs] = [numberOf('cpu/cpu.cfs_quota_us'), numberOf('cpu/cpu.cfs_period_us')]
  const isOld = quotaUs !== null && periodUs !== null && quotaUs > 0
  return {
    memoryBytes: memoryBytes === null || memoryBytes >= noMemoryLimit ? null : memoryBytes,
    processesMax: numberOf('pids.max') ?? numberOf('pids/pids.max'),
    cpus: isUnified ? quota / period : isOld ? quotaUs / periodUs : null,
  }
}
