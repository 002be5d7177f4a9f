import { types } from 'node:util'
import { messageOf, TallymanError } from '../../errors.ts'
import { encodeValue, type Key } from '../../record/index.ts'
import { nearestName } from '../nearest.ts'
import type { Reducer } from '../reducer.ts'
import { quote, showValue } from '../show-value.ts'
import { returned, returnedNothing } from './returned.ts'

/** A reducer of one's own; see `Reducer` for the laws. `this` in its functions is the definition. */
export interface ReducerDefinition<V, S> {
  /** A fresh state. Called once per key and task. */
  empty(): S
  /** The state with one value more. May change and return `state`. */
  add(state: S, value: V): S
  /** The state of what `left` has seen, then what `right` has. May change and return `left`. */
  merge(left: S, right: S): S
}

/** A reducer of one's own whose result is not its state. */
export interface FinishedDefinition<K extends Key, V, S, R> extends ReducerDefinition<V, S> {
  /** The result for a key. */
  finish(state: S, key: K): R
}

/**
 * A reducer of one's own: a monoid. `merge` must be associative with `empty()` as its identity, and merging the states of
 * two runs of values must finish as adding all of them in order does; `testJob` folds in several ways, and throws where they differ.
 * A state is plain data. Annotate `value`: that is where the type of what is emitted comes from.
 *
 * Throws `job-invalid` for a function that is missing, for a state that is no plain data, and when `empty` returns the same
 * object twice, which keys would share. What "add", "merge" or "finish" returns as undefined ends the run with `job-threw`: most
 * likely a return is missing. Where "empty" returns undefined, a state may go on to be it; a result may not. A part of it that is the same object each time is all right as long as nobody changes it:
 * "empty" throws `job-threw` once somebody has.
 *
 * @example
 * ```ts
 * import { defineJob, reducer, testJob, text } from 'tallyman'
 *
 * const longest = reducer({
 *   empty: () => '',
 *   add: (state, word: string) => (word.length > state.length ? word : state),
 *   merge: (left, right) => (right.length > left.length ? right : left),
 *   finish: (state) => state.toUpperCase(),
 * })
 * const job = defineJob({
 *   input: text(),
 *   reduce: longest,
 *   map(line, emit) {
 *     for (const word of line.split(' ')) emit(word[0] ?? '', word)
 *   },
 * })
 * const { result } = await testJob(job, ['go get gold'])
 * console.log(result) // [ { key: 'g', value: 'GOLD' } ]
 * ```
 */
export function reducer<S, V = unknown, R = unknown, K extends Key = Key>(
  definition: FinishedDefinition<K, V, S, R>,
): Reducer<K, V, S, R>
export function reducer<S, V = unknown, K extends Key = Key>(
  definition: ReducerDefinition<V, S> & { readonly finish?: never },
): Reducer<K, V, S, S>
export function reducer<S, V>(
  definition: ReducerDefinition<V, S> & { finish?(state: S, key: Key): unknown },
): Reducer<Key, V, S, unknown> {
  checkDefinition(definition)
  checkEmpty(definition)
  // Where that is how nothing looks, it may go on to look so.
  const isNothingState = definition.empty() === undefined
  return {
    kind: 'custom',
    empty: watchedEmpty(definition),
    add: (state, value) => {
      const next = definition.add(state, value)
      if (next === undefined && !isNothingState) throw returnedNothing('"add" of reducer()')
      return next
    },
    merge: (left, right) => {
      const merged = definition.merge(left, right)
      if (merged === undefined && !isNothingState) throw returnedNothing('"merge" of reducer()')
      return merged
    },
    finish: (state, key) => {
      if (definition.finish !== undefined)
        return returned(definition.finish(state, key), '"finish" of reducer()')
      return returned(state, '"add" or "merge" of reducer()')
    },
  }
}

const known = ['empty', 'add', 'merge', 'finish']
const needed = known.slice(0, 3)
const wayOut =
  'Say reducer({ empty: () => 0, add: (state, value) => …, merge: (left, right) => …, finish: (state) => … }).'

function checkDefinition(definition: unknown): void {
  if (typeof definition !== 'object' || definition === null) {
    throw invalid(`got ${showValue(definition)}; it takes an object of functions`)
  }
  const members = definition as Readonly<Record<string, unknown>>
  for (const name of Object.keys(definition).filter((own) => !known.includes(own))) {
    // Data that the functions use by `this` is welcome; a function that is missing under its own name was misspelt.
    const near = nearestName(name, known)
    if (near !== null && !(near in definition))
      throw invalid(`has no field ${quote(name)}; "${near}" was probably meant`)
  }
  for (const name of known) {
    const member = members[name]
    const isLeftOut = member === undefined && !needed.includes(name)
    if (!isLeftOut && typeof member !== 'function')
      throw invalid(`field "${name}" is ${showValue(member)}; it is a function`)
    if (types.isAsyncFunction(member))
      throw invalid(`field "${name}" is async, and what it returns is needed at once; a map may wait`)
  }
}

/** Tries the state out: what cannot be stored, or is shared between keys, would only show in the middle of a run. */
function checkEmpty(definition: ReducerDefinition<unknown, unknown>): void {
  const state = definition.empty()
  if (typeof state === 'object' && state !== null && state === definition.empty()) {
    throw invalid('field "empty" returned the same object twice, so keys would share it')
  }
  try {
    encodeValue(state)
  } catch (error) {
    const reason = messageOf(error)
    throw invalid(`field "empty" returned a state that is no plain data: ${reason.replace(/\.$/, '')}`, error)
  }
}

/**
 * `{ ...defaults }` is a new object each time, and a list in it is not. Where there is such a part, each state is looked at once more:
 * what changed it has changed the states of other keys.
 */
function watchedEmpty<S>(definition: ReducerDefinition<unknown, S>): () => S {
  const parts = new Set<object>()
  addParts(definition.empty(), parts)
  const others = new Set<object>()
  addParts(definition.empty(), others)
  if (![...others].some((part) => parts.has(part))) return () => definition.empty()
  const bytes = encodeValue(definition.empty())
  return () => {
    const state = definition.empty()
    if (encodeValue(state).equals(bytes)) return state
    throw new TallymanError(
      'job-threw',
      'Field "empty" of reducer() returned a state that is not empty: a part of it is the same object each time, and was changed for another key.',
      { wayOut: 'Make each part anew: empty: () => ({ list: [] }), and not empty: () => ({ ...defaults }).' },
    )
  }
}

/** All objects in plain data. */
function addParts(value: unknown, parts: Set<object>): void {
  if (typeof value !== 'object' || value === null || parts.has(value)) return
  parts.add(value)
  if (ArrayBuffer.isView(value)) parts.add(value.buffer)
  else if (value instanceof Map) for (const part of [...value].flat(1)) addParts(part, parts)
  else for (const part of value instanceof Set ? value : Object.values(value)) addParts(part, parts)
}

function invalid(what: string, cause?: unknown): TallymanError {
  return new TallymanError('job-invalid', `reducer() ${what}.`, { wayOut, cause })
}
