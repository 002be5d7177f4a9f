import { isSpace, sequenceWidth, skipSpace } from './characters'
import { clearFullShorts } from './found'
import { foundBytes, rowBytes, rows, rowsEnd, text } from './memory'
import { scanRecord } from './record'

/** Lines of JSON and of any other text, many at a time. */

/** No more is scanned ahead than stays in a core's cache until the lines are decoded. */
const aheadBytes: usize = 131072

/** Kinds of lines of text. */
const isAsciiLine: i32 = 0
const isWideLine: i32 = 1
const isUnsureLine: i32 = 2

/**
 * Scans the lines that lie in `[from, end)` of the text, with their newlines, for the `edgeCount` wanted properties. Fills a row
 * for each; its third word is 1 where the line is sure to be one valid JSON object. Returns how many lines there were, at most
 * `linesMax`: a line without a newline is not among them.
 */
export function scanLines(from: i32, end: i32, edgeCount: i32, linesMax: i32): i32 {
  const stride = rowBytes + <usize>edgeCount * foundBytes
  const textEnd = text + <usize>end
  let at = text + <usize>from
  let row = rows
  let count = 0
  const enough = min(at + aheadBytes, textEnd)
  clearFullShorts()
  while (count < linesMax && at < enough && row + stride <= rowsEnd) {
    memory.fill(row, 0, stride)
    let newline = scanRecord(at, row + rowBytes)
    if (newline != 0) newline = skipSpace(newline)
    const isSure = newline != 0 && load<u8>(newline) == 0x0a
    if (!isSure) newline = newlineFrom(at, textEnd)
    if (newline >= textEnd) break
    storeRow(row, at, newline, isSure)
    at = newline + 1
    row += stride
    count += 1
  }
  return count
}

/** Scans one line that lies at `[start, end)` of the text, whatever follows it, into the first row. True: it is sure. */
export function scanLine(start: i32, end: i32, edgeCount: i32): bool {
  memory.fill(rows, 0, rowBytes + <usize>edgeCount * foundBytes)
  storeRow(rows, text + <usize>start, text + <usize>end, 1)
  let at = scanRecord(text + <usize>start, rows + rowBytes)
  if (at == 0) return false
  while (at < text + <usize>end && isSpace(load<u8>(at))) at += 1
  return at == text + <usize>end
}

/** Where the first newline is in `[from, end)`; `end` where there is none. */
function newlineFrom(from: usize, end: usize): usize {
  for (let at = from; at < end; at += 16) {
    const newlines = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x0a)))
    if (newlines != 0) return min(at + <usize>ctz(newlines), end)
  }
  return end
}

/** Words of a row: where its line begins and ends, and what is known of it. */
// @ts-ignore: decorator
@inline
function storeRow(row: usize, start: usize, end: usize, known: i32): void {
  store<i32>(row, <i32>(start - text))
  store<i32>(row, <i32>(end - text), 4)
  store<i32>(row, known, 8)
}

/** As `scanLines`, for lines of any text. Their kind is whether they are ASCII, other UTF-8, or somebody else must look. */
export function textLines(from: i32, end: i32, linesMax: i32): i32 {
  const textEnd = text + <usize>end
  let start = text + <usize>from
  let at = start
  let row = rows
  let count = 0
  /** Whether the line has had a byte that is not ASCII. */
  let isWide = false
  while (count < linesMax && row + rowBytes <= rowsEnd && at < textEnd) {
    const bytes = v128.load(at)
    const newlines = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x0a)))
    const wide = i8x16.bitmask(bytes)
    if (newlines == 0) {
      if (wide != 0) isWide = true
      at += 16
      continue
    }
    if ((wide & ((newlines & -newlines) - 1)) != 0) isWide = true
    const newline = at + <usize>ctz(newlines)
    if (newline >= textEnd) break
    storeRow(row, start, newline, isWide ? (isUtf8(start, newline) ? isWideLine : isUnsureLine) : isAsciiLine)
    start = newline + 1
    at = start
    isWide = false
    row += rowBytes
    count += 1
  }
  return count
}

function isUtf8(start: usize, end: usize): bool {
  let at = start
  while (at < end) {
    if (i8x16.bitmask(v128.load(at)) == 0) {
      at += 16
      continue
    }
    while (at < end && load<u8>(at) < 0x80) at += 1
    while (at < end && load<u8>(at) >= 0x80) {
      const width = sequenceWidth(at)
      if (width == 0) return false
      at += width
    }
  }
  // A sequence that the line's end cuts short goes on with no newline, so it was none.
  return true
}
