import { type LoadSample, loadChange } from '../host/index.ts'
import { countOf, showBytes } from '../quantities.ts'

/** A sample of the machine's load, and of what the run had to do then. */
export interface RunSample extends LoadSample {
  /** Workers that could run a task. */
  readonly workers: number
  readonly tasksRunning: number
  /** Tasks that could run if there were a worker. */
  readonly tasksWaiting: number
}

/** What a run would need more of to be faster. */
export type Bottleneck =
  /** Our workers use the cores they have. */
  | { readonly kind: 'cpu'; readonly ownCores: number; readonly cores: number }
  /** Others use the cores we would. */
  | { readonly kind: 'others'; readonly othersCores: number; readonly cores: number }
  /** Threads wait for the disk: more workers would not help. */
  | { readonly kind: 'disk'; readonly readBytesPerSecond: number }
  /** Threads wait for memory to be freed. */
  | { readonly kind: 'memory'; readonly stalledShare: number }
  /** Most workers have nothing to do, since nothing is left but these tasks. */
  | { readonly kind: 'big-task'; readonly tasksRunning: number }
  /** Neither: the job waits for something that is not measured, such as a server. */
  | { readonly kind: 'unknown' }

/** What would have made the run faster, in words. */
export function sayBottleneck(bound: Bottleneck): string {
  switch (bound.kind) {
    case 'cpu':
      return `bound by its workers' cores: ${bound.ownCores.toFixed(1)} of ${bound.cores} were used`
    case 'others':
      return `bound by others, who used ${bound.othersCores.toFixed(1)} of ${bound.cores} cores`
    case 'disk':
      return `bound by the disk, which gave ${showBytes(bound.readBytesPerSecond)}/s: more workers would not help`
    case 'memory':
      return `bound by memory: threads waited for it ${Math.round(bound.stalledShare * 100)} % of the time`
    case 'big-task':
      return `bound by ${countOf(bound.tasksRunning, 'long task')} at the end: most workers had nothing to do`
    case 'unknown':
      return 'bound neither by cores, disk nor memory: the job waits for something else'
  }
}

/** Our workers keep their cores busy from this share on: reading in between takes the rest. */
const busyShareMin = 0.8
/** Every core is taken from this share on. */
const fullShareMin = 0.9
/** Shares of the time from which on waiting for a resource is what a run does. */
const memoryStalledMin = 0.1
const diskStalledMin = 0.2
const diskWaitMin = 0.1

/**
 * Says what bounded a run between the first and the last of some samples. Pure. Null for fewer than two samples, or when no task
 * ran. `cores` is how many of the machine's cores this run may use. Where pressure stall information is missing, a shortage of memory is not seen, and the disk is judged by idle cores.
 *
 * The first that holds: in four of five samples half the workers or more had nothing to do and nothing waited (big-task);
 * threads waited for memory over 10 % of the time; the tasks that ran used their cores to 80 % (cpu); the machine's cores were
 * all busy (others); threads waited for the disk over 20 % of the time, or cores stood idle for it over 10 % (disk).
 */
export function findBottleneck(samples: readonly RunSample[], cores: number): Bottleneck | null {
  const [first, last] = [samples[0], samples.at(-1)]
  const running = samples.filter(({ tasksRunning }) => tasksRunning > 0)
  if (first === undefined || last === undefined || samples.length < 2 || running.length === 0) return null
  const change = loadChange(first, last)
  if (isStarved(running)) return { kind: 'big-task', tasksRunning: running.at(-1)!.tasksRunning }
  const stalledShare = change.memoryStalledShare ?? 0
  if (stalledShare > memoryStalledMin) return { kind: 'memory', stalledShare }
  const usable = Math.min(cores, mean(samples.map(({ tasksRunning }) => tasksRunning)))
  if (change.ownCores >= busyShareMin * usable) return { kind: 'cpu', ownCores: change.ownCores, cores }
  if (change.busyShare >= fullShareMin)
    return { kind: 'others', othersCores: change.othersCores, cores: last.cores }
  const waitsForDisk =
    change.diskStalledShare === null
      ? change.diskWaitShare > diskWaitMin
      : change.diskStalledShare > diskStalledMin
  if (waitsForDisk) return { kind: 'disk', readBytesPerSecond: change.ownReadBytesPerSecond }
  return { kind: 'unknown' }
}

/** Had most workers nothing to do, nearly all the time? */
function isStarved(samples: readonly RunSample[]): boolean {
  const starved = samples.filter(
    ({ workers, tasksRunning, tasksWaiting }) =>
      workers > 1 && tasksWaiting === 0 && tasksRunning <= workers / 2,
  )
  return starved.length >= 0.8 * samples.length
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0) / numbers.length
}
