import type { AnyReducer } from '../reducer.ts'
import { counting } from './count.ts'
import { largest } from './max.ts'
import { smallest } from './min.ts'
import { summing } from './sum.ts'

/**
 * How the engine may fold values by itself, as long as they and what they come to are safe integers: a state of such a reducer that is one is
 * what it stands for, and in which order and grouping states are folded makes no difference.
 */
export type Amount = 'count' | 'sum' | 'min' | 'max'

const parts = ['check', 'empty', 'add', 'merge', 'finish'] as const
const known = { count: counting, sum: summing, min: smallest, max: largest } as const

/** Of what `count()`, `sum()`, `min()` or `max()` returns, unchanged in every part; null for every other reducer. */
export function amountOf(reducer: AnyReducer): Amount | null {
  const { kind } = reducer
  switch (kind) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
      return parts.every((part) => reducer[part] === known[kind][part]) ? kind : null
    default:
      return null
  }
}
