// @ts-check
/** Compares the result of a word count with what the generator of the text knows, however many rows there are. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rankOf } from './words.mjs'

/** @typedef {{ readonly rows: number, readonly digest: string, readonly fault: string | null }} Checked */

/**
 * Reads a result's table from its first row to its last.
 *
 * @param {string} file `result.jsonl` of a word count
 * @param {Uint32Array} counts how often each word was written, by rank
 * @returns {Promise<Checked>} rows, the digest as tallyman should have given it, and what was wrong first, if anything
 */
export async function checkAnswer(file, counts) {
  const digest = createHash('sha256').update('table result\n')
  const seen = new Uint8Array(counts.length)
  let [rows, before] = [0, Buffer.alloc(0)]
  /** @type {string | null} */
  let fault = null
  for await (const line of linesOf(file)) {
    digest.update(line)
    rows += 1
    /** @type {ReturnType<typeof readRow>} */
    const row = fault === null ? readRow(line) : null
    if (row === null) {
      fault ??= `row ${rows} is no row of a word count: ${line.toString('utf8', 0, 100)}`
      continue
    }
    fault = faultOf(row, counts, seen)
    // Keys are in code point order, which is the order of their UTF-8.
    const key = Buffer.from(row.word, 'utf8')
    if (fault === null && rows > 1 && before.compare(key) >= 0)
      fault = `"${row.word}" comes after "${before}"`
    before = key
  }
  if (fault === null && rows !== counts.length)
    fault = `there are ${rows} rows, and ${counts.length} words were written`
  return { rows, digest: `sha256:${digest.digest('hex')}`, fault }
}

/**
 * @param {{ readonly word: string, readonly count: number }} row
 * @param {Uint32Array} counts
 * @param {Uint8Array} seen
 */
function faultOf({ word, count }, counts, seen) {
  const rank = rankOf(word)
  const expected = counts[rank]
  if (expected === undefined) return `"${word}" was never written`
  if (seen[rank] === 1) return `"${word}" has two rows`
  seen[rank] = 1
  return count === expected ? null : `"${word}" was counted ${count} times, and written ${expected} times`
}

/**
 * @param {Buffer} line
 * @returns {{ readonly word: string, readonly count: number } | null}
 */
function readRow(line) {
  const match = /^\{"key":"([^"\\]+)","value":([0-9]+)\}\n$/.exec(line.toString('utf8'))
  return match === null ? null : { word: match[1] ?? '', count: Number(match[2]) }
}

/**
 * Lines with their line ends.
 *
 * @param {string} file
 * @returns {AsyncGenerator<Buffer, void>}
 */
async function* linesOf(file) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      yield bytes.subarray(start, end + 1)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) yield rest
}
