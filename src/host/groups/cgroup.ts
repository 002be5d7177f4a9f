import { join } from 'node:path'
import { readSmallFile, readSmallNumber } from '../small-file.ts'

/** What the control groups this process is in allow it; null where there is no limit. */
export interface CgroupLimits {
  /** CPUs' worth of time, perhaps a fraction. */
  readonly cpus: number | null
  readonly memoryBytes: number | null
  /** Bytes of that limit in use, page cache that can be dropped left out. */
  readonly memoryUsedBytes: number
}

/** Where the files are, so that tests can put up a tree of their own. */
export interface CgroupFiles {
  /** Default `/proc/self/cgroup`. */
  readonly membership: string
  /** Default `/sys/fs/cgroup`. */
  readonly root: string
}

/** Where Linux has them: cgroups(7). */
export const systemFiles: CgroupFiles = { membership: '/proc/self/cgroup', root: '/sys/fs/cgroup' }

/**
 * Reads the limits of version 1, version 2 and hybrid hierarchies (cgroups(7)). A limit holds for a group and all below
 * it, so the tightest on the way up counts. A container may see only its own group, mounted as the root: then that is read.
 */
export function readCgroupLimits(files: CgroupFiles = systemFiles): CgroupLimits {
  const paths = membership(files)
  const cpus: number[] = []
  const memories: { limit: number; used: number }[] = []
  for (const group of groupsUp(files.root, paths.unified, ['', 'unified'])) {
    const [quota, period] = (readSmallFile(join(group, 'cpu.max')) ?? 'max').split(' ')
    if (quota !== 'max') cpus.push(Number(quota) / Number(period))
    const limit = readSmallNumber(join(group, 'memory.max'))
    if (limit !== null) memories.push({ limit, used: used(group, 'memory.current', 'inactive_file') })
  }
  for (const group of groupsUp(files.root, paths.cpu, ['cpu', 'cpu,cpuacct'])) {
    const quota = readSmallNumber(join(group, 'cpu.cfs_quota_us'))
    const period = readSmallNumber(join(group, 'cpu.cfs_period_us'))
    if (quota !== null && quota > 0 && period !== null) cpus.push(quota / period)
  }
  for (const group of groupsUp(files.root, paths.memory, ['memory'])) {
    const limit = readSmallNumber(join(group, 'memory.limit_in_bytes'))
    // Without a limit version 1 says the largest multiple of a page that fits 63 bits.
    if (limit !== null && limit < 2 ** 62)
      memories.push({ limit, used: used(group, 'memory.usage_in_bytes', 'total_inactive_file') })
  }
  const tightest = memories.sort((a, b) => a.limit - a.used - (b.limit - b.used))[0]
  return {
    cpus: cpus.length === 0 ? null : Math.min(...cpus),
    memoryBytes: tightest?.limit ?? null,
    memoryUsedBytes: tightest?.used ?? 0,
  }
}

/** This process's group in each hierarchy, as a path below where that is mounted; null where it is in none. */
export type Membership = Readonly<Record<'unified' | 'cpu' | 'memory' | 'pids', string | null>>

/** Reads it from /proc/self/cgroup: version 2's line is `0::PATH`. */
export function membership({ membership: file }: CgroupFiles): Membership {
  const lines = (readSmallFile(file) ?? '').split('\n').map((line) => line.split(':'))
  const pathOf = (controller: string): string | null => {
    const line = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))
    return line === undefined ? null : line.slice(2).join(':')
  }
  const unified = lines.find(([number, controllers]) => number === '0' && controllers === '')
  return {
    unified: unified === undefined ? null : unified.slice(2).join(':'),
    cpu: pathOf('cpu'),
    memory: pathOf('memory'),
    pids: pathOf('pids'),
  }
}

/** The group's folder and those above it, deepest first, under each place the hierarchy may be mounted at. */
export function groupsUp(root: string, path: string | null, mounts: readonly string[]): string[] {
  if (path === null) return []
  const groups = new Set<string>()
  for (const mount of mounts) {
    const parts = path.split('/').filter((part) => part !== '' && part !== '..')
    for (let length = parts.length; length >= 0; length--)
      groups.add(join(root, mount, ...parts.slice(0, length)))
  }
  return [...groups]
}

function used(group: string, usageFile: string, droppable: string): number {
  const usage = readSmallNumber(join(group, usageFile)) ?? 0
  const stat = readSmallFile(join(group, 'memory.stat')) ?? ''
  const line = stat.split('\n').find((text) => text.startsWith(`${droppable} `))
  return Math.max(0, usage - Number(line?.split(' ')[1] ?? 0))
}
