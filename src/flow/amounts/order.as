/**
 * The order of keys. Keys are first dealt to buckets, one for each table and partition: their addresses, in the place of the slots. Then each
 * bucket is sorted when its turn comes.
 */
import { arena, headerBytes, histograms, makeRoom, stack } from './memory'
import { entryEnd, nextEntry, slots, top } from './table'

/** Four bytes each: where in the order a bucket ends. */
let ends: usize = 0
let scratch: usize = 0
/** The keys of the bucket that was sorted last, which are still to be written: places in the order. */
export let nextIndex: u32 = 0
export let endIndex: u32 = 0

/**
 * Deals keys to buckets; from here on none is found or added, until `reset`. Bucket `table * partitions + partition` holds the
 * keys of this partition. False where there is no memory.
 */
export function deal(tableCount: u32, partitions: u32): bool {
  const buckets = tableCount * partitions
  ends = (top + 7) & ~7
  scratch = (ends + (<usize>buckets << 2) + 7) & ~7
  if (!makeRoom(scratch)) return false
  memory.fill(ends, 0, <usize>buckets << 2)
  for (let entry = nextEntry(arena); entry < top; entry = nextEntry(entryEnd(entry))) {
    const bucket = bucketOf(entry, partitions)
    store<u32>(bucket, load<u32>(bucket) + 1)
  }
  let sum: u32 = 0
  for (let bucket: u32 = 0; bucket < buckets; bucket++) {
    const at = ends + (<usize>bucket << 2)
    const size = load<u32>(at)
    store<u32>(at, sum)
    sum += size
  }
  for (let entry = nextEntry(arena); entry < top; entry = nextEntry(entryEnd(entry))) {
    const bucket = bucketOf(entry, partitions)
    const index = load<u32>(bucket)
    store<u32>(bucket, index + 1)
    store<u32>(slots + (<usize>index << 2), <u32>entry)
  }
  return true
}

/** Its table, and of that its partition, as `partitionOf` (`record/hash.ts`) has it. */
function bucketOf(entry: usize, partitions: u32): usize {
  const table = <u32>load<u8>(entry + headerBytes)
  return ends + (<usize>(table * partitions + (load<u32>(entry) % partitions)) << 2)
}

/** The entry that comes next in the order. */
export function nextInOrder(): usize {
  return load<u32>(slots + (<usize>nextIndex << 2))
}

/** It is written. */
export function goOn(): void {
  nextIndex += 1
}

/** Sorts a bucket, for `fill`. Returns how many keys it has; -1 where there is no memory. */
export function sortBucket(bucket: u32): i32 {
  nextIndex = bucket === 0 ? 0 : load<u32>(ends + (<usize>(bucket - 1) << 2))
  endIndex = load<u32>(ends + (<usize>bucket << 2))
  const size = endIndex - nextIndex
  if (size < 2) return <i32>size
  const bytes = <usize>size << 4
  if (!makeRoom(scratch + (bytes << 1))) return -1
  const order = slots + (<usize>nextIndex << 2)
  const depth = sharedDepth(order, size)
  const first = scratch
  const last = first + bytes
  for (let index: u32 = 0; index < size; index++) {
    const entry = load<u32>(order + (<usize>index << 2))
    const run = first + (<usize>index << 4)
    store<u32>(run, <u32>entry, 8)
    store<u64>(run, digitAt(entry, depth))
  }
  if (size > radixMin && size <= radixMax) {
    radixSort(first, size)
    sortTies(first, last, depth)
  } else sortRuns(first, last, depth)
  for (let index: u32 = 0; index < size; index++)
    store<u32>(order + (<usize>index << 2), load<u32>(first + (<usize>index << 4), 8))
  return <i32>size
}

/** All keys of a bucket begin with the number of one table, and most often with the tag of one kind of key: 2 then, else 1. */
function sharedDepth(order: usize, size: u32): u32 {
  let kinds: u32 = 0
  for (let index: u32 = 0; index < size; index++) {
    const entry = <usize>load<u32>(order + (<usize>index << 2))
    if (load<u32>(entry, 4) < 2) return 1
    kinds |= 1 << load<u8>(entry + headerBytes, 1)
  }
  return popcnt(kinds) === 1 ? 2 : 1
}

/** With fewer keys than this, passes over all digits cost more than comparing; with more, a second place for them is too large. */
const radixMin: u32 = 512
const radixMax: u32 = 1 << 20

/** Sorts by digits, a byte at a time from the last one on; bytes that all keys have in common are passed over. */
function radixSort(first: usize, size: u32): void {
  memory.fill(histograms, 0, 8 * 1024)
  const bytes = <usize>size << 4
  for (let at = first; at < first + bytes; at += 16) {
    let digit = load<u64>(at)
    for (let histogram = histograms; histogram < histograms + 8 * 1024; histogram += 1024) {
      const counter = histogram + (<usize>(digit & 0xff) << 2)
      store<u32>(counter, load<u32>(counter) + 1)
      digit >>= 8
    }
  }
  let from = first
  let to = first + bytes
  for (let place = 0; place < 8; place++) {
    const histogram = histograms + (<usize>place << 10)
    const common = <usize>((load<u64>(first) >> (<u64>place << 3)) & 0xff)
    if (load<u32>(histogram + (common << 2)) === size) continue
    let sum: u32 = 0
    for (let counter = histogram; counter < histogram + 1024; counter += 4) {
      const count = load<u32>(counter)
      store<u32>(counter, <u32>to + (sum << 4))
      sum += count
    }
    const end = from + bytes
    for (let at = from; at < end; at += 16) {
      const counter = histogram + (<usize>(load<u8>(at + place)) << 2)
      const target = load<u32>(counter)
      store<u32>(counter, target + 16)
      v128.store(target, v128.load(at))
    }
    const other = from
    from = to
    to = other
  }
  if (from !== first) memory.copy(first, from, bytes)
}

