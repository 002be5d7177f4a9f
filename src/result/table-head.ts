import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { CommittedTable } from '../run/index.ts'
import { type RowTexts, splitRow } from './canonical-row.ts'

/** The first rows of a table, for people. */
export interface TableHead {
  readonly table: string
  readonly file: string
  /** Of the whole table. */
  readonly rows: number
  readonly head: readonly RowTexts[]
}

/** Bytes that the first rows are looked for in. */
const headBytes = 256 * 1024

/** The first rows of a table written as JSON lines; rows cut off by 256 KiB are left out. */
export function readHead(directory: string, table: CommittedTable, rowsMax: number): TableHead {
  const fd = openSync(join(directory, table.file), 'r')
  try {
    const bytes = Buffer.alloc(headBytes)
    const length = readSync(fd, bytes, 0, headBytes, 0)
    const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
    return {
      table: table.name,
      file: table.file,
      rows: table.rows,
      head: lines.slice(0, rowsMax).map(splitRow),
    }
  } finally {
    closeSync(fd)
  }
}
