import { countOutsideHeap, hashBytes } from '../record/index.ts'

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
const entryBytes = 4 * 4 + 4 * 4 + headerWords * 4 + 3

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
  /** The key's number. */
  number: number
}

export class KeyTable {
  /** Number of keys. */
  size = 0
  /** Bytes they take, counted. */
  heldBytes = 0
  /** Where the key stands that was added last. */
  lastAt = 0
  readonly #chunks: Chunk[] = []
  /** Places of keys, plus 1; 0 is free. At most half of them are taken. */
  #slots: Int32Array | null = null

  /** The number of the key `key[0, length)`; where it is new it is added, and gets the number `size` had. */
  numberOf(key: Buffer, length: number): number {
    const hash = hashBytes(key, 0, length) | 0
    const slots = this.#roomySlots()
    const mask = slots.length - 1
    let slot = hash & mask
    for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
      const { bytes, words } = this.#chunks[chunkOf(taken - 1)]!
      const word = wordOf(taken - 1)
      if (words[word] === hash && words[word + 2] === length && isEqual(bytes, startOf(word), key, length))
        return words[word + 1]!
      slot = (slot + 1) & mask
    }
    this.lastAt = this.#append(hash, key, length)
    slots[slot] = this.lastAt + 1
    return this.size++
  }

  /** Takes out the key that was added last of those that are there, which stands at `at`. What is left is as if it had never been. */
  removeLast(at: number): void {
    const chunk = this.#chunks[chunkOf(at)]!
    const word = wordOf(at)
    const slots = this.#roomySlots()
    const mask = slots.length - 1
    // Only what was added later can have gone past its slot, and nothing was.
    let slot = chunk.words[word]! & mask
    while (slots[slot] !== at + 1) slot = (slot + 1) & mask
    slots[slot] = 0
    this.size -= 1
    this.heldBytes -= entryBytes + chunk.words[word + 2]!
    chunk.usedWords = word
    if (word === 0) this.#giveBack(this.#chunks.pop()!)
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
    for (const chunk of this.#chunks) this.#giveBack(chunk)
    this.#chunks.length = 0
    if (this.#slots !== null) spareSlots.push(this.#slots)
    this.#slots = null
    this.size = 0
    this.heldBytes = 0
  }

  #giveBack(chunk: Chunk): void {
    // One that was made for a long key has no use for others.
    if (chunk.words.length !== chunkWords) {
      countOutsideHeap(-chunk.bytes.length)
      return
    }
    chunk.usedWords = 0
    spareChunks.push(chunk)
  }

  /** Puts a key behind the others; returns where it stands. */
  #append(hash: number, key: Buffer, length: number): number {
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
    copyKey(key, length, bytes, startOf(word))
    this.heldBytes += entryBytes + length
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
function copyKey(key: Buffer, length: number, into: Buffer, start: number): void {
  if (length > 64) key.copy(into, start, 0, length)
  else for (let index = 0; index < length; index++) into[start + index] = key[index]!
}

function isEqual(bytes: Buffer, start: number, key: Buffer, length: number): boolean {
  for (let index = 0; index < length; index++) if (bytes[start + index] !== key[index]) return false
  return true
}
