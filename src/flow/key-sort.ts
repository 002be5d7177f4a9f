import { compareBytes, partitionOf } from '../record/index.ts'
import type { KeyPlace, KeyTable } from './key-table.ts'

/** Keys of a table in order, those of one partition together. */
export interface SortedKeys {
  /** Where keys stand in the table. */
  readonly order: KeyOrder
  /** Of each partition, where in the order its keys end. */
  readonly ends: readonly number[]
}

/**
 * Sorts a table's keys by partition, then as `Buffer.compare` does. The table finds and takes no key any more, before it is
 * cleared: its memory serves for sorting.
 */
export function sortKeys(table: KeyTable, partitions: number): SortedKeys {
  const order = new KeyOrder(table)
  const ends = new Array<number>(partitions).fill(0)
  table.visit((_, hash) => {
    ends[partitionOf(hash, partitions)]! += 1
  })
  let sum = 0
  for (let partition = 0; partition < partitions; partition++) {
    const start = sum
    sum += ends[partition]!
    ends[partition] = start
  }
  table.visit((at, hash) => {
    order.set(ends[partitionOf(hash, partitions)]!++, at)
  })
  let from = 0
  for (const end of ends) {
    order.sort(from, end)
    from = end
  }
  return { order, ends }
}

/** Fewer keys than this are sorted by comparing them. */
const runMin = 16

/** Bytes of a key that one integer holds, above a byte that says how many there were: 4 for these and more. */
const digitBytes = 3

/** How far keys of a run are compared for what they share; without a bound long ones would be, once for every digit. */
const lookAheadBytes = 32

/** In which half of a 64-bit integer this machine has its low 32 bits. */
const low = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const high = 1 - low

/** A stretch of the order whose keys share their first `depth` bytes. */
interface Run {
  readonly from: number
  readonly to: number
  readonly depth: number
}

/**
 * A list of keys that sorts itself without a call back for every comparison: three bytes of a key, and where it stands, are
 * one integer of 64 bits, which typed arrays sort natively. Keys that share those bytes are then sorted among themselves
 * by the next three.
 */
export class KeyOrder {
  readonly #table: KeyTable
  readonly #integers: BigUint64Array
  /** Halves of the integers: digits, and places of keys. */
  readonly #halves: Uint32Array
  readonly #one: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }
  readonly #other: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }

  constructor(table: KeyTable) {
    this.#table = table
    const memory = table.lookupMemory
    this.#integers = new BigUint64Array(memory)
    this.#halves = new Uint32Array(memory)
  }

  set(index: number, at: number): void {
    this.#halves[2 * index + low] = at
  }

  /** Moves `place` to the key of this index. */
  locate(place: KeyPlace, index: number): void {
    this.#table.locate(place, this.#halves[2 * index + low]!)
  }

  /** The number of the key of this index. */
  numberAt(index: number): number {
    return this.#table.numberOfPlace(this.#halves[2 * index + low]!)
  }

  sort(start: number, end: number): void {
    const runs: Run[] = [{ from: start, to: end, depth: 0 }]
    for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
      if (run.to - run.from < runMin) this.#insertionSort(run)
      else this.#sortByDigit(run, runs)
    }
  }

  /** Sorts a run by three bytes; stretches of equal ones are runs still to be sorted. */
  #sortByDigit({ from, to, depth }: Run, runs: Run[]): void {
    const shared = this.#sharedBytes({ from, to, depth })
    const halves = this.#halves
    for (let index = from; index < to; index++) {
      this.locate(this.#one, index)
      halves[2 * index + high] = digitAt(this.#one, shared)
    }
    this.#integers.subarray(from, to).sort()
    for (let first = from; first < to; ) {
      const digit = halves[2 * first + high]!
      let next = first + 1
      while (next < to && halves[2 * next + high] === digit) next += 1
      // Keys that end within the digit are told apart by it: there is but one of each.
      if (next - first > 1) runs.push({ from: first, to: next, depth: shared + digitBytes })
      first = next
    }
  }

  /** How many bytes all keys of a run begin with alike, as far as one looks; at least its depth. */
  #sharedBytes({ from, to, depth }: Run): number {
    const { bytes, start, end } = this.#at(this.#one, from)
    let shared = Math.min(end - start, depth + lookAheadBytes)
    for (let index = from + 1; index < to && shared > depth; index++) {
      const other = this.#at(this.#other, index)
      shared = Math.min(shared, other.end - other.start)
      let length = depth
      while (length < shared && bytes[start + length] === other.bytes[other.start + length]) length += 1
      shared = length
    }
    return shared
  }

  #insertionSort({ from, to, depth }: Run): void {
    const halves = this.#halves
    for (let index = from + 1; index < to; index++) {
      const at = halves[2 * index + low]!
      this.#table.locate(this.#one, at)
      let free = index
      for (; free > from; free--) {
        if (compareFrom(depth, this.#at(this.#other, free - 1), this.#one) <= 0) break
        halves[2 * free + low] = halves[2 * free - 2 + low]!
      }
      halves[2 * free + low] = at
    }
  }

  #at(place: KeyPlace, index: number): KeyPlace {
    this.locate(place, index)
    return place
  }
}

/** Three bytes from `depth` on, then how many bytes follow there, at most 4: sorts as the bytes do, the shorter first. */
function digitAt({ bytes, start, end }: KeyPlace, depth: number): number {
  const at = start + depth
  const rest = end - at
  if (rest > digitBytes)
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | 4) >>> 0
  let digit = rest
  for (let index = 0; index < rest; index++) digit |= bytes[at + index]! << (24 - 8 * index)
  return digit >>> 0
}

/** Compares two keys that share their first `depth` bytes. */
function compareFrom(depth: number, a: KeyPlace, b: KeyPlace): number {
  return compareBytes(a.bytes, a.start + depth, a.end, b.bytes, b.start + depth, b.end)
}
