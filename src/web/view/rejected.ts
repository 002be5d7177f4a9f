import { firstRejected, type RunDirectory, sayRejectedPlace } from '../../run/index.ts'
import type { RejectedView } from './views.ts'

const shownMax = 20

/** How many records were rejected, and the first of them; they are listed once the map stage has ended. */
export function rejectedView(directory: RunDirectory, total: number): RejectedView {
  const first = total === 0 ? [] : firstRejected(directory, shownMax)
  return {
    total,
    first: first.map((record) => ({
      place: sayRejectedPlace(record),
      reason: record.reason,
      excerpt: record.excerpt,
    })),
  }
}
