import type { Hash } from 'node:crypto'
import { AscendingKeys } from '../ascending-keys.ts'
import { readRow } from '../canonical-row.ts'
import type { TableLines } from '../table-lines.ts'
import type { Finding } from './finding.ts'

/** What the rows of a table gave. */
export interface RowCheck {
  readonly rows: number
  /** The first of each kind. */
  readonly findings: readonly Finding[]
  /** A row that is too long to be held: its order is not checked, and for json the digest is not known. */
  readonly longLine: number | null
}

const digestBytesMin = 64 * 1024

/**
 * Reads all rows of a table: counts them, and looks for the first that is no row and the first that is out of order.
 *
 * @param digest takes the canonical lines of the rows; null where the lines of the file are these
 */
export function checkRows(lines: TableLines, file: string, digest: Hash | null): RowCheck {
  const keys = new AscendingKeys()
  const canonical = new CanonicalLines(digest)
  const findings = new Map<Finding['kind'], Finding>()
  const find = (kind: Finding['kind'], what: string): void => {
    if (!findings.has(kind))
      findings.set(kind, { kind, file, message: `${file}, line ${lines.line} ${what}.` })
  }
  let rows = 0
  let longLine: number | null = null
  while (lines.next()) {
    rows += 1
    if (lines.tooLong) {
      longLine ??= lines.line
      continue
    }
    const { bytes, start, end } = lines
    canonical.add(bytes, start, end)
    const row = readRow(bytes, start, end)
    if (typeof row === 'string') find('row', row)
    else if (keys.next(row.key) === undefined)
      find('order', 'has a key that does not come after the one before it')
  }
  canonical.flush()
  return { rows, findings: [...findings.values()], longLine }
}

/** Hands rows to the digest many at a time: a call costs more than the hash of a short row. */
class CanonicalLines {
  readonly #digest: Hash | null
  #held = Buffer.allocUnsafe(2 * digestBytesMin)
  #length = 0

  constructor(digest: Hash | null) {
    this.#digest = digest
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#digest === null) return
    if (this.#length + end - start >= this.#held.length) this.flush()
    if (end - start >= this.#held.length) {
      this.#digest.update(bytes.subarray(start, end)).update('\n')
      return
    }
    this.#length += bytes.copy(this.#held, this.#length, start, end)
    this.#held[this.#length++] = 0x0a
  }

  flush(): void {
    this.#digest?.update(this.#held.subarray(0, this.#length))
    this.#length = 0
  }
}
