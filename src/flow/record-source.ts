import type { SplitReader } from '../input/index.ts'

/** Something a map task reads to its end: a split of an input, or a list of records in a test. */
export interface RecordSource {
  /** Place in the order of all splits of the run. */
  readonly ordinal: number
  readonly path: string
  readonly member: string | null
  /** Whether lines are counted from the start of the file or member, so that line numbers are true. */
  readonly fromStart: boolean
  open(): Promise<SplitReader<unknown>>
}
