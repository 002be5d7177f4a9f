import { TallymanError } from '../errors.ts'
import { type Amount, type AnyReducer, amountOf } from '../job/index.ts'
import {
  approximateBytes,
  type ByteWriter,
  decodeKey,
  hashBytes,
  internedText,
  isTuple,
  type Key,
  type Scalar,
  writeKey,
} from '../record/index.ts'
import { isAmount, type KeyAmounts } from './key-amounts.ts'
import { type KeyPlace, KeyTable, keyEntryBytes } from './key-table.ts'

/**
 * Map-side combine: one table's keys with the states folded so far.
 *
 * Keys are held as the bytes they are spilled as. While there are few, they are also looked up as JS values in nested maps,
 * one level for each element of a tuple, so that an emit neither encodes nor concatenates anything. A JS Map compares by
 * SameValueZero, which is exactly when two legal keys have the same bytes: 1 and 1n differ, 0 and -0 do not.
 */

/** Numbers of keys by their last element, below levels of the elements before it. */
type Level = Map<Scalar, number | Level>

/** With more keys than this, looking up JS values costs more than encoding them does. */
export const mappedKeysMax = 4096
/** Values cost more where keys are bytes, and so other tables than those that count go on with JS values for longer. */
const uncountedFactor = 4
/** Longer strings are found by their characters. */
const internedUnitsMax = 24
/** Estimated heap bytes of a map entry, beside the key's own bytes. */
const entryBytes = 56
const levelBytes = 240

/** What a key's state takes at least: its place in a list that grows, and a number of its own. */
const stateBytes = 24
/** What a key takes beside its own bytes, with a state that is a number. */
export const numberedKeyBytes = keyEntryBytes + stateBytes
/** What V8 keeps free in a list that values are pushed to. */
const listSpareBytes = 136
/** What a value takes at most in a state that keeps it, beside its own bytes: an entry of a Set. */
const keptEntryBytes = 40

/** Folds values for a table of any kind; a classic group keeps its values as a list. */
interface Fold {
  empty(): unknown
  add(state: unknown, value: unknown): unknown
}

const listFold: Fold = {
  empty: () => [],
  add: (state, value) => {
    if (!Array.isArray(state)) throw new TallymanError('internal', 'The state of a group is no list.')
    state.push(value)
    return state
  },
}

/** What one map attempt has folded for one table since its last spill. It is emptied, and goes on, when it is spilled. */
export class CombineTable {
  /** Are the states lists of the values themselves, for a classic reduce? */
  readonly isGroup: boolean
  /** What the states are, where a kernel can fold them; else null. */
  readonly amount: Amount | null
  /** Is that so of all values and states so far? */
  #isWhole = true
  readonly #fold: Fold
  readonly #keys = new KeyTable()
  /** By number of the key. */
  readonly #states: unknown[] = []
  readonly #scalars: Level = new Map()
  /** Roots of tuples by length: a tuple and its prefix never meet in one map. */
  readonly #tuples: Level[] = []
  /** The first element that was found last, where it was found, and what is below it. */
  #lastFirst: Scalar | undefined = undefined
  #lastRoot: Level | null = null
  #lastBelow: Level | undefined = undefined
  #mapBytes = 0
  /** Estimated heap bytes of states, beyond what every state takes; an upper bound until `measure` is called. */
  #valueBytes = 0
  readonly #tableNumber: number
  /** Holds the keys and states of this table, when they have moved there. */
  #amounts: KeyAmounts | null = null

  readonly #mappedKeysMax: number

  /** @param tableNumber the table's place in the job's tables */
  constructor(reducer: AnyReducer, tableNumber: number, keysMax = mappedKeysMax) {
    this.isGroup = reducer.kind === 'group'
    this.amount = amountOf(reducer)
    this.#mappedKeysMax = this.amount === 'count' ? keysMax : keysMax * uncountedFactor
    this.#fold = reducer.kind === 'group' ? listFold : reducer
    this.#tableNumber = tableNumber
  }

