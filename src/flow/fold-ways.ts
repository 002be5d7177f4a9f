import { TallymanError } from '../errors.ts'
import { type AnyReducer, amountOf, type JobTable } from '../job/index.ts'
import { canonicalJson, decodeValue, encodeKey, encodeValue, type Key } from '../record/index.ts'
import { refuseReduce } from './refuse-reduce.ts'

/** Of a key so many values are looked at, and of a table so many keys: a merge that is wrong is so with a few. */
const valuesMax = 64
const keysMax = 512
/** Longest result that a message shows. */
const shownLengthMax = 200

type Monoid = Exclude<AnyReducer, { kind: 'group' }>

/** The first values of one key, as their bytes: a reducer may change what it is given. */
interface KeyValues {
  readonly key: Key
  readonly values: Buffer[]
}

/** A way to come from the values of a key to one state, and how a message says it. */
interface Way {
  readonly words: string
  fold(reducer: Monoid, values: readonly Buffer[]): unknown
}

const ways: readonly [Way, ...Way[]] = [
  { words: 'are added one after another', fold: addAll },
  {
    words: 'are added each by itself, and merged from the left',
    fold: (reducer, values) => apart(reducer, values).reduce((merged, state) => reducer.merge(merged, state)),
  },
  {
    words: 'are added each by itself, and merged from the right',
    fold: (reducer, values) =>
      apart(reducer, values).reduceRight((merged, state) => reducer.merge(state, merged)),
  },
  {
    words: 'are added in two halves, and these merged',
    fold: (reducer, values) => {
      const half = values.length >> 1
      return reducer.merge(
        stored(addAll(reducer, values.slice(0, half))),
        stored(addAll(reducer, values.slice(half))),
      )
    },
  },
]

/**
 * What a job emits, folded in several ways: a run cuts its input by its size and groups what it finds, so that a reducer which comes to
 * something else in another way has no one result.
 */
export class FoldWays {
  readonly #tables: readonly JobTable[]
  /** By table, then by the key's bytes; null for a table that is not looked at. */
  readonly #emitted: (Map<string, KeyValues> | null)[]

  constructor(tables: readonly JobTable[]) {
    this.#tables = tables
    // What the engine folds by itself has no say in how, and a classic reduce is given all values at once.
    this.#emitted = tables.map(({ reducer }) =>
      reducer.kind === 'group' || amountOf(reducer) !== null ? null : new Map(),
    )
  }

  /** Takes in what was emitted. REQUIRES: a legal key, plain data. */
  add(table: number, key: Key, value: unknown): void {
    const keys = this.#emitted[table]
    if (keys === undefined || keys === null) return
    const id = encodeKey(key).toString('latin1')
    let entry = keys.get(id)
    if (entry === undefined) {
      if (keys.size >= keysMax) return
      entry = { key: Array.isArray(key) ? [...key] : key, values: [] }
      keys.set(id, entry)
    }
    if (entry.values.length >= valuesMax) return
    entry.values.push(encodeValue(value))
  }

  /** Throws `job-invalid` where a key's values come to one result in one way and to another in another one, and `job-threw` where a reducer does. */
  check(): void {
    for (const [number, { name, reducer }] of this.#tables.entries()) {
      const keys = this.#emitted[number]
      if (reducer.kind === 'group' || keys === undefined || keys === null) continue
      for (const entry of keys.values()) if (entry.values.length > 1) compareWays(name, reducer, entry)
    }
  }
}

function compareWays(table: string, reducer: Monoid, { key, values }: KeyValues): void {
  const [first, ...others] = ways
  const results = (way: Way): string => {
    try {
      return canonicalJson(reducer.finish(stored(way.fold(reducer, values)), key))
    } catch (error) {
      throw refuseReduce(table, key, error)
    }
  }
  const expected = results(first)
  for (const way of others) {
    const found = results(way)
    if (found === expected) continue
    const name = reducer.kind === 'custom' ? 'reducer()' : `${reducer.kind}()`
    throw new TallymanError(
      'job-invalid',
      `${name} of table "${table}" has no one result at key ${canonicalJson(key)}: ${shown(expected)} where its ${values.length} values ${first.words}, ${shown(found)} where they ${way.words}.`,
      { wayOut },
    )
  }
}

const wayOut =
  'Its merge is not associative, or add and merge disagree, and the result of a run would depend on how its input is cut. Keep in the state what a result is made of, such as a sum and a count, and make it in finish; sums of fractions are exact with sum() and mean(), and not with +.'

function addAll(reducer: Monoid, values: readonly Buffer[]): unknown {
  return values.reduce<unknown>(
    (state, bytes) => reducer.add(state, decodeValue(bytes, 0, bytes.length)),
    reducer.empty(),
  )
}

/** A state for each value. */
function apart(reducer: Monoid, values: readonly Buffer[]): unknown[] {
  return values.map((bytes) => stored(addAll(reducer, [bytes])))
}

/** A state as it comes out of a spill. */
function stored(state: unknown): unknown {
  const bytes = encodeValue(state)
  return decodeValue(bytes, 0, bytes.length)
}

function shown(json: string): string {
  return json.length > shownLengthMax ? `${json.slice(0, shownLengthMax)}…` : json
}
