import { TallymanError } from '../errors.ts'
import type { Machine } from '../host/index.ts'
import type { Isolation, RunOptions } from './options.ts'
import type { MemoryBudget } from './plan/plan.ts'

/** How many workers there are, and what each may hold. */
export interface Resources {
  readonly workers: number
  readonly memory: MemoryBudget
}

const MiB = 2 ** 20

/**
 * What the coordinator takes, with the code that it shares with its workers, and for threads the process they live in. This
 * and what follows is measured, and kept true, by bench/wordcount-memory.mjs.
 */
const coordinatorBytes: Readonly<Record<Isolation, number>> = {
  process: 96 * MiB,
  thread: 120 * MiB,
  container: 96 * MiB,
}
/**
 * What a worker takes before it holds anything: its heap, chunks of input and their decompressor, buffers of files; of a container its first process
 * and the engine's monitor, too.
 */
const workerBaseBytes: Readonly<Record<Isolation, number>> = {
  process: 52 * MiB,
  thread: 44 * MiB,
  container: 58 * MiB,
}
/** Of that, the heap of a worker that has loaded a job. */
const idleHeapBytes = 24 * MiB
/** Least a worker needs beyond its base. */
const workerSpareMin = 24 * MiB
/** A worker does not get faster by holding more. */
const workerSpareMax = 1536 * MiB
/** Of what a worker has beyond its base, what combine tables may hold in counted bytes: keys, outside the heap, and states. */
const combineShare = 0.4
/**
 * Of the same, the heap: states, if they are all there is to hold, and what map and reduce need. The rest is for objects
 * that do not live long; see `semiSpaceMiB` in the executor.
 */
const heapShare = 0.5

/** Of the memory that is there, what a run takes where nothing was said. */
const shareByDefault = 0.6

/**
 * Shares out cores and memory. Pure.
 *
 * @throws {TallymanError} `usage` where the memory is too little for the workers asked for
 */
export function settleResources(
  options: Pick<RunOptions, 'isolation' | 'workers' | 'memoryBytes'> &
    Partial<Pick<RunOptions, 'spillBytes' | 'spark'>>,
  machine: Machine,
): Resources {
  const { isolation } = options
  const totalBytes = options.memoryBytes ?? Math.floor(machine.availableBytes * shareByDefault)
  const forWorkers = totalBytes - coordinatorBytes[isolation]
  const leastBytes = workerBaseBytes[isolation] + workerSpareMin
  const affordable = Math.floor(forWorkers / leastBytes)
  const workers = options.workers ?? Math.max(1, Math.min(machine.cores, affordable))
  if (affordable < workers) {
    // There --memory is what one worker may hold.
    if (options.spark != null && !options.spark.master.startsWith('local'))
      throw tooLittle(1, Math.floor(forWorkers / workers), leastBytes)
    throw tooLittle(workers, totalBytes, coordinatorBytes[isolation] + workers * leastBytes)
  }
  const spare = Math.min(workerSpareMax, Math.floor(forWorkers / workers) - workerBaseBytes[isolation])
  return {
    workers,
    memory: {
      totalBytes,
      workerHeapBytes: idleHeapBytes + Math.floor(spare * heapShare),
      combineBytesMax: Math.min(options.spillBytes ?? spare, Math.floor(spare * combineShare)),
    },
  }
}

/** The memory of a run each of whose workers, which are processes, may hold so much, with all it starts. Pure. */
export function bytesOfAll(workers: number, workerBytes: number): number {
  return workers * workerBytes + coordinatorBytes.process
}

/** What each worker of a run on executors, where the coordinator is not, may hold of its memory, with all it starts. Pure. */
export function workerBytesOf({ memory, workers }: Resources): number {
  return Math.floor((memory.totalBytes - coordinatorBytes.process) / workers)
}

function tooLittle(workers: number, totalBytes: number, neededBytes: number): TallymanError {
  const inMiB = (bytes: number): string => `${Math.ceil(bytes / MiB)} MiB`
  const who = workers === 1 ? 'one worker' : `${workers} workers`
  return new TallymanError(
    'usage',
    `Memory of ${inMiB(totalBytes)} is too little for ${who}: they need ${inMiB(neededBytes)}.`,
    {
      wayOut: `Say --memory ${Math.ceil(neededBytes / MiB)}M or more${workers === 1 ? '' : ', or fewer --workers'}.`,
    },
  )
}
