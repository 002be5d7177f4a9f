import { canonicalRow } from '../canonical-row.ts'
import type { RowWriter } from './row-writer.ts'

/** One array of objects, a row a line. */
export function jsonWriter(): RowWriter {
  let isFirst = true
  return {
    head: '[',
    row: (row) => {
      const separator = isFirst ? '\n' : ',\n'
      isFirst = false
      return separator + canonicalRow(row)
    },
    tail: '\n]\n',
  }
}
