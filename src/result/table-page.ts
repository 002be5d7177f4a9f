import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Key } from '../record/index.ts'
import type { CommittedTable } from '../run/index.ts'
import { type RowTexts, splitRow } from './canonical-row.ts'
import { TableSearch } from './table-search.ts'

/** Some neighbouring rows of a table. */
export interface TablePage {
  readonly rows: readonly RowTexts[]
  /** Where the row after them begins; null at the end of the table, and where a row is too long to be shown. */
  readonly nextByte: number | null
}

/** Bytes that rows are looked for in. */
const pageBytes = 512 * 1024
const newline = 0x0a

/**
 * Reads rows of a table written as JSON lines, from the first that begins at this byte or after it. Cost: one read of 512 KiB,
 * wherever it is in the table; a row that does not end in there is not shown. Hashes are not checked.
 *
 * @throws the system's error where the file cannot be read
 */
export function readTablePage(
  directory: string,
  { file, bytes: size }: Pick<CommittedTable, 'file' | 'bytes'>,
  { startByte, rowsMax }: { readonly startByte: number; readonly rowsMax: number },
): TablePage {
  // With the byte before: only after a line feed does a row begin.
  const from = Math.max(0, startByte - 1)
  const bytes = readBytes(join(directory, file), from, Math.min(pageBytes, Math.max(0, size - from)))
  let at = startByte <= 0 ? 0 : endOf(bytes, 0)
  const rows: RowTexts[] = []
  while (rows.length < rowsMax) {
    const next = endOf(bytes, at)
    if (next > bytes.length || next === at) break
    rows.push(splitRow(bytes.toString('utf8', at, next - 1)))
    at = next
  }
  const nextByte = from + at
  return { rows, nextByte: rows.length === 0 || nextByte >= size ? null : nextByte }
}

/**
 * Where the first row of a table begins whose key is not before this one, found by halving; null where that cannot be told.
 *
 * @throws {TallymanError} `file-damaged`
 */
export function firstRowFrom(
  directory: string,
  { file, bytes }: Pick<CommittedTable, 'file' | 'bytes'>,
  key: Key,
): number | null {
  const search = new TableSearch(join(directory, file), bytes)
  try {
    return search.firstFrom(key)
  } finally {
    search.close()
  }
}

/** Just behind the line feed that ends the line; beyond the end where none does. */
function endOf(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(newline, start)
  return end === -1 ? bytes.length + 1 : end + 1
}

function readBytes(path: string, start: number, length: number): Buffer {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, start))
  } finally {
    closeSync(fd)
  }
}
