import { compareKeys, type Key } from '../../record/index.ts'
import type { Reducer } from '../reducer.ts'
import { checkOrdered, ordered } from './ordered.ts'
import { nothingToFinish } from './total.ts'

/** The value so far; undefined before the first. */
export type ExtremeState = undefined | Key

/** Keeps the value that comes first (`sign` 1) or last (-1) in the order of keys. Different values never tie. */
export function extreme<K extends Key, V extends Key>(
  kind: 'min' | 'max',
  sign: 1 | -1,
): Reducer<K, V, ExtremeState, V> {
  const name = `${kind}()`
  const better = (left: ExtremeState, right: ExtremeState): ExtremeState => {
    if (left === undefined) return right
    if (right === undefined) return left
    return sign * compareKeys(right, left) < 0 ? right : left
  }
  return {
    kind,
    check: (value) => checkOrdered(value, name),
    empty: () => undefined,
    add: (state, value) => better(state, ordered(value, name)),
    merge: better,
    finish: (state) => {
      if (state === undefined) throw nothingToFinish(name)
      return state as V
    },
  }
}
