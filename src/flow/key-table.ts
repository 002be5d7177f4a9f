import { countOutsideHeap } from '../record/index.ts'

/**
 * A set of byte keys, each with a number: 0, 1, 2, … in the order they were first met. The keys lie end to end in a few
 * large buffers and are found by open addressing, so that millions of them cost the garbage collector nothing.
 *
 * What a key takes is counted from its length alone, so that the same input spills at the same places everywhere.
 */

/** A chunk's size in words of four bytes. */
const chunkWords = 2 ** 16

/** Before every key: its hash, its number, its length in bytes. */
const headerWords = 3

/** What a key takes beside its bytes: at most four slots, as many again in smaller tables before, header and padding. */
export const keyEntryBytes = 4 * 4 + 4 * 4 + headerWords * 4 + 3

const slotsMin = 64

/** Keys end to end; all chunks have one size, but for one that holds a single key that is longer. */
interface Chunk {
  readonly bytes: Buffer
  /** The same memory. */
  readonly words: Int32Array
  usedWords: number
}

/**
 * Memory of tables that were emptied, for the next ones: garbage outside the heap is collected late, and until then it
 * would count twice. Every worker has its own.
 */
const spareChunks: Chunk[] = []
const spareSlots: Int32Array[] = []

/** Lets go of the memory that is kept for tables to come. */
export function releaseKeyMemory(): void {
  for (const { bytes } of spareChunks) countOutsideHeap(-bytes.length)
  for (const { byteLength } of spareSlots) countOutsideHeap(-byteLength)
  spareChunks.length = 0
  spareSlots.length = 0
}

/** Where a key stands: `bytes[start, end)`. Kept and moved on, so that going through keys allocates nothing. */
export interface KeyPlace {
  bytes: Buffer
  start: number
  end: number
  number: number
}

/** A key is never removed on its own: numbers and places hold until `clear`, which makes room for the next keys. */
export class KeyTable {
  /** Number of keys. */
  size = 0
  /** Bytes they take, counted. */
  heldBytes = 0
  readonly #chunks: Chunk[] = []
  /** Places of keys, plus 1; 0 is free. At most half of them are taken. */
  #slots: Int32Array | null = null

