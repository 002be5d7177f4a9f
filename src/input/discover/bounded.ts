/**
 * Maps items with at most `concurrency` calls under way. Starts no more calls once one has failed, and waits for those
 * under way before it fails itself.
 *
 * @returns the results in the items' order
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  concurrency: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  const entries = items.entries()
  async function work(): Promise<void> {
    for (const [index, item] of entries) {
      if (failures.length > 0) return
      try {
        results[index] = await map(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
  if (failures.length > 0) throw failures[0]
  return results
}
