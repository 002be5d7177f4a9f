// @ts-check
/**
 * Answers of any program in one form: a row is `{"table": …, "key": …, "value": …}` on a line of its own, in any order; where there
 * is one table, its name may be left out.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * @typedef {object} Answer
 * @property {number} rows
 * @property {string} digest equal for equal rows, whatever their order
 */
/** @typedef {readonly { readonly file: string, readonly table?: string }[]} AnswerFiles a file may hold one table, named here */

/**
 * Reads an answer in constant memory.
 *
 * @param {AnswerFiles} files
 * @returns {Promise<Answer>}
 */
export async function readAnswer(files) {
  let [rows, sum] = [0, 0n]
  for await (const row of rowsOf(files)) {
    rows += 1
    // A sum of hashes knows no order, and knows a row that comes twice from one that comes once.
    sum += createHash('sha256').update(row).digest().readBigUInt64BE()
  }
  return { rows, digest: (sum % 2n ** 64n).toString(16).padStart(16, '0') }
}

/**
 * What is different first, in words; for answers whose digests differ.
 *
 * @param {AnswerFiles} found
 * @param {AnswerFiles} expected
 */
export async function differenceOf(found, expected) {
  /** @type {Map<string, number>} */
  const left = new Map()
  for await (const row of rowsOf(expected)) left.set(row, (left.get(row) ?? 0) + 1)
  let extra = null
  for await (const row of rowsOf(found)) {
    const times = left.get(row) ?? 0
    if (times === 0) extra ??= row
    else if (times === 1) left.delete(row)
    else left.set(row, times - 1)
  }
  const [missing = null] = left.keys()
  const parts = [
    missing === null ? '' : `${left.size} rows are missing, for example ${missing}`,
    extra === null ? '' : `has ${extra}, which is not right`,
  ]
  return parts.filter((part) => part !== '').join('; ')
}

/**
 * @param {AnswerFiles} files
 * @returns {AsyncGenerator<string, void>} rows in one spelling
 */
async function* rowsOf(files) {
  for (const { file, table } of files) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (line === '') continue
      const row = rowOf(line, file)
      yield JSON.stringify([table ?? row.table ?? 'result', row.key, row.value])
    }
  }
}

/**
 * @param {string} line
 * @param {string} file
 * @returns {{ readonly table?: string, readonly key: unknown, readonly value: unknown }}
 */
function rowOf(line, file) {
  try {
    const row = JSON.parse(line)
    if (typeof row === 'object' && row !== null && 'key' in row && 'value' in row) return row
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Error(`${file} holds ${JSON.stringify(line.slice(0, 100))}, which is no row of an answer.`)
}
