import type { AnyMonoid, AnyReducer } from './reducer.ts'

const monoidMethods = ['empty', 'add', 'merge', 'finish'] as const

/** Has this the shape of a reducer that can be combined? It may come from another copy of tallyman. */
export function isMonoid(value: unknown): value is AnyMonoid {
  if (typeof value !== 'object' || value === null) return false
  if (!('kind' in value) || typeof value.kind !== 'string' || value.kind === 'group') return false
  const members = value as Readonly<Record<string, unknown>>
  return monoidMethods.every((method) => typeof members[method] === 'function')
}

/** Has this the shape of a reducer of either sort? */
export function isReducerShape(value: unknown): value is AnyReducer {
  if (isMonoid(value)) return true
  if (typeof value !== 'object' || value === null) return false
  return 'kind' in value && value.kind === 'group' && 'reduce' in value && typeof value.reduce === 'function'
}

/** Looks like a user's `{ empty, add, merge }` that was not wrapped in `reducer(…)`. */
export function isBareMonoid(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'kind' in value) return false
  return (
    'add' in value && typeof value.add === 'function' && 'merge' in value && typeof value.merge === 'function'
  )
}
