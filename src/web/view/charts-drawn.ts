import type { Chart } from '../../job/index.ts'
import type { Manifest } from '../../result/index.ts'

/** Tables up to this size are drawn for the page; of larger ones `tallyman plot` draws. */
const drawnBytesMax = 8e6

/** The charts of a result that the page draws: those its job names, where its tables are not too large. */
export function chartsDrawn({ job, tables, tableFormat }: Manifest): readonly Chart[] {
  const isSmall = tables.reduce((sum, { bytes }) => sum + bytes, 0) <= drawnBytesMax
  return isSmall && tableFormat === 'jsonl' ? (job.description.charts ?? []) : []
}
