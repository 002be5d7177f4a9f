import { compareKeys, type Key } from '../../record/index.ts'

/** Rows in strictly ascending order of keys, cursor style. */
export interface SortedRows {
  /** Of the row at hand. Read only after `next` has returned true. */
  readonly key: Key
  /** Goes to the next row. Called until it returns false, and not again. */
  next(): boolean
}

/** What is told of each key, in order. The cursors stand on its rows meanwhile. */
export interface JoinVisitor {
  /** The key is in the first table alone. */
  removed(): void
  /** The key is in the second table alone. */
  added(): void
  /** The key is in both. */
  both(): void
}

/** Goes through two sorted tables side by side, once, and tells of every key where it is. */
export function joinRows(before: SortedRows, after: SortedRows, visit: JoinVisitor): void {
  let [hasBefore, hasAfter] = [before.next(), after.next()]
  while (hasBefore || hasAfter) {
    const order = !hasAfter ? -1 : !hasBefore ? 1 : compareKeys(before.key, after.key)
    if (order < 0) visit.removed()
    else if (order > 0) visit.added()
    else visit.both()
    if (order <= 0) hasBefore = before.next()
    if (order >= 0) hasAfter = after.next()
  }
}
