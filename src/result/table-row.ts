import { parseJson } from '../input/index.ts'
import { RecordRejection } from '../job/index.ts'
import { isKey, type Key } from '../record/index.ts'

/** A row of a table as it lies in bytes, key decoded. */
export interface TableRow {
  /** As JSON tells it: see `AscendingKeys` for keys it does not tell apart. */
  readonly key: Key
  /** The value's JSON is `bytes[valueStart, valueEnd)`. */
  readonly valueStart: number
  /** Exclusive. */
  readonly valueEnd: number
}

const head = Buffer.from('{"key":')
const middle = Buffer.from(',"value":')
const closingBrace = 0x7d

/**
 * Reads the row whose canonical line, without its newline, is `bytes[start, end)`. The value is not parsed.
 *
 * @returns the row, or what is wrong with it as the rest of a sentence that begins with the line
 */
export function readRow(bytes: Buffer, start: number, end: number): TableRow | string {
  const isRow =
    bytes.compare(head, 0, head.length, start, Math.min(end, start + head.length)) === 0 &&
    bytes[end - 1] === closingBrace
  if (!isRow) return 'is not of the form {"key":…,"value":…}'
  const keyStart = start + head.length
  // A key holds no object, so that this text cannot be part of it.
  const middleAt = bytes.subarray(keyStart, end).indexOf(middle)
  if (middleAt === -1) return 'has no "value" after its "key"'
  const key = readKey(bytes, keyStart, keyStart + middleAt)
  if (typeof key === 'string') return key
  const valueStart = keyStart + middleAt + middle.length
  if (valueStart === end - 1) return 'has an empty value'
  return { key: key.key, valueStart, valueEnd: end - 1 }
}

/** The key, in a box of its own because keys can be texts, or what is wrong with it. */
function readKey(bytes: Buffer, start: number, end: number): { readonly key: Key } | string {
  try {
    const value = parseJson(bytes, start, end, 'exact')
    return isKey(value) ? { key: value } : 'has a key that is no scalar and no tuple of scalars'
  } catch (error) {
    if (!(error instanceof RecordRejection)) throw error
    return `has a key that is no JSON: ${error.message}`
  }
}
