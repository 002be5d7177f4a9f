import { isTuple, type Key, type Scalar } from '../../record/index.ts'

/**
 * Names of the columns of keys: `key` for scalars, `key_1`, `key_2`, … for tuples, or what the job calls them.
 *
 * @param width elements of the longest key; null where all keys are scalars
 * @param named what the job calls the first of them; null for nothing
 */
export function keyColumnNames(width: number | null, named: readonly string[] | null): string[] {
  if (named === null && width === null) return ['key']
  const columns = Math.max(width ?? 1, named?.length ?? 0)
  return Array.from({ length: columns }, (_, index) => named?.[index] ?? `key_${index + 1}`)
}

/** The elements of a key: one for a scalar. */
export function elementsOf(key: Key): readonly Scalar[] {
  return isTuple(key) ? key : [key]
}
