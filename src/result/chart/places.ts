import { printable } from '../../printable.ts'
import { canonicalJson } from '../../record/index.ts'
import { type Amount, byLargest, plus } from './amounts.ts'

/** How a cell is called in a picture: texts as they are, what would be seen as nothing by a word. */
export function labelOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '(null)'
  if (cell === '') return '(empty)'
  // A text that reads as one of these words is told from it.
  const isWord = cell === '(null)' || cell === '(empty)'
  return printable(typeof cell === 'string' && !isWord ? cell : canonicalJson(cell))
}

/** What cells of one column are called beside each other: a text that reads as another of them (5 and '5', say) in its quotes. */
export function labelsOf(cells: readonly unknown[]): string[] {
  const labels = cells.map(labelOf)
  const seen = new Map<string, number>()
  for (const label of labels) seen.set(label, (seen.get(label) ?? 0) + 1)
  return labels.map((label, index) => {
    const cell = cells[index]
    return seen.get(label) !== 1 && typeof cell === 'string' && cell !== ''
      ? printable(canonicalJson(cell))
      : label
  })
}

/** Numbers by place: a place is a tuple of cells, known by their JSON. */
export class Sums {
  readonly #sums = new Map<string, { readonly cells: readonly unknown[]; sum: Amount; rows: number }>()

  add(cells: readonly unknown[], value: Amount): void {
    const id = canonicalJson(cells)
    const there = this.#sums.get(id)
    if (there === undefined) this.#sums.set(id, { cells, sum: value, rows: 1 })
    else {
      there.sum = plus(there.sum, value)
      there.rows += 1
    }
  }

  get isEmpty(): boolean {
    return this.#sums.size === 0
  }

  /** Is there a place that several rows fell on? */
  get isSummed(): boolean {
    return [...this.#sums.values()].some(({ rows }) => rows > 1)
  }

  /** In the order in which places were first seen. */
  entries(): { readonly cells: readonly unknown[]; readonly sum: Amount }[] {
    return [...this.#sums.values()]
  }
}

/** A cell of one column with what it sums up to. */
export interface Ranked {
  readonly id: string
  readonly cell: unknown
  readonly total: Amount
}

/** The cells at one position of places, largest sum first; equal ones in the order they were seen, which is key order. */
export function rank(
  entries: readonly { readonly cells: readonly unknown[]; readonly sum: Amount }[],
  at: number,
): Ranked[] {
  const totals = new Map<string, { readonly id: string; readonly cell: unknown; total: Amount }>()
  for (const { cells, sum } of entries) {
    const id = canonicalJson(cells[at] ?? null)
    const there = totals.get(id)
    if (there === undefined) totals.set(id, { id, cell: cells[at] ?? null, total: sum })
    else there.total = plus(there.total, sum)
  }
  return [...totals.values()].sort((a, b) => byLargest(a.total, b.total))
}