  /** The number of the key `bytes[start, end)` with this hash, as a signed integer; where it is new it is added, and gets the number `size` had. */
  numberAt(bytes: Buffer, start: number, end: number, hash: number): number {
    const slots = this.#roomySlots()
    const mask = slots.length - 1
    const length = end - start
    let slot = hash & mask
    for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
      const chunk = this.#chunks[chunkOf(taken - 1)]!
      const { words } = chunk
      const word = wordOf(taken - 1)
      if (words[word] === hash && words[word + 2] === length) {
        if (isEqual(chunk.bytes, startOf(word), bytes, start, length)) return words[word + 1]!
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = this.#append(hash, bytes, start, length) + 1
    return this.size++
  }

  /**
   * Where a key with this hash is likely to stand, as `touch` takes it. Looking up many keys of a large table is waiting for
   * memory, one place after another; whoever first asks this of all of them, then `touch`, waits for many places at once.
   */
  likelyPlace(hash: number): number {
    const slots = this.#slots
    return slots === null ? 0 : slots[hash & (slots.length - 1)]!
  }

  /** Brings what stands at a likely place near. Returns something of it, since a look that is not used is not taken. */
  touch(likelyPlace: number): number {
    return likelyPlace === 0 ? 0 : this.#chunks[chunkOf(likelyPlace - 1)]!.words[wordOf(likelyPlace - 1)]!
  }

  /** Moves `place` to the key that stands at `at`, as `visit` gave it. */
  locate(place: KeyPlace, at: number): void {
    const { bytes, words } = this.#chunks[chunkOf(at)]!
    const word = wordOf(at)
    place.bytes = bytes
    place.start = startOf(word)
    place.end = place.start + words[word + 2]!
    place.number = words[word + 1]!
  }

  /** The number of the key that stands at `at`. */
  numberOfPlace(at: number): number {
    return this.#chunks[chunkOf(at)]!.words[wordOf(at) + 1]!
  }

  /** Visits where every key stands, and its hash, in order of their numbers. */
  visit(visitor: (at: number, hash: number) => void): void {
    this.#chunks.forEach(({ words, usedWords }, index) => {
      for (let word = 0; word < usedWords; word += entryWords(words[word + 2]!))
        visitor(index * chunkWords + word, words[word]! >>> 0)
    })
  }

  /**
   * The memory keys are looked up in, for sorting them: a whole buffer, with room for at least two words a key. Whoever
   * has written into it has spoilt the lookup: no key can be found or added before `clear`.
   */
  get lookupMemory(): ArrayBufferLike {
    return this.#roomySlots().buffer
  }

  /** Forgets every key, and keeps the memory for the next ones. */
  clear(): void {
    for (const chunk of this.#chunks) {
      // One that was made for a long key has no use for others.
      if (chunk.words.length !== chunkWords) {
        countOutsideHeap(-chunk.bytes.length)
        continue
      }
      chunk.usedWords = 0
      spareChunks.push(chunk)
    }
    this.#chunks.length = 0
    if (this.#slots !== null) spareSlots.push(this.#slots)
    this.#slots = null
    this.size = 0
    this.heldBytes = 0
  }

  /** Puts a key behind the others; returns where it stands. */
  #append(hash: number, key: Buffer, start: number, length: number): number {
    const neededWords = entryWords(length)
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || chunk.usedWords + neededWords > chunkWords) {
      chunk = takeChunk(neededWords)
      this.#chunks.push(chunk)
    }
    const { bytes, words, usedWords: word } = chunk
    chunk.usedWords += neededWords
    words[word] = hash
    words[word + 1] = this.size
    words[word + 2] = length
    copyKey(key, start, length, bytes, startOf(word))
    this.heldBytes += keyEntryBytes + length
    return (this.#chunks.length - 1) * chunkWords + word
  }

  /** The slots, of which half are free even when one more is taken. */
  #roomySlots(): Int32Array {
    const before = this.#slots
    if (before !== null && 2 * (this.size + 1) <= before.length) return before
    const slots = takeSlots(before === null ? slotsMin : before.length * 2)
    this.#slots = slots
    if (before !== null) {
      const mask = slots.length - 1
      this.visit((at, hash) => {
        let slot = hash & mask
        while (slots[slot] !== 0) slot = (slot + 1) & mask
        slots[slot] = at + 1
      })
      spareSlots.push(before)
    }
    return slots
  }
}

function takeChunk(neededWords: number): Chunk {
  const spare = neededWords <= chunkWords ? spareChunks.pop() : undefined
  if (spare !== undefined) return spare
  const memory = new ArrayBuffer(Math.max(neededWords, chunkWords) * 4)
  countOutsideHeap(memory.byteLength)
  return { bytes: Buffer.from(memory), words: new Int32Array(memory), usedWords: 0 }
}

function takeSlots(count: number): Int32Array {
  const index = spareSlots.findIndex(({ length }) => length === count)
  const [spare] = index === -1 ? [] : spareSlots.splice(index, 1)
  if (spare !== undefined) return spare.fill(0)
  countOutsideHeap(count * Int32Array.BYTES_PER_ELEMENT)
  return new Int32Array(count)
}

/** A key's place is the number of its first word, all chunks counted as if they were of one size. */
function chunkOf(at: number): number {
  return at >>> 16
}

function wordOf(at: number): number {
  return at & (chunkWords - 1)
}

/** Where in its chunk's bytes the key begins whose header begins at `word`. */
function startOf(word: number): number {
  return (word + headerWords) * 4
}

function entryWords(length: number): number {
  return headerWords + ((length + 3) >>> 2)
}

/** Keys are short: a loop beats a call. */
function copyKey(key: Buffer, from: number, length: number, into: Buffer, start: number): void {
  if (length > 64) key.copy(into, start, from, from + length)
  else for (let index = 0; index < length; index++) into[start + index] = key[from + index]!
}

function isEqual(bytes: Buffer, start: number, key: Buffer, from: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (bytes[start + index] !== key[from + index]) return false
  return true
}
