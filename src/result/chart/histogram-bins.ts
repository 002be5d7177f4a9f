import type { CountedBin } from './collect.ts'

const binsMax = 60

/** Cuts numbers into bins of equal width at round edges; the last bin holds its upper edge as well. */
export function binNumbers(numbers: readonly number[], wanted: number | undefined): CountedBin[] {
  const finite = numbers.filter(Number.isFinite)
  if (finite.length === 0) return []
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const one of finite) {
    if (one < low) low = one
    if (one > high) high = one
  }
  // Sturges' rule, with twice the bins: values of results are seldom normal.
  const bins = Math.min(binsMax, wanted ?? 2 * Math.ceil(Math.log2(finite.length) + 1))
  const width = roundWidth((high - low) / bins || 1)
  const first = Math.floor(low / width)
  const last = Math.max(first, Math.ceil(high / width) - 1)
  const counts = new Array<number>(last - first + 1).fill(0)
  for (const one of finite) {
    const index = Math.min(counts.length - 1, Math.max(0, Math.floor(one / width) - first))
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts.map((count, index) => ({
    from: rounded((first + index) * width),
    to: rounded((first + index + 1) * width),
    count,
  }))
}

/** The next width of 1, 2 or 5 times a power of ten. */
function roundWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width))
  const step = [1, 2, 5, 10].find((one) => one * power >= width * (1 - 1e-9)) ?? 10
  return step * power
}

function rounded(edge: number): number {
  return Number(edge.toPrecision(12))
}
