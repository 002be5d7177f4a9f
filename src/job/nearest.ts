/**
 * The known name that is most like the one given: at most a third of its letters differ (Levenshtein 1966, with a swap
 * of neighbours as one step).
 *
 * @returns null when none is near
 */
export function nearestName(given: string, known: readonly string[]): string | null {
  let best: string | null = null
  let bestSteps = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const steps = editSteps(given.toLowerCase(), name.toLowerCase())
    if (steps < bestSteps) {
      best = name
      bestSteps = steps
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `from` into `to`. Cost: the product of their lengths. */
function editSteps(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let steps = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1))
      if (from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        steps = Math.min(steps, at(beforeLast, j - 2) + 1)
      }
      row.push(steps)
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
