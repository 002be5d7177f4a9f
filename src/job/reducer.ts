import type { Key } from '../record/index.ts'

/** What a reducer calls itself in plans, manifests and messages. */
export type ReducerKind =
  | 'all'
  | 'collect'
  | 'count'
  | 'countDistinct'
  | 'custom'
  | 'first'
  | 'geometricMean'
  | 'histogram'
  | 'last'
  | 'max'
  | 'mean'
  | 'min'
  | 'sum'
  | 'topK'
  | 'variance'

/** The type of the value of a reducer that takes none. */
// biome-ignore lint/suspicious/noConfusingVoidType: with undefined, a reducer of optional values would seem to take none
export type NoValue = void

/**
 * A monoid: how the values of one key become one result. The engine folds values in position order and merges
 * neighbours left to right, in any grouping, so:
 *
 * - `merge` must be associative, and `empty()` its identity; it need not be commutative
 * - `merge(fold(a), fold(b))` must finish as `fold(a then b)` does
 * - a state is plain data (see the value codec): it is written to spills and read back between any two calls
 * - `add` and `merge` may change and return their first argument; the second of `merge` is never used again
 *
 * `V = void` (`NoValue`) marks a reducer that takes no value: `emit(key)`.
 */
export interface Reducer<K extends Key, V, S, R> {
  readonly kind: ReducerKind
  /**
   * Throws for a value that cannot be added, whatever the state is. Called for each value as it is emitted, so that its
   * record is refused and not the run. Absent: every value can be added.
   */
  check?(value: unknown): void
  /** A fresh state that nobody else holds. */
  empty(): S
  add(state: S, value: V): S
  /** `left` holds what came earlier in position order. */
  merge(left: S, right: S): S
  /** Called once for each key, after at least one `add`. */
  finish(state: S, key: K): R
}

/** The classic reduce: sees a key's values one after another, in position order, once. Cannot combine on the map side. */
export interface GroupReducer<K extends Key, V, R> {
  readonly kind: 'group'
  /** As that of `Reducer`. */
  check?(value: unknown): void
  reduce(key: K, values: Iterable<V>): R
}

/** A monoid of any types, as the engine sees it. */
export type AnyMonoid = Reducer<Key, unknown, unknown, unknown>

/** What a table can be reduced by, as the engine sees it. */
export type AnyReducer = AnyMonoid | GroupReducer<Key, unknown, unknown>

/** Type of the keys a reducer is emitted under. */
export type KeyOf<T> =
  T extends GroupReducer<infer K, infer _V, infer _R>
    ? K
    : T extends Reducer<infer K, infer _V, infer _S, infer _R>
      ? K
      : never

/** Type of the values a reducer takes; `void` for one that takes none. */
export type ValueOf<T> =
  T extends GroupReducer<infer _K, infer V, infer _R>
    ? V
    : T extends Reducer<infer _K, infer V, infer _S, infer _R>
      ? V
      : never

/** Type of what a reducer makes of a key's values. */
export type ResultOf<T> =
  T extends GroupReducer<infer _K, infer _V, infer R>
    ? R
    : T extends Reducer<infer _K, infer _V, infer _S, infer R>
      ? R
      : never
