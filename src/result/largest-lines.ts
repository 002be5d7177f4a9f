import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { CommittedTable } from '../run/index.ts'
import { type RowTexts, splitRow } from './canonical-row.ts'

/** The rows of a table with the largest values. */
export interface LargestLines {
  /** Largest first, equal ones in the order of keys. Only rows whose value is a number. */
  readonly rows: readonly RowTexts[]
  /** Rows that were passed over: too long to be held, many at once. */
  readonly tooLong: number
}

/** Longer rows are passed over: many candidates are held at once. */
const lineBytesMax = 64 * 1024
/** Read at once; so often others have their turn, every few milliseconds. */
const chunkBytes = 256 * 1024
/** No row is shorter: `{"key":1,"value":1}`. */
const lineBytesMin = 19
/** So far the end of a row is looked for byte by byte: for most rows that is sooner done than to call what finds it in long ones. */
const nearBytes = 64
const lineFeed = 0x0a
/** Integers of so many digits are exact as numbers. */
const safeDigits = 15

interface Candidate {
  readonly by: number | bigint
  /** Number of the row in the table. */
  readonly place: number
  readonly line: string
}

/**
 * Finds the largest values of a table written as JSON lines. Cost: one read of the file and a look at the last bytes of each row, some
 * hundred megabytes a second; memory for a few times the rows asked for. Hashes are not checked.
 *
 * @param rowsMax how many rows are wanted
 * @throws the system's error where the file cannot be read
 */
export async function largestLines(
  directory: string,
  { file }: Pick<CommittedTable, 'file'>,
  rowsMax: number,
): Promise<LargestLines> {
  const kept: Candidate[] = []
  // What is not larger has no chance any more: of equal values the first is taken.
  let floor: number | bigint = Number.NEGATIVE_INFINITY
  let place = 0
  const cut = (): void => {
    kept.sort((a, b) => (a.by < b.by ? 1 : a.by > b.by ? -1 : a.place - b.place))
    if (kept.length < rowsMax) return
    kept.length = rowsMax
    floor = kept.at(-1)?.by ?? floor
  }
  const take = (bytes: Buffer, start: number, end: number): void => {
    place += 1
    const by = valueAtEnd(bytes, start, end)
    if (by === null || (by <= floor && kept.length >= rowsMax)) return
    kept.push({ by, place, line: bytes.toString('utf8', start, end) })
    if (kept.length >= 2 * rowsMax + 100) cut()
  }
  const tooLong = await eachLine(join(directory, file), take)
  cut()
  return { rows: kept.map(({ line }) => splitRow(line)), tooLong }
}

/** Gives the lines of a file, one after the other, but for those that are too long. Returns how many these are. */
async function eachLine(
  file: string,
  take: (bytes: Buffer, start: number, end: number) => void,
): Promise<number> {
  const fd = openSync(file, 'r')
  // What is left of a line that does not end in a chunk stands before the next one.
  const bytes = Buffer.allocUnsafe(lineBytesMax + chunkBytes)
  let [held, tooLong, isPassing] = [0, 0, false]
  try {
    for (;;) {
      const length = readSync(fd, bytes, held, chunkBytes, null)
      if (length === 0) return tooLong
      const end = held + length
      let start = 0
      for (;;) {
        const lineEnd = endOfLine(bytes, isPassing ? start : start + lineBytesMin, end)
        if (lineEnd === -1) break
        if (isPassing || lineEnd - start > lineBytesMax) tooLong += 1
        else take(bytes, start, lineEnd)
        isPassing = false
        start = lineEnd + 1
      }
      isPassing ||= end - start > lineBytesMax
      held = isPassing ? 0 : end - start
      bytes.copy(bytes, 0, end - held, end)
      await setImmediate()
    }
  } finally {
    closeSync(fd)
  }
}

/** Where the line feed is; -1 where none is before the end. */
function endOfLine(bytes: Buffer, from: number, end: number): number {
  const near = Math.min(end, from + nearBytes)
  for (let at = from; at < near; at += 1) if (bytes[at] === lineFeed) return at
  const found = near < end ? bytes.indexOf(lineFeed, near) : -1
  return found >= end ? -1 : found
}

const [zero, nine, dot, minus, plus, lowerE, upperE, colon] = [...'09.-+eE:'].map((one) => one.charCodeAt(0))

/**
 * The number that a row ends with; null where its value is none. Text before the closing brace that could be part of a number, with the
 * colon before it, is the value itself: whatever else a value may be ends with a bracket, a quote or a letter.
 */
function valueAtEnd(bytes: Buffer, start: number, end: number): number | bigint | null {
  let at = end - 2
  let whole = 0
  let scale = 1
  for (; at > start; at -= 1, scale *= 10) {
    const byte = bytes[at] ?? 0
    if (byte < (zero ?? 0) || byte > (nine ?? 0)) break
    whole += (byte - (zero ?? 0)) * scale
  }
  const digits = end - 2 - at
  if (bytes[at] === colon && digits > 0 && digits <= safeDigits) return whole
  while (at > start && isOfNumber(bytes[at] ?? 0)) at -= 1
  if (bytes[at] !== colon || at === end - 2) return null
  const text = bytes.toString('latin1', at + 1, end - 1)
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text)
}

function isOfNumber(byte: number): boolean {
  return (
    (byte >= (zero ?? 0) && byte <= (nine ?? 0)) ||
    byte === dot ||
    byte === minus ||
    byte === plus ||
    byte === lowerE ||
    byte === upperE
  )
}
