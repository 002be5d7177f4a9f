import type { Key } from '../../record/index.ts'

/** A row that is not the same in two tables. */
export interface RowChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly key: Key
  /** Canonical JSON of the value; null where the row was not there. */
  readonly before: string | null
  readonly after: string | null
  /** By how much a number grew, where both values are numbers, or the one there is. A bigint where it is exact. */
  readonly difference: number | bigint | null
}

/** Keeps the largest of many changes: numbers by how much they changed, then all others in the order they came. */
export class LargestChanges {
  readonly #rowsMax: number
  #kept: { readonly change: RowChange; readonly size: number; readonly turn: number }[] = []
  #turns = 0
  /** Changes that are not larger are not among the largest. */
  #sizeFloor = Number.NEGATIVE_INFINITY

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax
  }

  /** Takes a change; one that cannot be among the largest is never asked for what it is. */
  add(difference: number | bigint | null, change: () => RowChange): void {
    const size = difference === null ? -1 : Math.abs(Number(difference))
    this.#turns += 1
    if (this.#rowsMax === 0 || size <= this.#sizeFloor) return
    this.#kept.push({ change: change(), size, turn: this.#turns })
    if (this.#kept.length >= 2 * this.#rowsMax) this.#cut()
  }

  /** The largest first. */
  list(): RowChange[] {
    this.#cut()
    return this.#kept.map(({ change }) => change)
  }

  #cut(): void {
    this.#kept.sort((a, b) => (a.size === b.size ? a.turn - b.turn : b.size - a.size))
    this.#kept = this.#kept.slice(0, this.#rowsMax)
    const least = this.#kept[this.#rowsMax - 1]
    if (least !== undefined) this.#sizeFloor = least.size
  }
}

/** By how much a number grew: a bigint, and exact, where both are integers. */
export function differenceOf(
  before: number | bigint | null,
  after: number | bigint | null,
): number | bigint | null {
  if (before === null || after === null) return null
  if (isInteger(before) && isInteger(after)) return BigInt(after) - BigInt(before)
  return Number(after) - Number(before)
}

function isInteger(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}