  /** Keys held. */
  get keyCount(): number {
    return this.#amounts === null ? this.#keys.size : this.#amounts.size(this.#tableNumber)
  }

  /** Estimated bytes held; an upper bound until `measure` is called. The same wherever the keys are. */
  get heldBytes(): number {
    const amounts = this.#amounts
    if (amounts !== null)
      return amounts.size(this.#tableNumber) * numberedKeyBytes + amounts.keyBytes(this.#tableNumber)
    return this.#keys.heldBytes + this.#keys.size * stateBytes + this.#mapBytes + this.#valueBytes
  }

  /** Where keys and states are, if not here; then nothing is looked up or folded here. */
  get amounts(): KeyAmounts | null {
    return this.#amounts
  }

  /** Is it so large that it had better move to a kernel, and can it? */
  get isToMove(): boolean {
    // Of one that has moved there are no keys here.
    return this.amount !== null && this.#isWhole && this.#keys.size > this.#mappedKeysMax
  }

  /** Moves keys and states. REQUIRES: `isToMove`. */
  moveTo(amounts: KeyAmounts): void {
    amounts.begin(this.#tableNumber, this.amount as Amount)
    const place: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }
    this.#keys.visit((at) => {
      this.#keys.locate(place, at)
      amounts.fold(place.bytes, place.start, place.end, this.#states[place.number] as number)
    })
    this.clear()
    this.#amounts = amounts
  }

  /** From here on keys and states are here again. They come by `takeBack`. */
  leave(): void {
    this.#amounts = null
  }

  /** Takes in a key that is not here yet, with its state. */
  takeBack(bytes: Buffer, start: number, end: number, state: number): void {
    this.#states[this.numberAt(bytes, start, end, hashBytes(bytes, start, end) | 0)] = state
  }

  /** The keys, for sorting and spilling them. */
  get keyTable(): KeyTable {
    return this.#keys
  }

  /** Where a key with this hash is likely to stand, and a look at it: see `KeyTable`. */
  likelyPlace(hash: number): number {
    return this.#keys.likelyPlace(hash)
  }

  touch(likelyPlace: number): number {
    return this.#keys.touch(likelyPlace)
  }

  state(number: number): unknown {
    return this.#states[number]
  }

