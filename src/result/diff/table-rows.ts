import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { TallymanError } from '../../errors.ts'
import { compareKeys, type Key } from '../../record/index.ts'
import { AscendingKeys } from '../ascending-keys.ts'
import { readRow } from '../canonical-row.ts'
import type { TableFormat } from '../format/row-writer.ts'
import { type LineFormat, lineBytesMaxDefault, TableLines } from '../table-lines.ts'
import type { SortedRows } from './join-rows.ts'

/**
 * How keys are taken that JSON does not tell apart: `plain`, as the text says, which is right unless a table holds both
 * keys of such a pair; `least`, as `AscendingKeys` takes them. By `least`, a row that one table holds beside such a pair may
 * be taken otherwise than in the other table, and is then told as removed and added.
 */
export type KeyReading = 'plain' | 'least'

const wayOutOfDamage = '`tallyman verify` says what is wrong with the result.'

/** A key does not come after the one before it, as they were taken. */
export class KeysOutOfOrder extends TallymanError {
  constructor(place: string) {
    super('file-damaged', `${place} has a key that does not come after the one before it.`, {
      wayOut: wayOutOfDamage,
    })
  }
}

/** A table of a result on disk. */
export interface TableFile {
  readonly path: string
  readonly format: TableFormat
  /** Of the whole file, in hex, by the manifest. */
  readonly sha256: string
}

/** The rows of a table's file, checked against its manifest on the way. */
export class TableRows implements SortedRows {
  key: Key = null
  valueStart = 0
  valueEnd = 0
  readonly #lines: TableLines
  readonly #file: TableFile
  readonly #hash: Hash = createHash('sha256')
  readonly #ascending: AscendingKeys | null
  #last: Key | undefined

  /** @param onBytes called with the length of each piece that was read */
  constructor(
    file: TableFile & { readonly format: LineFormat },
    reading: KeyReading,
    onBytes: (bytes: number) => void,
  ) {
    this.#file = file
    this.#lines = new TableLines(file.path, file.format, (chunk) => {
      this.#hash.update(chunk)
      onBytes(chunk.length)
    })
    this.#ascending = reading === 'least' ? new AscendingKeys() : null
  }

  /** Holds the value's JSON in `[valueStart, valueEnd)`. */
  get bytes(): Buffer {
    return this.#lines.bytes
  }

  get valueJson(): string {
    return this.bytes.toString('utf8', this.valueStart, this.valueEnd)
  }

  /**
   * @throws {TallymanError} `file-damaged` for a line that is no row, for one that is out of order (`KeysOutOfOrder`), and
   *   at the end for a file that was changed
   */
  next(): boolean {
    const lines = this.#lines
    if (!lines.next()) {
      requireHash(this.#file, this.#hash)
      return false
    }
    if (lines.tooLong)
      throw this.#damaged(`is longer than ${lineBytesMaxDefault} bytes, too long to be compared`)
    const row = readRow(lines.bytes, lines.start, lines.end)
    if (typeof row === 'string') throw this.#damaged(row)
    const key = this.#ascending === null ? this.#plain(row.key) : this.#ascending.next(row.key)
    if (key === undefined) throw new KeysOutOfOrder(this.#place)
    this.key = key
    this.valueStart = row.valueStart
    this.valueEnd = row.valueEnd
    return true
  }

  close(): void {
    this.#lines.close()
  }

  #plain(key: Key): Key | undefined {
    if (this.#last !== undefined && compareKeys(this.#last, key) >= 0) return undefined
    this.#last = key
    return key
  }

  get #place(): string {
    return `${this.#file.path}, line ${this.#lines.line}`
  }

  #damaged(what: string): TallymanError {
    return new TallymanError('file-damaged', `${this.#place} ${what}.`, { wayOut: wayOutOfDamage })
  }
}

/** Reads a table's file to its end, for nothing but its hash. */
export function checkFile(file: TableFile, onBytes: (bytes: number) => void): void {
  const hash = createHash('sha256')
  const fd = openSync(file.path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(256 * 1024)
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, length))
      onBytes(length)
    }
  } finally {
    closeSync(fd)
  }
  requireHash(file, hash)
}

function requireHash({ path, sha256 }: TableFile, hash: Hash): void {
  if (hash.digest('hex') === sha256) return
  throw new TallymanError('file-damaged', `${path} was changed after it was written.`, {
    wayOut: wayOutOfDamage,
  })
}
