/** Keys and their amounts: a hash table whose slots lead to entries in the arena. */
import {
  arena,
  group,
  headerBytes,
  isCount,
  isHole,
  isMax,
  isMin,
  isSum,
  kindOf,
  kinds,
  makeRoom,
  safeMax,
  staging,
  tables,
} from './memory'

/** Keys that are looked up together: waiting for memory once for all of them. */
const groupMax: i32 = 64
const groupBytes: usize = 16

const slotsMin: u32 = 64
let slotsFirst: u32 = slotsMin

export let top: usize = arena
export let slots: usize = 0
let slotCount: u32 = 0
let keyCount: u32 = 0
/** What was looked at: a look that is not used is not taken. */
export let touched: u32 = 0

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

/** Says what the amounts of a table are. REQUIRES: it has no key. */
export function setKind(table: u32, kind: u32): void {
  store<u8>(kinds + <usize>table, kind)
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

/** The entry of a key; a new one has the amount that changes none. Null where there is no memory for it. */
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
  const kind = kindOf(entry + headerBytes)
  store<u32>(entry, hash)
  store<u32>(entry, length, 4)
  store<f64>(entry, kind === isMin ? Infinity : kind === isMax ? -Infinity : 0, 8)
  store<u32>(place, <u32>entry)
  top = next
  keyCount += 1
  const table = tables + (<usize>load<u8>(entry + headerBytes) << 3)
  store<u32>(table, load<u32>(table) + 1)
  store<u32>(table, load<u32>(table, 4) + length, 4)
  return entry
}

/** Folds `by` into an amount. False, with nothing done, where a sum would be no safe integer. */
function fold(entry: usize, kind: u32, by: f64): bool {
  const amount = load<f64>(entry, 8)
  if (kind === isMin) store<f64>(entry, min(amount, by), 8)
  else if (kind === isMax) store<f64>(entry, max(amount, by), 8)
  else {
    if (kind === isSum && abs(amount + by) > safeMax) return false
    store<f64>(entry, amount + by, 8)
  }
  return true
}

/** Has an amount been met that would be no safe integer? What is folded next then is for the host. */
export let isExceeded: bool = false

/**
 * Folds `by` into the amount of a key that lies anywhere in memory. False where there is no memory for it; where `isExceeded` nothing was done.
 */
export function foldOne(key: usize, length: u32, by: f64): bool {
  const entry = entryOf(key, length, hashOf(key, length))
  if (entry === 0) return false
  isExceeded = !fold(entry, kindOf(entry + headerBytes), by)
  return true
}

/** Sees that `length` bytes have room behind the arena, for a key of `foldOne`, which comes next. Null where there is none. */
export function roomFor(length: u32): usize {
  // Now, since slots begin where the key is to lie.
  if ((keyCount + 1) << 1 > slotCount && !growSlots()) return 0
  return makeRoom(top + 2 * (<usize>length + headerBytes)) ? top : 0
}

/**
 * Folds what stands in the first `length` bytes of the staging, as far as it is whole, and no further than where `isExceeded`. Returns how
 * many bytes that were; -1 where there is no memory.
 */
export function foldStaged(length: i32): i32 {
  isExceeded = false
  const end = staging + <usize>length
  let at = takeGroup(staging, end)
  while (groupSize > 0) {
    const stoppedAt = foldGroup()
    if (stoppedAt < 0) return -1
    if (stoppedAt > 0) {
      isExceeded = true
      return stoppedAt - <i32>staging
    }
    at = takeGroup(at, end)
  }
  return <i32>(at - staging)
}

let groupSize: i32 = 0

/** Hashes up to `groupMax` keys, and looks at where they are likely to stand. Returns where they, and an amount behind the last, end. */
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
    const behind: u32 = kindOf(key) === isCount ? 0 : 8
    if (length + behind > <u32>(end - key)) break
    const hash = hashOf(key, length)
    store<u32>(member, <u32>key)
    store<u32>(member, length, 4)
    store<u32>(member, hash, 8)
    store<u32>(member, slotCount === 0 ? 0 : load<u32>(slots + (<usize>(hash & mask) << 2)), 12)
    member += groupBytes
    size += 1
    at = key + length + behind
  }
  groupSize = size
  return at
}

/** Returns 0; -1 where there is no memory; or where the length stands of a key whose amount would be no safe integer. */
function foldGroup(): i32 {
  const end = group + <usize>groupSize * groupBytes
  let looked: u32 = 0
  for (let member = group; member < end; member += groupBytes) looked ^= load<u32>(load<u32>(member, 12))
  touched = looked
  for (let member = group; member < end; member += groupBytes) {
    const key = <usize>load<u32>(member)
    const length = load<u32>(member, 4)
    const kind = kindOf(key)
    const entry = entryOf(key, length, load<u32>(member, 8))
    if (entry === 0) return -1
    if (kind === isCount) store<f64>(entry, load<f64>(entry, 8) + 1, 8)
    else if (!fold(entry, kind, load<f64>(key + length))) return <i32>key - (length < 255 ? 1 : 5)
  }
  return 0
}

export function entryEnd(entry: usize): usize {
  return (entry + headerBytes + <usize>load<u32>(entry, 4) + 7) & ~7
}

/** The first entry at or behind a place in the arena; `top` where there is none. */
export function nextEntry(at: usize): usize {
  while (at < top && load<u32>(at, 4) === isHole) at += <usize>load<u64>(at, 8)
  return at
}

/** The entry behind this one, the first for null; null where there is none. */
export function entryBehind(entry: usize): usize {
  const next = nextEntry(entry === 0 ? arena : entryEnd(entry))
  return next < top ? next : 0
}
