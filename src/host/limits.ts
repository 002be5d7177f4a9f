import { join } from 'node:path'
import { groupsUp, membership } from './groups/cgroup.ts'
import { listProcesses } from './processes/process-tree.ts'
import { readSmallFile, readSmallNumber } from './small-file.ts'

/** A bound on threads: the kernel counts every thread of every process, whatever a limit is called. */
export interface ThreadLimit {
  /** What it holds for, in words: "this user (ulimit -u)". */
  readonly of: string
  readonly threadsMax: number
  readonly threadsNow: number
}

/** What bounds this process and all it starts. */
export interface ProcessLimits {
  /** Open files of one process; null where there is no limit. */
  readonly openFilesMax: number | null
  /** Addresses of one process, in bytes; null where there is no limit. */
  readonly addressBytesMax: number | null
  /** Every bound on threads there is, in no order. */
  readonly threads: readonly ThreadLimit[]
}

/** Where proc and the control groups are mounted. */
export interface HostFolders {
  readonly proc: string
  readonly cgroup: string
}

const systemFolders: HostFolders = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

/**
 * Reads the limits of getrlimit(2), of the control groups this process is in (pids.max) and of the kernel (threads-max,
 * pid_max), and how much of each is taken now. The kernel counts a user's threads in other containers too, which can't be seen
 * from inside one.
 *
 * @throws the system's error when /proc cannot be read
 *
 * Cost: a look at all processes.
 */
export function readLimits(folders: HostFolders = systemFolders): ProcessLimits {
  const { proc } = folders
  const limits = readSmallFile(join(proc, 'self', 'limits')) ?? ''
  return {
    openFilesMax: softLimit(limits, 'Max open files'),
    addressBytesMax: softLimit(limits, 'Max address space'),
    threads: [...userLimit(limits, proc), ...groupLimits(folders), ...kernelLimits(proc)],
  }
}

/**
 * How many more processes may be started before some limit refuses, and which limit that is.
 *
 * @param threadsEach threads of one of these processes; a Node process at work has about a dozen
 * @returns Infinity and null where nothing bounds them
 */
export function roomForProcesses(
  threadsEach: number,
  limits: ProcessLimits = readLimits(),
): { readonly processes: number; readonly boundBy: ThreadLimit | null } {
  const room = (limit: ThreadLimit): number => limit.threadsMax - limit.threadsNow
  const boundBy = limits.threads.toSorted((a, b) => room(a) - room(b))[0] ?? null
  if (boundBy === null) return { processes: Number.POSITIVE_INFINITY, boundBy }
  return { processes: Math.max(0, Math.floor(room(boundBy) / threadsEach)), boundBy }
}

function userLimit(limits: string, proc: string): ThreadLimit[] {
  const threadsMax = softLimit(limits, 'Max processes')
  const status = readSmallFile(join(proc, 'self', 'status')) ?? ''
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])
  if (threadsMax === null || isExempt(uid, status, proc)) return []
  const threadsNow = listProcesses(proc)
    .filter((entry) => entry.uid === uid)
    .reduce((threads, entry) => threads + entry.threads, 0)
  return [{ of: 'this user (ulimit -u)', threadsMax, threadsNow }]
}

/** Capabilities that lift RLIMIT_NPROC, by their bits (capabilities(7)): CAP_SYS_ADMIN and CAP_SYS_RESOURCE. */
const liftingCapabilities = (1n << 21n) | (1n << 24n)

/** The limit is not held against the machine's root, nor against who has the capabilities; a container's root is neither. */
function isExempt(uid: number, status: string, proc: string): boolean {
  const users = (readSmallFile(join(proc, 'self', 'uid_map')) ?? '').trim().split(/\s+/)
  const isMachine = users.join(' ') === '0 0 4294967295'
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return isMachine && (uid === 0 || (capabilities & liftingCapabilities) !== 0n)
}

function groupLimits({ proc, cgroup }: HostFolders): ThreadLimit[] {
  const paths = membership({ membership: join(proc, 'self', 'cgroup'), root: cgroup })
  const groups = [
    ...groupsUp(cgroup, paths.pids, ['pids']),
    ...groupsUp(cgroup, paths.unified, ['', 'unified']),
  ]
  return groups.flatMap((group) => {
    const threadsMax = readSmallNumber(join(group, 'pids.max'))
    const threadsNow = readSmallNumber(join(group, 'pids.current'))
    if (threadsMax === null || threadsNow === null) return []
    return [{ of: `the control group ${group} (pids.max)`, threadsMax, threadsNow }]
  })
}

function kernelLimits(proc: string): ThreadLimit[] {
  // "1.05 0.97 0.99 2/1234 5678": of 1234 threads 2 are running.
  const threadsNow = Number(/\/(\d+) /.exec(readSmallFile(join(proc, 'loadavg')) ?? '')?.[1])
  return ['threads-max', 'pid_max'].flatMap((name) => {
    const threadsMax = readSmallNumber(join(proc, 'sys', 'kernel', name))
    if (threadsMax === null || Number.isNaN(threadsNow)) return []
    return [{ of: `the machine (kernel.${name})`, threadsMax, threadsNow }]
  })
}

/** The first of the two numbers in such a line of /proc/self/limits; null for "unlimited". */
function softLimit(limits: string, name: string): number | null {
  const text = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1]
  return text === undefined || text === 'unlimited' ? null : Number(text)
}
