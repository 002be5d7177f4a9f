/**
 * What lies where in the kernel's memory. There is no heap and no runtime: memory is cut into parts.
 *
 *     tables   8 bytes each    number of keys, their bytes together      one for each table of the job
 *     kinds    1 byte each     what its amounts are                      one for each table of the job
 *     group                    keys that are looked up together: address, length, hash, likely entry
 *     stack                    runs still to be sorted
 *     histograms               of each byte of a digit, how often it has each value
 *     staging                  keys on their way in, each after its length: one byte, or FF and four bytes; and then, where its table
 *                              does not count, an amount (8, a double)
 *     out                      records on their way out, as they stand in a block of a record file
 *     arena                    entries, and slots, where there was room for them; only grows until `reset`
 *
 *     entry    hash (4), length of key (4), amount (8, a double), key, up to the next multiple of 8
 *     hole     0, -1, bytes of the hole (8): what is no entry in the arena
 *     slots    4 bytes each    addresses of entries, or 0; at most half of them are taken
 *
 * Loads may reach a few bytes behind a key, never behind the memory: `makeRoom` keeps a margin.
 */

export const tables: usize = 1024
export const kinds: usize = 3072
export const group: usize = 4096
export const stack: usize = 8192
export const histograms: usize = 16384
export const staging: usize = 65536
export const stagingBytes: i32 = 131072
export const out: usize = 196608
export const outBytes: i32 = 131072
export const arena: usize = 393216

export const headerBytes: usize = 16
export const isHole: u32 = 0xffffffff

/** What the amounts of a table are: numbers of emits, sums, the smallest values or the largest. */
export const isCount: u32 = 0
export const isSum: u32 = 1
export const isMin: u32 = 2
export const isMax: u32 = 3

/** Doubles are exact integers up to here. */
export const safeMax: f64 = 9007199254740991

const marginBytes: usize = 256
const growPages: i32 = 16
const pageBytes: usize = 65536

/** Sees that there is memory up to `end`. False where the machine gives no more. */
export function makeRoom(end: usize): bool {
  const missing = <i64>(end + marginBytes) - ((<i64>memory.size()) << 16)
  if (missing <= 0) return true
  const pages = <i32>((missing + <i64>pageBytes - 1) >> 16)
  if (memory.grow(max(pages, growPages)) >= 0) return true
  return memory.grow(pages) >= 0
}

/** What the amounts of the table are that a key is of. */
export function kindOf(key: usize): u32 {
  return load<u8>(kinds + <usize>load<u8>(key))
}