  /** The key that has this number. Cost: a walk over all keys. */
  keyOf(number: number): Key {
    const place: KeyPlace = { bytes: Buffer.alloc(0), start: 0, end: 0, number: 0 }
    let key: Key = null
    this.#keys.visit((at) => {
      this.#keys.locate(place, at)
      if (place.number === number) key = decodeKey(place.bytes, place.start + 1, place.end)
    })
    return key
  }

  /** The number of a key, where that is known without encoding it; else -1. The key is not kept. */
  find(key: Key): number {
    return this.#mapped(key) ?? -1
  }

  /** Appends a key's bytes as they are spilled: the table's number, then the encoded key. Throws `key-invalid`, with nothing appended. */
  write(out: ByteWriter, key: Key): void {
    out.byte(this.#tableNumber)
    try {
      writeKey(out, key)
    } catch (error) {
      out.length -= 1
      throw error
    }
  }

  /** The number of the key whose bytes are `bytes[start, end)` and have this hash; a new one is taken in. It must get a value next. */
  numberAt(bytes: Buffer, start: number, end: number, hash: number): number {
    const number = this.#keys.numberAt(bytes, start, end, hash)
    if (this.#keys.size <= this.#mappedKeysMax) this.#map(decodeKey(bytes, start + 1, end), number)
    else if (this.#mapBytes > 0) this.#clearMaps()
    return number
  }

  /** Folds one emitted value into the state of the key that has this number. */
  fold(number: number, value: unknown): void {
    const states = this.#states
    const isNew = number === states.length
    const { amount } = this
    if (amount === 'count') {
      states[number] = isNew ? 1 : (states[number] as number) + 1
      return
    }
    if (amount !== null) {
      const after = isNew ? value : foldWhole(amount, states[number], value)
      if (isAmount(after) && isAmount(value)) {
        // -0 is 0.
        states[number] = after + 0
        return
      }
      this.#isWhole = false
    }
    const state = this.#fold.add(isNew ? this.#fold.empty() : states[number], value)
    if (isNew) this.#valueBytes += heapBytes(state)
    else if (typeof state !== 'number') this.#valueBytes += keptEntryBytes + approximateBytes(value)
    states[number] = state
  }

  /** Counts again what is held, since folding may have kept far less than it was given. Cost: a walk over all states. */
  measure(): void {
    if (this.#valueBytes === 0) return
    this.#valueBytes = 0
    for (const state of this.#states) this.#valueBytes += heapBytes(state)
  }

  /** Forgets all; keys that have moved are whose they are now. */
  clear(): void {
    this.#amounts = null
    this.#keys.clear()
    this.#states.length = 0
    this.#clearMaps()
    this.#valueBytes = 0
  }

  #mapped(key: Key): number | undefined {
    if (!Array.isArray(key)) return this.#scalars.get(key as Scalar) as number | undefined
    // The empty tuple has none.
    let found: number | Level | undefined = this.#tuples[key.length]
    if (found === undefined) return undefined
    let index = 0
    // Neighbours are often alike in what comes first: an hour, a day, a file.
    if (key[0] === this.#lastFirst && found === this.#lastRoot) {
      found = this.#lastBelow
      index = 1
    } else if (key.length > 1) {
      const below = found.get(key[0] as Scalar)
      if (below === undefined) return undefined
      this.#lastRoot = found
      this.#lastFirst = key[0] as Scalar
      this.#lastBelow = below as Level
      found = below
      index = 1
    }
    for (; index < key.length && found !== undefined; index++)
      found = (found as Level).get(key[index] as Scalar)
    return found as number | undefined
  }

  #map(key: Key, number: number): void {
    if (!isTuple(key)) {
      this.#setEntry(this.#scalars, key, number)
      return
    }
    // The empty tuple has no element to be found by.
    const last = key.length - 1
    if (last < 0) return
    let level = this.#tuples[key.length]
    if (level === undefined) {
      level = new Map()
      this.#tuples[key.length] = level
    }
    for (let index = 0; index < last; index++) level = this.#nextLevel(level, key[index] as Scalar)
    this.#setEntry(level, key[last] as Scalar, number)
  }

  #nextLevel(level: Level, element: Scalar): Level {
    const known = level.get(element)
    if (known !== undefined) return known as Level
    const next: Level = new Map()
    this.#mapBytes += levelBytes
    this.#setEntry(level, element, next)
    return next
  }

  #setEntry(level: Level, element: Scalar, entry: number | Level): void {
    level.set(
      typeof element === 'string' && element.length <= internedUnitsMax ? internedText(element) : element,
      entry,
    )
    this.#mapBytes += entryBytes + scalarBytes(element)
  }

  #clearMaps(): void {
    this.#scalars.clear()
    this.#tuples.length = 0
    this.#lastFirst = undefined
    this.#lastRoot = null
    this.#lastBelow = undefined
    this.#mapBytes = 0
  }
}

/** What a whole number and the next one come to; null where they are none. Of whole numbers whose sum is safe none has lost anything. */
function foldWhole(amount: Amount, before: unknown, value: unknown): number | null {
  if (!isAmount(before) || !isAmount(value)) return null
  if (amount === 'min') return before < value ? before : value
  if (amount === 'max') return before > value ? before : value
  return before + value
}

/** Estimated heap bytes of a state, beyond what every state takes. */
function heapBytes(state: unknown): number {
  if (typeof state === 'number') return 0
  return approximateBytes(state) + (typeof state === 'object' && state !== null ? listSpareBytes : 0)
}

function scalarBytes(element: Scalar): number {
  if (typeof element === 'string') return 24 + 2 * element.length
  return typeof element === 'bigint' ? approximateBytes(element) : 16
}
