/**
 * The kernel of keys, in AssemblyScript (a typed subset of TypeScript that compiles to WebAssembly): large tables of keys with
 * counts, and their order. What it does is what `key-table.ts` and `key-sort.ts` do, many keys a call and without an object for any.
 *
 * There is no heap and no runtime. Memory is cut into parts:
 *
 *     tables   8 bytes each    number of keys, their bytes together      one for each table of the job
 *     group                    keys that are looked up together: address, length, hash, likely entry
 *     stack                    runs still to be sorted
 *     histograms               of each byte of a digit, how often it has each value
 *     staging                  keys on their way in, each after its length: one byte, or FF and four bytes
 *     out                      records on their way out, as they stand in a block of a record file
 *     arena                    entries, and slots, where there was room for them; only grows until `reset`
 *
 *     entry    hash (4), length of key (4), count (8, a double), key, up to the next multiple of 8
 *     hole     0, -1, bytes of the hole (8): what is no entry in the arena
 *     slots    4 bytes each    addresses of entries, or 0; at most half of them are taken
 *
 * Loads may reach a few bytes behind a key, never behind the memory: `makeRoom` keeps a margin.
 */

export const tables: usize = 1024
const group: usize = 4096
const stack: usize = 8192
const histograms: usize = 16384
export const staging: usize = 65536
export const stagingBytes: i32 = 131072
export const out: usize = 196608
export const outBytes: i32 = 131072
const arena: usize = 393216

const marginBytes: usize = 256
const growPages: i32 = 16
const pageBytes: usize = 65536

/** Keys that are looked up together: waiting for memory once for all of them. */
const groupMax: i32 = 64
const groupBytes: usize = 16

const headerBytes: usize = 16
const slotsMin: u32 = 64
let slotsFirst: u32 = slotsMin
const isHole: u32 = 0xffffffff

let top: usize = arena
let slots: usize = 0
let slotCount: u32 = 0
let keyCount: u32 = 0
/** What was looked at: a look that is not used is not taken. */
export let touched: u32 = 0

/** Sees that there is memory up to `end`. False where the machine gives no more. */
function makeRoom(end: usize): bool {
  const missing = <i64>(end + marginBytes) - ((<i64>memory.size()) << 16)
  if (missing <= 0) return true
  const pages = <i32>((missing + <i64>pageBytes - 1) >> 16)
  if (memory.grow(max(pages, growPages)) >= 0) return true
  return memory.grow(pages) >= 0
}

/** Forgets every key. */
export function reset(): void {
  memory.fill(tables, 0, 2048)
  top = arena
  slots = 0
  // The next task is likely to have as many keys.
  if (slotCount !== 0) slotsFirst = slotCount
  slotCount = 0
  keyCount = 0
}

function rotated(word: u32): u32 {
  return rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593
}

/** MurmurHash3 x86_32 with seed 0, as `record/hash.ts` has it. */
function hashOf(at: usize, length: u32): u32 {
  let hash: u32 = 0
  let next = at
  const lastWord = at + <usize>(length & ~3)
  for (; next < lastWord; next += 4) {
    hash ^= rotated(load<u32>(next))
    hash = rotl<u32>(hash, 13) * 5 + 0xe6546b64
  }
  const rest = length & 3
  if (rest !== 0) hash ^= rotated(load<u32>(next) & ((1 << (rest << 3)) - 1))
  hash ^= length
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35
  return hash ^ (hash >> 16)
}

function isEqual(a: usize, b: usize, length: u32): bool {
  let at: u32 = 0
  for (; at + 8 <= length; at += 8) if (load<u64>(a + at) !== load<u64>(b + at)) return false
  if (at === length) return true
  return (load<u64>(a + at) ^ load<u64>(b + at)) << (64 - ((length - at) << 3)) === 0
}

