import { openFinishedFile } from '../host/index.ts'
import { compareBytes, decodeKey, type Key, RecordFileReader } from '../record/index.ts'

/** A part file that is open. */
class Part {
  readonly reader: RecordFileReader
  readonly close: () => void
  /** The first bytes of the key it stands at, six in each number, and zeros after the key's end. */
  high = 0
  low = 0

  constructor(file: string) {
    const source = openFinishedFile(file, file)
    this.close = source.close
    try {
      this.reader = new RecordFileReader(source, 'part')
    } catch (error) {
      source.close()
      throw error
    }
  }

  next(): boolean {
    const { reader } = this
    if (!reader.next()) return false
    const { bytes, keyStart, keyEnd } = reader
    this.high = sixBytes(bytes, keyStart, keyEnd)
    this.low = sixBytes(bytes, keyStart + 6, keyEnd)
    return true
  }

  /** Most keys differ in their first bytes, which are compared as numbers. */
  precedes(other: Part): boolean {
    if (this.high !== other.high) return this.high < other.high
    if (this.low !== other.low) return this.low < other.low
    const [a, b] = [this.reader, other.reader]
    return compareBytes(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd) < 0
  }
}

function sixBytes(bytes: Buffer, start: number, end: number): number {
  if (start + 6 <= end) {
    const high = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!
    return high * 2 ** 24 + ((bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!)
  }
  let number = 0
  for (let at = start; at < start + 6; at += 1) number = number * 256 + (at < end ? bytes[at]! : 0)
  return number
}

/** A row as it stands in a part file: the key's bytes and the value's JSON. */
export interface PartRow {
  readonly key: Key
  /** Canonical JSON. */
  readonly valueJson: string
}

/**
 * All rows of one table, its partitions merged, in key order. A key lies in one partition, so keys never tie.
 *
 * @param files part files of the table, at most 512: one from each partition that has rows
 * @throws {TallymanError} `file-damaged` for a part file whose checksums are wrong
 */
export function* partRows(files: readonly string[]): Generator<PartRow, void> {
  const merge = new PartMerge(files)
  try {
    for (let row = merge.next(); row !== null; row = merge.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = row
      yield {
        key: decodeKey(bytes, keyStart, keyEnd),
        valueJson: bytes.toString('utf8', valueStart, valueEnd),
      }
    }
  } finally {
    merge.close()
  }
}

/** The same, cursor style, as the bytes that stand in the part files. */
export class PartMerge {
  readonly #parts: Part[] = []
  /** In the order of the keys they stand at; the first stands at the row that was given last. */
  readonly #open: Part[]
  #isBegun = false

  /** Opens every file. Throws as `partRows` does. */
  constructor(files: readonly string[]) {
    try {
      for (const file of files) this.#parts.push(new Part(file))
      this.#open = this.#parts.filter((part) => part.next()).sort((a, b) => (a.precedes(b) ? -1 : 1))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Goes to the next row: the reader that stands at it, until the next call. Null after the last row. */
  next(): RecordFileReader | null {
    const open = this.#open
    const first = open[0]
    if (first === undefined) return null
    if (!this.#isBegun) this.#isBegun = true
    else if (first.next()) moveToItsPlace(first, open)
    else open.shift()
    return open[0]?.reader ?? null
  }

  close(): void {
    for (const part of this.#parts) part.close()
  }
}

/** Moves the first of the parts, which has moved on, behind those whose keys come before its own. */
function moveToItsPlace(first: Part, open: Part[]): void {
  let low = 1
  let high = open.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (open[middle]!.precedes(first)) low = middle + 1
    else high = middle
  }
  for (let index = 1; index < low; index += 1) open[index - 1] = open[index]!
  open[low - 1] = first
}
