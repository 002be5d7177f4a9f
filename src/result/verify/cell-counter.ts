const quote = 0x22
const comma = 0x2c
const tab = 0x09
const carriageReturn = 0x0d
const newline = 0x0a

/**
 * Counts the rows of a table of columns, and finds the first that has not as many cells as the head. Knows the two forms
 * that tallyman writes: csv after RFC 4180 with lines that end in CRLF, and tsv with its escapes, where a tab or a newline
 * is never part of a cell.
 */
export class CellCounter {
  /** Complete lines so far, the head included. */
  lines = 0
  /** The first line, from 1, whose cells are not as many as the head's; null where there is none. */
  unevenLine: number | null = null
  readonly #isCsv: boolean
  readonly #separator: number
  #headCells = 0
  #cells = 1
  #isQuoted = false
  #last: number | null = null

  constructor(format: 'csv' | 'tsv') {
    this.#isCsv = format === 'csv'
    this.#separator = this.#isCsv ? comma : tab
  }

  /** Are the bytes so far whole lines? */
  get isWhole(): boolean {
    return !this.#isQuoted && (this.#last === newline || this.#last === null)
  }

  push(chunk: Buffer): void {
    for (const byte of chunk) {
      if (byte === quote && this.#isCsv) this.#isQuoted = !this.#isQuoted
      else if (!this.#isQuoted) this.#plain(byte)
      this.#last = byte
    }
  }

  #plain(byte: number): void {
    if (byte === this.#separator) this.#cells += 1
    else if (byte === newline && (!this.#isCsv || this.#last === carriageReturn)) this.#endLine()
  }

  #endLine(): void {
    this.lines += 1
    if (this.lines === 1) this.#headCells = this.#cells
    else if (this.#cells !== this.#headCells) this.unevenLine ??= this.lines
    this.#cells = 1
  }
}