/** Doubles the slots, or makes the first. Those before are left as a hole. */
function growSlots(): bool {
  const count = slotCount === 0 ? slotsFirst : slotCount * 2
  const bytes = <usize>count << 2
  const hole = top
  if (!makeRoom(hole + headerBytes + bytes)) return false
  top = hole + headerBytes + bytes
  store<u32>(hole, 0)
  store<u32>(hole, isHole, 4)
  store<u64>(hole, <u64>(headerBytes + bytes), 8)
  const fresh = hole + headerBytes
  memory.fill(fresh, 0, bytes)
  const mask = count - 1
  for (let index: u32 = 0; index < slotCount; index++) {
    const entry = load<u32>(slots + (<usize>index << 2))
    if (entry === 0) continue
    let slot = load<u32>(entry) & mask
    while (load<u32>(fresh + (<usize>slot << 2)) !== 0) slot = (slot + 1) & mask
    store<u32>(fresh + (<usize>slot << 2), entry)
  }
  slots = fresh
  slotCount = count
  return true
}

/** The entry of a key; a new one has the count 0. Null where there is no memory for it. */
function entryOf(key: usize, length: u32, hash: u32): usize {
  if ((keyCount + 1) << 1 > slotCount && !growSlots()) return 0
  const mask = slotCount - 1
  let place = slots + (<usize>(hash & mask) << 2)
  const end = slots + (<usize>slotCount << 2)
  for (let entry = <usize>load<u32>(place); entry !== 0; entry = <usize>load<u32>(place)) {
    if (load<u32>(entry) === hash && load<u32>(entry, 4) === length && isEqual(entry + headerBytes, key, length)) return entry
    place += 4
    if (place === end) place = slots
  }
  const entry = top
  const next = (entry + headerBytes + length + 7) & ~7
  if (!makeRoom(next)) return 0
  // The key may lie where its entry is to be: of a long one there is no other copy.
  memory.copy(entry + headerBytes, key, length)
  store<u32>(entry, hash)
  store<u32>(entry, length, 4)
  store<f64>(entry, 0, 8)
  store<u32>(place, <u32>entry)
  top = next
  keyCount += 1
  const table = tables + (<usize>load<u8>(entry + headerBytes) << 3)
  store<u32>(table, load<u32>(table) + 1)
  store<u32>(table, load<u32>(table, 4) + length, 4)
  return entry
}

/** Adds `by` to the count of a key that lies anywhere in memory. False where there is no memory for it. */
export function addOne(key: usize, length: u32, by: f64): bool {
  const entry = entryOf(key, length, hashOf(key, length))
  if (entry === 0) return false
  store<f64>(entry, load<f64>(entry, 8) + by, 8)
  return true
}

/** Sees that `length` bytes have room behind the arena, for a key of `addOne`, which comes next. Null where there is none. */
export function roomFor(length: u32): usize {
  // Now, since slots begin where the key is to lie.
  if ((keyCount + 1) << 1 > slotCount && !growSlots()) return 0
  return makeRoom(top + 2 * (<usize>length + headerBytes)) ? top : 0
}

/**
 * Counts the keys that stand in the first `length` bytes of the staging, as far as they are whole. Returns how many bytes
 * that were; -1 where there is no memory.
 */
export function countStaged(length: i32): i32 {
  const end = staging + <usize>length
  let at = takeGroup(staging, end)
  while (groupSize > 0) {
    if (!countGroup()) return -1
    at = takeGroup(at, end)
  }
  return <i32>(at - staging)
}

let groupSize: i32 = 0

/** Hashes up to `groupMax` keys, and looks at where they are likely to stand. Returns where they end. */
function takeGroup(start: usize, end: usize): usize {
  const mask = slotCount === 0 ? 0 : slotCount - 1
  let at = start
  let size = 0
  let member = group
  while (size < groupMax && at < end) {
    let length: u32 = load<u8>(at)
    let key = at + 1
    if (length === 255) {
      if (at + 5 > end) break
      length = load<u32>(at, 1)
      key = at + 5
    }
    if (length > <u32>(end - key)) break
    const hash = hashOf(key, length)
    store<u32>(member, <u32>key)
    store<u32>(member, length, 4)
    store<u32>(member, hash, 8)
    store<u32>(member, slotCount === 0 ? 0 : load<u32>(slots + (<usize>(hash & mask) << 2)), 12)
    member += groupBytes
    size += 1
    at = key + length
  }
  groupSize = size
  return at
}

