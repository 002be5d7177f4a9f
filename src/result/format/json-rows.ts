import type { ResultRow, RowWriter } from './row-writer.ts'

/** The canonical line of a row: what `.jsonl` files hold, and what the digest is taken over. */
export function canonicalLine({ keyJson, valueJson }: ResultRow): string {
  return `{"key":${keyJson},"value":${valueJson}}\n`
}

/** One object a line. */
export function jsonlWriter(): RowWriter {
  return { head: '', row: canonicalLine, tail: '' }
}

/** One array of objects, a row a line. */
export function jsonWriter(): RowWriter {
  let isFirst = true
  return {
    head: '[',
    row: (row) => {
      const separator = isFirst ? '\n' : ',\n'
      isFirst = false
      return separator + canonicalLine(row).trimEnd()
    },
    tail: '\n]\n',
  }
}
