import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readProcess, ticksPerSecond } from './processes/process-tree.ts'
import { readSmallFile } from './small-file.ts'

/**
 * How busy the machine is, and what part of that is ours. Times are totals since boot: what matters is the difference of two
 * samples.
 */
export interface LoadSample {
  /** When it was taken, by a clock that never goes back. */
  readonly atMs: number
  /** Cores the machine has switched on, whether we may use them or not. */
  readonly cores: number
  /** CPU time of everybody, over all cores; with what a hypervisor took, since nobody here could have had it. */
  readonly busyMs: number
  /** Time that cores stood idle while something waited for a disk. Kernels count it roughly. */
  readonly diskWaitMs: number
  /** Threads that run or could, just now: the run queue. */
  readonly runnable: number
  /** Threads that wait for a disk just now. */
  readonly blocked: number
  /** Pressure stall information; null where the kernel has none or has it switched off. */
  readonly cpuPressure: Pressure | null
  readonly diskPressure: Pressure | null
  readonly memoryPressure: Pressure | null
  readonly own: OwnLoad
}

/** Time in which something stood still for want of a resource (Documentation/accounting/psi.rst of Linux). */
export interface Pressure {
  /** At least one thread did. */
  readonly someMs: number
  /** All that had anything to do did. */
  readonly fullMs: number
}

/** Our part of a {@link LoadSample}. */
export interface OwnLoad {
  readonly cpuMs: number
  /** Bytes read from disks, not from the page cache. */
  readonly readBytes: number
  /** Threads of ours that wait for a disk just now. */
  readonly blocked: number
}

/**
 * Takes a sample.
 *
 * @param ownPids the processes that are ours. With the one that starts and waits for the others among them, a process that
 *   has ended stays in the totals; without, they fall when one ends
 * @param atMs what the clock says, for example `performance.now()`
 *
 * Cost: 0.1 ms and 0.05 ms for each process of ours; while anybody waits for a disk, 0.4 ms for each that has a dozen threads.
 */
export function readLoad(ownPids: Iterable<number>, atMs: number, proc = '/proc'): LoadSample {
  const stat = readSmallFile(join(proc, 'stat')) ?? ''
  const [user = 0, nice = 0, system = 0, , diskWait = 0, ...interrupts] = numbersAfter('cpu', stat)
  const [irq = 0, softIrq = 0, stolen = 0] = interrupts
  const blocked = numbersAfter('procs_blocked', stat)[0] ?? 0
  return {
    atMs,
    cores: Math.max(1, stat.match(/^cpu\d+ /gm)?.length ?? 0),
    busyMs: ticksToMs(user + nice + system + irq + softIrq + stolen),
    diskWaitMs: ticksToMs(diskWait),
    runnable: numbersAfter('procs_running', stat)[0] ?? 0,
    blocked,
    cpuPressure: readPressure(join(proc, 'pressure', 'cpu')),
    diskPressure: readPressure(join(proc, 'pressure', 'io')),
    memoryPressure: readPressure(join(proc, 'pressure', 'memory')),
    own: readOwnLoad(ownPids, proc, blocked > 0),
  }
}

/** What happened between two samples, `before` being the earlier one. */
export interface LoadChange {
  readonly seconds: number
  /** Cores' worth of CPU time that we got, and that all others got. */
  readonly ownCores: number
  readonly othersCores: number
  /** Share of the machine's CPU time that was used, from 0 to 1. */
  readonly busyShare: number
  /** Shares of the time, from 0 to 1; null without pressure stall information. */
  readonly diskStalledShare: number | null
  readonly memoryStalledShare: number | null
  /** Share of the time that everything stood still for want of memory. */
  readonly memoryStoppedShare: number | null
  /** Share of the cores' time that they were idle and something waited for a disk. */
  readonly diskWaitShare: number
  readonly ownReadBytesPerSecond: number
}

/** Compares two samples. A total that falls, because a process of ours has ended, counts as standing still. */
export function loadChange(before: LoadSample, after: LoadSample): LoadChange {
  const ms = Math.max(1, after.atMs - before.atMs)
  const rise = (from: number, to: number): number => Math.max(0, to - from)
  const busyMs = rise(before.busyMs, after.busyMs)
  const ownMs = rise(before.own.cpuMs, after.own.cpuMs)
  const share = (from: Pressure | null, to: Pressure | null, kind: keyof Pressure): number | null =>
    from === null || to === null ? null : Math.min(1, rise(from[kind], to[kind]) / ms)
  return {
    seconds: ms / 1000,
    ownCores: ownMs / ms,
    othersCores: rise(ownMs, busyMs) / ms,
    busyShare: Math.min(1, busyMs / ms / after.cores),
    diskStalledShare: share(before.diskPressure, after.diskPressure, 'someMs'),
    memoryStalledShare: share(before.memoryPressure, after.memoryPressure, 'someMs'),
    memoryStoppedShare: share(before.memoryPressure, after.memoryPressure, 'fullMs'),
    diskWaitShare: Math.min(1, rise(before.diskWaitMs, after.diskWaitMs) / ms / after.cores),
    ownReadBytesPerSecond: (rise(before.own.readBytes, after.own.readBytes) / ms) * 1000,
  }
}

function readOwnLoad(pids: Iterable<number>, proc: string, isAnyBlocked: boolean): OwnLoad {
  let [cpuMs, readBytes, blocked] = [0, 0, 0]
  for (const pid of pids) {
    cpuMs += ticksToMs(readProcess(pid, proc)?.cpuTicks ?? 0)
    const io = readSmallFile(join(proc, String(pid), 'io')) ?? ''
    readBytes += Number(/^read_bytes: (\d+)$/m.exec(io)?.[1] ?? 0)
    if (isAnyBlocked) blocked += countBlocked(join(proc, String(pid), 'task'))
  }
  return { cpuMs, readBytes, blocked }
}

/** A process reads files on threads beside its first, so the state of each counts. */
function countBlocked(tasks: string): number {
  let threads: string[]
  try {
    threads = readdirSync(tasks)
  } catch {
    // It has ended, and waits for nothing.
    return 0
  }
  return threads.filter((thread) => readProcess(Number(thread), tasks)?.state === 'D').length
}

function readPressure(file: string): Pressure | null {
  const text = readSmallFile(file)
  const totalMs = (kind: string): number | null => {
    const micros = new RegExp(`^${kind} .*total=(\\d+)$`, 'm').exec(text ?? '')?.[1]
    return micros === undefined ? null : Number(micros) / 1000
  }
  const someMs = totalMs('some')
  // Before Linux 5.13 the CPU had no line for "full".
  return someMs === null ? null : { someMs, fullMs: totalMs('full') ?? 0 }
}

function numbersAfter(name: string, stat: string): number[] {
  const line = new RegExp(`^${name} +(.*)$`, 'm').exec(stat)?.[1]
  return line === undefined ? [] : line.split(' ').map(Number)
}

function ticksToMs(ticks: number): number {
  return (ticks * 1000) / ticksPerSecond
}