function countGroup(): bool {
  const end = group + <usize>groupSize * groupBytes
  let looked: u32 = 0
  for (let member = group; member < end; member += groupBytes) looked ^= load<u32>(load<u32>(member, 12))
  touched = looked
  for (let member = group; member < end; member += groupBytes) {
    const entry = entryOf(load<u32>(member), load<u32>(member, 4), load<u32>(member, 8))
    if (entry === 0) return false
    store<f64>(entry, load<f64>(entry, 8) + 1, 8)
  }
  return true
}

// Sorting and writing. Keys are first dealt to buckets, one for each table and partition: their addresses, in the place of the
// slots. Then each bucket is sorted when its turn comes.

/** Four bytes each: where in the order a bucket ends. */
let ends: usize = 0
let scratch: usize = 0
let nextIndex: u32 = 0
let endIndex: u32 = 0
/** Records that `fill` wrote last. */
export let filled: i32 = 0

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

function bucketOf(entry: usize, partitions: u32): usize {
  const table = <u32>load<u8>(entry + headerBytes)
  return ends + (<usize>(table * partitions + (load<u32>(entry) % partitions)) << 2)
}

function entryEnd(entry: usize): usize {
  return (entry + headerBytes + <usize>load<u32>(entry, 4) + 7) & ~7
}

/** The first entry at or behind a place in the arena. */
function nextEntry(at: usize): usize {
  while (at < top && load<u32>(at, 4) === isHole) at += <usize>load<u64>(at, 8)
  return at
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

/** What two lengths before a record take at most: see `record-file-writer.ts`, which cuts blocks by the same rule. */
const lengthsBytesMax: i32 = 16

/**
 * Writes records of the bucket that was sorted, keys with their counts, to `out`, as long as the rest of a block of `room` bytes would
 * take one more. Returns their bytes. Where `filled` is 0 the next record does not fit; nothing is left where there are none.
 */
export function fill(room: i32): i32 {
  const end = out + <usize>min(room, outBytes)
  let at = out
  let records = 0
  while (nextIndex < endIndex) {
    const entry = <usize>load<u32>(slots + (<usize>nextIndex << 2))
    const length = load<u32>(entry, 4)
    const count = <u64>load<f64>(entry, 8)
    const valueBytes = count < 128 ? 1 : 1 + varintBytes(count)
    if (length > <u32>outBytes || at + <usize>(lengthsBytesMax + length + valueBytes) > end) break
    at = writeVarint(at, length)
    at = writeVarint(at, valueBytes)
    copyKey(at, entry + headerBytes, length)
    at = writeCount(at + length, count)
    records += 1
    nextIndex += 1
  }
  filled = records
  return <i32>(at - out)
}

/** The entry at which `fill` stopped, and passes it over; null where none is left. */
export function passOver(): usize {
  if (nextIndex === endIndex) return 0
  nextIndex += 1
  return load<u32>(slots + (<usize>(nextIndex - 1) << 2))
}

/** What lies behind the key in `out` is written next. */
function copyKey(to: usize, from: usize, length: u32): void {
  if (length > 64) memory.copy(to, from, length)
  else for (let at: usize = 0; at < length; at += 8) store<u64>(to + at, load<u64>(from + at))
}

function varintBytes(value: u64): i32 {
  let bytes = 1
  for (let rest = value >> 7; rest !== 0; rest >>= 7) bytes += 1
  return bytes
}

function writeVarint(at: usize, value: u64): usize {
  let rest = value
  for (; rest >= 0x80; rest >>= 7) store<u8>(at++, <u8>rest | 0x80)
  store<u8>(at, <u8>rest)
  return at + 1
}

/** An integer that is not negative, as `record/value.ts` writes it. */
function writeCount(at: usize, count: u64): usize {
  if (count < 128) {
    store<u8>(at, <u8>count | 0x80)
    return at + 1
  }
  store<u8>(at, 4)
  return writeVarint(at + 1, count)
}
