/** How many names are offered at most. */
const offeredMax = 3

/** How much of the longer name two names must have in common, in order, at both ends together. */
const likenessMin = 0.5

/**
 * Names that may have been meant: those that agree with the given one at the start and the end in at least half of their
 * letters, whatever their case. Made for files that are named alike but for a date, where the end tells as much as the start.
 *
 * @returns at most 3, the likest first
 */
export function nearestNames(given: string, known: readonly string[]): string[] {
  return known
    .map((name) => ({ name, likeness: likenessOf(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ likeness }) => likeness >= likenessMin)
    .sort((left, right) => right.likeness - left.likeness)
    .slice(0, offeredMax)
    .map(({ name }) => name)
}

function likenessOf(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  let start = 0
  while (start < shorter && left[start] === right[start]) start++
  let end = 0
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end++
  return (start + end) / Math.max(left.length, right.length, 1)
}