/** Sorts keys that have the same digit among themselves, by what follows. */
function sortTies(first: usize, last: usize, depth: u32): void {
  for (let from = first; from < last; ) {
    const digit = load<u64>(from)
    let to = from + 16
    while (to < last && load<u64>(to) === digit) to += 16
    if (to - from > 16) {
      for (let at = from; at < to; at += 16) store<u64>(at, digitAt(load<u32>(at, 8), depth + digitBytes))
      sortRuns(from, to, depth + digitBytes)
    }
    from = to
  }
}

const digitBytes: u32 = 7

/** Seven bytes of a key, then how many follow there, at most 8: sorts as the bytes do, the shorter first. */
function digitAt(entry: usize, depth: u32): u64 {
  const rest = load<u32>(entry, 4) - depth
  const bytes = bswap<u64>(load<u64>(entry + headerBytes + depth))
  if (rest > digitBytes) return (bytes & ~0xff) | 8
  if (rest === 0) return 0
  return (bytes & (<u64>(-1) << (64 - (<u64>rest << 3)))) | rest
}

/** Compares two keys whose first `depth` bytes are the same. */
function precedesFrom(depth: u32, a: usize, b: usize): bool {
  const lengthA = load<u32>(a, 4)
  const lengthB = load<u32>(b, 4)
  const both = min(lengthA, lengthB)
  a += headerBytes
  b += headerBytes
  for (let at = depth; at < both; at += 8) {
    const x = load<u64>(a + at)
    const y = load<u64>(b + at)
    if (x === y) continue
    const differs = <u32>(ctz(x ^ y) >> 3)
    if (at + differs >= both) break
    return bswap(x) < bswap(y)
  }
  return lengthA < lengthB
}

let seed: u32 = 1

/** A place in a run. Not always the same one, so that no input is slow to sort on purpose. */
function somewhere(from: usize, to: usize): usize {
  seed ^= seed << 13
  seed ^= seed >> 17
  seed ^= seed << 5
  return from + <usize>((<u64>seed * <u64>((to - from) >> 4)) >> 32 << 4)
}

/**
 * Sorts members of 16 bytes, a digit and an entry's address each: quicksort in three parts, the middle one by the next digit (Bentley and
 * Sedgewick 1997, with digits cached).
 */
function sortRuns(first: usize, last: usize, firstDepth: u32): void {
  let height = stack
  let from = first
  let to = last
  let depth = firstDepth
  for (;;) {
    if (to - from <= 16 * 16) {
      insertionSort(from, to, depth)
      if (height === stack) return
      height -= 12
      from = load<u32>(height)
      to = load<u32>(height, 4)
      depth = load<u32>(height, 8)
      continue
    }
    const pivot = middle(load<u64>(somewhere(from, to)), load<u64>(somewhere(from, to)), load<u64>(somewhere(from, to)))
    let low = from
    let high = to
    for (let at = from; at < high; ) {
      const digit = load<u64>(at)
      if (digit < pivot) {
        if (at !== low) exchange(at, low)
        low += 16
        at += 16
      } else if (digit > pivot) {
        high -= 16
        exchange(at, high)
      } else at += 16
    }
    let middleDepth = depth
    if (high - low > 16 && (pivot & 0xff) === 8) {
      middleDepth = depth + digitBytes
      for (let at = low; at < high; at += 16) store<u64>(at, digitAt(load<u32>(at, 8), middleDepth))
    }
    // The smallest of the three is sorted next, so that few have to wait.
    const sizeLow = low - from
    const sizeMiddle = high - low
    const sizeHigh = to - high
    if (sizeLow <= sizeMiddle && sizeLow <= sizeHigh) {
      height = push(height, low, high, middleDepth)
      height = push(height, high, to, depth)
      to = low
    } else if (sizeMiddle <= sizeHigh) {
      height = push(height, from, low, depth)
      height = push(height, high, to, depth)
      from = low
      to = high
      depth = middleDepth
    } else {
      height = push(height, from, low, depth)
      height = push(height, low, high, middleDepth)
      from = high
    }
  }
}

function push(height: usize, from: usize, to: usize, depth: u32): usize {
  if (to - from <= 16) return height
  store<u32>(height, <u32>from)
  store<u32>(height, <u32>to, 4)
  store<u32>(height, depth, 8)
  return height + 12
}

function middle(a: u64, b: u64, c: u64): u64 {
  if (a < b) return b < c ? b : max(a, c)
  return a < c ? a : max(b, c)
}

function exchange(a: usize, b: usize): void {
  const both = v128.load(a)
  v128.store(a, v128.load(b))
  v128.store(b, both)
}

function insertionSort(from: usize, to: usize, depth: u32): void {
  for (let at = from + 16; at < to; at += 16) {
    const digit = load<u64>(at)
    const entry = load<u32>(at, 8)
    let free = at
    for (; free > from; free -= 16) {
      const before = load<u64>(free - 16)
      if (before < digit) break
      if (before === digit && !precedesFrom(depth, entry, load<u32>(free - 16, 8))) break
      v128.store(free, v128.load(free - 16))
    }
    if (free === at) continue
    store<u64>(free, digit)
    store<u32>(free, entry, 8)
  }
}
