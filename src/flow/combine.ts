import { TallymanError } from '../errors.ts'
import type { AnyReducer } from '../job/index.ts'
import { approximateBytes, type Key, type Scalar } from '../record/index.ts'

/**
 * Map-side combine: one table's keys with the states folded so far.
 *
 * Keys are looked up as JS values in nested maps, one level for each element of a tuple, so that an emit neither
 * encodes nor concatenates anything. A JS Map compares by SameValueZero, which is exactly when two legal keys are the
 * same key: 1 and 1n differ, 0 and -0 do not.
 */

/** The state of one key. */
interface Leaf {
  state: unknown
}
type Level = Map<Scalar, Leaf | Level>

/** Estimated heap bytes of a map entry with its leaf, beside the key's own bytes. */
const leafBytes = 112
const levelBytes = 240
/** V8 may represent longer substrings as a view that keeps the whole parent string alive. */
const slicedStringLengthMin = 13

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

export class CombineTable {
  readonly #fold: Fold
  readonly #scalars: Level = new Map()
  /** Roots of tuples by length: a tuple and its prefix never meet in one map. */
  readonly #tuples: Level[] = []
  /** Keys held. */
  keys = 0
  /** Estimated heap bytes held; an upper bound until `measure` is called. */
  heldBytes = 0

  constructor(reducer: AnyReducer) {
    this.#fold = reducer.kind === 'group' ? listFold : reducer
  }

  /** Folds one emitted value into its key's state. Throws `key-invalid` before anything is changed. */
  add(key: Key, value: unknown): void {
    checkKey(key)
    const leaf = this.#leaf(key)
    leaf.state = this.#fold.add(leaf.state, value)
    if (value !== undefined) this.heldBytes += approximateBytes(value)
  }

  #leaf(key: Key): Leaf {
    if (!isTuple(key)) return this.#leafAt(this.#scalars, key)
    if (key.length === 0) return this.#leafAt(this.#tupleRoot(0), null)
    let level = this.#tupleRoot(key.length)
    const last = key.length - 1
    for (let i = 0; i < last; i++) {
      const element = key[i] as Scalar
      let next = level.get(element)
      if (next === undefined) {
        next = new Map()
        level.set(ownString(element), next)
        this.heldBytes += levelBytes + scalarBytes(element)
      }
      level = next as Level
    }
    return this.#leafAt(level, key[last] as Scalar)
  }

  #leafAt(level: Level, element: Scalar): Leaf {
    const found = level.get(element)
    if (found !== undefined) return found as Leaf
    const leaf: Leaf = { state: this.#fold.empty() }
    level.set(ownString(element), leaf)
    this.keys += 1
    this.heldBytes += leafBytes + scalarBytes(element)
    return leaf
  }

  #tupleRoot(length: number): Level {
    let root = this.#tuples[length]
    if (root === undefined) {
      root = new Map()
      this.#tuples[length] = root
    }
    return root
  }

  /** Counts again what is held, since folding may have kept far less than it was given. Cost: a walk over all states. */
  measure(): void {
    let bytes = 0
    this.forEach((key, state) => {
      bytes += leafBytes + approximateBytes(key) + approximateBytes(state)
    })
    this.heldBytes = bytes
  }

  /** Visits every key with its state, in no particular order. */
  forEach(visit: (key: Key, state: unknown) => void): void {
    for (const [key, leaf] of this.#scalars) visit(key, (leaf as Leaf).state)
    this.#tuples.forEach((root, length) => {
      if (length === 0) for (const leaf of root.values()) visit([], (leaf as Leaf).state)
      else walk(root, length, [], visit)
    })
  }

  clear(): void {
    this.#scalars.clear()
    this.#tuples.length = 0
    this.keys = 0
    this.heldBytes = 0
  }
}

function walk(
  level: Level,
  depth: number,
  prefix: readonly Scalar[],
  visit: (key: Key, state: unknown) => void,
): void {
  for (const [element, child] of level) {
    const key = [...prefix, element]
    if (depth === 1) visit(key, (child as Leaf).state)
    else walk(child as Level, depth - 1, key, visit)
  }
}

function isTuple(key: Key): key is readonly Scalar[] {
  return typeof key === 'object' && key !== null
}

/** A string that owns its characters, so that a key does not keep the text it was cut from alive. */
function ownString(element: Scalar): Scalar {
  if (typeof element !== 'string' || element.length < slicedStringLengthMin) return element
  const narrow = Buffer.from(element, 'latin1').toString('latin1')
  return narrow === element ? narrow : Buffer.from(element, 'utf16le').toString('utf16le')
}

function scalarBytes(element: Scalar): number {
  if (typeof element === 'string') return 24 + 2 * element.length
  return typeof element === 'bigint' ? approximateBytes(element) : 16
}

function checkKey(key: unknown): void {
  if (Array.isArray(key)) {
    for (let i = 0; i < key.length; i++) checkScalar(key[i], i)
  } else checkScalar(key, null)
}

function checkScalar(value: unknown, place: number | null): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return
    case 'number':
      if (!Number.isNaN(value)) return
      break
    case 'object':
      if (value === null) return
      break
    default:
      break
  }
  const what = Number.isNaN(value)
    ? 'NaN'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : typeof value
  const where = place === null ? 'Key' : `Element ${place + 1} of a key`
  throw new TallymanError(
    'key-invalid',
    `${where} is ${what}; a key is a string, number, bigint, boolean, null, or a list of these.`,
    {
      wayOut:
        what === 'undefined'
          ? 'Say what a missing value should count as, for example `?? null`.'
          : 'Emit a key made of such values.',
    },
  )
}
