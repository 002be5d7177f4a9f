/**
 * Bytes that this thread holds on purpose in ArrayBuffers. Who watches for others that pile up must not take these for
 * them: the collector tells only how much there is in all.
 */
let bytes = 0

/** Says that so much more is held, or less. */
export function countOutsideHeap(more: number): void {
  bytes += more
}

/** What was said to be held. */
export function outsideHeapBytes(): number {
  return bytes
}
