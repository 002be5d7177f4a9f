import { openFinishedFile } from '../host/index.ts'
import { compareBytes, decodeKey, type Key, RecordFileReader } from '../record/index.ts'

/** A part file that is open. */
interface Part {
  readonly reader: RecordFileReader
  close(): void
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
 * @param files part files of the table, at most a few dozen: one from each partition that has rows
 * @throws {TallymanError} `file-damaged` for a part file whose checksums are wrong
 */
export function* partRows(files: readonly string[]): Generator<PartRow, void> {
  const parts: Part[] = []
  try {
    for (const file of files) parts.push(openPart(file))
    // In the order of the keys they stand at.
    const open = parts.filter(({ reader }) => reader.next()).sort((a, b) => (precedes(a, b) ? -1 : 1))
    for (let first = open[0]; first !== undefined; first = open[0]) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = first.reader
      yield {
        key: decodeKey(bytes, keyStart, keyEnd),
        valueJson: bytes.toString('utf8', valueStart, valueEnd),
      }
      if (first.reader.next()) moveToItsPlace(first, open)
      else open.shift()
    }
  } finally {
    for (const part of parts) part.close()
  }
}

/** Moves the first of the parts, which has moved on, behind those whose keys come before its own. */
function moveToItsPlace(first: Part, open: Part[]): void {
  let low = 1
  let high = open.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (precedes(open[middle]!, first)) low = middle + 1
    else high = middle
  }
  for (let index = 1; index < low; index += 1) open[index - 1] = open[index]!
  open[low - 1] = first
}

function openPart(file: string): Part {
  const source = openFinishedFile(file, file)
  try {
    return { reader: new RecordFileReader(source, 'part'), close: source.close }
  } catch (error) {
    source.close()
    throw error
  }
}

function precedes({ reader: a }: Part, { reader: b }: Part): boolean {
  return compareBytes(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd) < 0
}
