/** Keys with their amounts as records, as `record/record-file-writer.ts` and `record/value.ts` write them. */
import { headerBytes, out, outBytes } from './memory'
import { endIndex, goOn, nextIndex, nextInOrder } from './order'
import { copyKey, valueBytes, writeInteger, writeVarint } from './values'

/** What two lengths before a record take at most: see `record-file-writer.ts`, which cuts blocks by the same rule. */
const lengthsBytesMax: i32 = 16

/** Records that `fill` wrote last. */
export let filled: i32 = 0

/**
 * Writes records of the bucket that was sorted, keys with their amounts, to `out`, as long as the rest of a block of `room` bytes would
 * take one more. Returns their bytes. Where `filled` is 0 the next record does not fit; nothing is left where there are none.
 */
export function fill(room: i32): i32 {
  const end = out + <usize>min(room, outBytes)
  let at = out
  let records = 0
  while (nextIndex < endIndex) {
    const entry = nextInOrder()
    const length = load<u32>(entry, 4)
    const amount = <i64>load<f64>(entry, 8)
    const bytes = valueBytes(amount)
    if (length > <u32>outBytes || at + <usize>(lengthsBytesMax + length + bytes) > end) break
    at = writeVarint(at, length)
    at = writeVarint(at, bytes)
    copyKey(at, entry + headerBytes, length)
    at = writeInteger(at + length, amount)
    records += 1
    goOn()
  }
  filled = records
  return <i32>(at - out)
}

/** The entry at which `fill` stopped, and passes it over; null where none is left. */
export function passOver(): usize {
  if (nextIndex === endIndex) return 0
  const entry = nextInOrder()
  goOn()
  return entry
}
