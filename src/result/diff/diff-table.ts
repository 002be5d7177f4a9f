import { parseJson } from '../../input/index.ts'
import type { LineFormat } from '../table-lines.ts'
import { joinRows } from './join-rows.ts'
import { differenceOf, LargestChanges, type RowChange } from './largest-changes.ts'
import { type KeyReading, KeysOutOfOrder, type TableFile, TableRows } from './table-rows.ts'

/** How the rows of two tables differ. */
export interface RowsDiff {
  /** Rows by what became of them. */
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly same: number
  /** The largest changes first: numbers by how much they changed, then all others in key order. */
  readonly largest: readonly RowChange[]
}

/** A table whose rows can be compared: its lines hold them. */
export type LineFile = TableFile & { readonly format: LineFormat }

/** Of csv and tsv it cannot be told what is key or value, text or number; parquet has no lines. */
export function isLineFile(file: TableFile): file is LineFile {
  return file.format === 'jsonl' || file.format === 'json'
}

/** As `DiffOptions`, for one pair of tables. */
export interface RowsDiffOptions {
  /** Changes to keep. */
  readonly rowsMax: number
  /** Called with the length of each piece that was read. */
  onBytes(bytes: number): void
}

/**
 * Compares two tables row by row, in one pass over both and memory for a row of each and the changes that are kept.
 * Values are the same when their canonical JSON is.
 *
 * @throws {TallymanError} `file-damaged` for a file that is not as its manifest says
 */
export function diffTable(before: LineFile, after: LineFile, options: RowsDiffOptions): RowsDiff {
  try {
    return diffRows(before, after, 'plain', options)
  } catch (error) {
    // Either damage, or two keys that JSON does not tell apart: the other reading says which.
    if (error instanceof KeysOutOfOrder) return diffRows(before, after, 'least', options)
    throw error
  }
}

function diffRows(
  before: LineFile,
  after: LineFile,
  reading: KeyReading,
  { rowsMax, onBytes }: RowsDiffOptions,
): RowsDiff {
  const a = new TableRows(before, reading, onBytes)
  try {
    const b = new TableRows(after, reading, onBytes)
    try {
      return compare(a, b, rowsMax)
    } finally {
      b.close()
    }
  } finally {
    a.close()
  }
}

function compare(a: TableRows, b: TableRows, rowsMax: number): RowsDiff {
  const largest = new LargestChanges(rowsMax)
  let [added, removed, changed, same] = [0, 0, 0, 0]
  joinRows(a, b, {
    removed: () => {
      removed += 1
      const difference = differenceOf(numberOf(a), 0)
      largest.add(difference, () => ({
        kind: 'removed',
        key: a.key,
        before: a.valueJson,
        after: null,
        difference,
      }))
    },
    added: () => {
      added += 1
      const difference = differenceOf(0, numberOf(b))
      largest.add(difference, () => ({
        kind: 'added',
        key: b.key,
        before: null,
        after: b.valueJson,
        difference,
      }))
    },
    both: () => {
      if (isSameValue(a, b)) {
        same += 1
        return
      }
      changed += 1
      const difference = differenceOf(numberOf(a), numberOf(b))
      largest.add(difference, () => ({
        kind: 'changed',
        key: b.key,
        before: a.valueJson,
        after: b.valueJson,
        difference,
      }))
    },
  })
  return { added, removed, changed, same, largest: largest.list() }
}

function isSameValue(a: TableRows, b: TableRows): boolean {
  return a.bytes.compare(b.bytes, b.valueStart, b.valueEnd, a.valueStart, a.valueEnd) === 0
}

const minus = 0x2d
const zero = 0x30
const nine = 0x39

/** The number a row's value is, exact where it is an integer; null for all other values. */
function numberOf({ bytes, valueStart, valueEnd }: TableRows): number | bigint | null {
  const first = bytes[valueStart] ?? 0
  if (first !== minus && (first < zero || first > nine)) return null
  const value = parseJson(bytes, valueStart, valueEnd, 'exact')
  return typeof value === 'number' || typeof value === 'bigint' ? value : null
}
