import { setFlagsFromString } from 'node:v8'

const MiB = 2 ** 20

/** A heap's limits, as V8 is told them. */
export interface HeapLimits {
  /** For objects that live. */
  readonly oldSpaceMiB: number
  /**
   * One half of the space that new objects are made in; V8 takes up to three times as much. A small one costs little, since
   * hardly anything that a map makes outlives its record.
   */
  readonly semiSpaceMiB: number
}

/** The flags of V8 that a process's limits are said with. */
export const heapFlagNames = ['--max-old-space-size', '--max-semi-space-size'] as const

const semiSpaceMiBMin = 2
const semiSpaceMiBMax = 8
/** What a semi-space may be of the heap. */
const semiSpaceShare = 1 / 12

/** Limits of a heap whose living objects may take `heapBytes`; new ones have a twelfth of that, from 2 to 8 MiB a half, on top. */
export function heapLimits(heapBytes: number): HeapLimits {
  const semiSpaceMiB = Math.floor((heapBytes * semiSpaceShare) / MiB)
  return {
    oldSpaceMiB: Math.ceil(heapBytes / MiB),
    semiSpaceMiB: Math.min(semiSpaceMiBMax, Math.max(semiSpaceMiBMin, semiSpaceMiB)),
  }
}

/** The same as flags of a Node process. */
export function heapFlags(heapBytes: number): string[] {
  const { oldSpaceMiB, semiSpaceMiB } = heapLimits(heapBytes)
  const [oldSpace, semiSpace] = heapFlagNames
  return [`${oldSpace}=${oldSpaceMiB}`, `${semiSpace}=${semiSpaceMiB}`]
}

/**
 * Has this process mark and sweep its heap in the threads that made it. Chunks of input make V8 look through a small heap every few
 * tens of megabytes, and its helper threads take more CPU time for that than it takes, on cores that other workers want. New
 * objects are still collected by helpers, too: records of a hundred bytes make many of them.
 */
export function markAlone(): void {
  for (const flag of ['concurrent-marking', 'concurrent-sweeping']) setFlagsFromString(`--no-${flag}`)
}
