/** The stable hash that sends a key to its partition. */

const mixA = 0xcc9e2d51
const mixB = 0x1b873593

/**
 * Hashes `bytes[start, end)` to an unsigned 32-bit integer. The same bytes give the same number on every machine
 * and in every version of tallyman.
 *
 * This is MurmurHash3 x86_32 with seed 0 (Austin Appleby, `MurmurHash3.cpp`, SMHasher, public domain).
 */
export function hashBytes(bytes: Buffer, start: number, end: number): number {
  let hash = 0
  const lastWord = start + ((end - start) & ~3)
  for (let at = start; at < lastWord; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash ^= mixed(word)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let at = end - 1; at >= lastWord; at -= 1) tail = (tail << 8) | bytes[at]!
  hash ^= mixed(tail) ^ (end - start)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The partition of a key with this hash; `bucketOf` of the kernel (`flow/amounts/order.as`) must say the same. */
export function partitionOf(hash: number, partitions: number): number {
  return hash % partitions
}

function mixed(word: number): number {
  const spread = Math.imul(word, mixA)
  return Math.imul((spread << 15) | (spread >>> 17), mixB)
}
