import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import { parseJson } from '../input/index.ts'
import type { Row } from '../job/index.ts'
import type { Key } from '../record/index.ts'
import type { CommittedTable } from '../run/index.ts'
import { readRow } from './canonical-row.ts'
import { type Manifest, manifestName, readManifest } from './manifest.ts'
import { type LineFormat, lineBytesMaxDefault, TableLines } from './table-lines.ts'
import { TableSearch } from './table-search.ts'

/** Tables as `TablesOf<typeof job>` tells them, or any. */
export type AnyTables = { readonly [table: string]: readonly Row<Key, unknown>[] }

/** A table of a result, in key order. Keys and values are as JSON tells them: a date is its text, integers are exact. */
export interface ResultTable<K, V> extends AsyncIterable<Row<K, V>> {
  readonly name: string
  /** How many rows there are. */
  readonly rows: number
  /**
   * Looks a key up without reading the table: some thirty reads of 4 KiB for a million rows; all of it is read only where
   * `Infinity` is among the keys, and for a tuple that is not there and has an integer before its last element. That the file is as it was written
   * is not checked but for its size; going through all rows does, and so does `tallyman verify`.
   *
   * @returns the key's value; undefined where the table has no such key
   * @throws {TallymanError} `key-invalid` for what is no key; `file-damaged`; `usage` for a table that was not written as
   *   jsonl, and for a key that the table has twice as JSON tells it: 1 and 1n, say
   */
  get(key: K): Promise<V | undefined>
}

/** A result on disk. */
export interface OpenedResult<T extends AnyTables> {
  /** Absolute. */
  readonly directory: string
  readonly manifest: Manifest
  readonly tables: {
    readonly [N in keyof T]: ResultTable<T[N][number]['key'], T[N][number]['value']>
  }
}

/** What `openResult` of the library's face does, at once. */
export function openResult<T extends AnyTables = AnyTables>(path: string): OpenedResult<T> {
  const directory = placeOf(resolve(path))
  const manifest = readManifest(directory)
  const tables = manifest.tables.map(
    (table) => [table.name, new TableOnDisk(directory, table, manifest.tableFormat)] as const,
  )
  // What the job's types say of its tables is what its manifest lists.
  return { directory, manifest, tables: Object.fromEntries(tables) as unknown as OpenedResult<T>['tables'] }
}

/** A run has its result in a folder of its own, unless it was told another place. */
function placeOf(path: string): string {
  const inside = join(path, 'result')
  return !existsSync(join(path, manifestName)) && existsSync(join(inside, manifestName)) ? inside : path
}

/** A table in its file. */
class TableOnDisk implements ResultTable<Key, unknown> {
  readonly name: string
  readonly rows: number
  readonly #table: CommittedTable
  readonly #path: string
  readonly #format: Manifest['tableFormat']

  constructor(directory: string, table: CommittedTable, format: Manifest['tableFormat']) {
    this.name = table.name
    this.rows = table.rows
    this.#table = table
    this.#path = join(directory, table.file)
    this.#format = format
  }

  async get(key: Key): Promise<unknown> {
    if (this.#format !== 'jsonl') throw this.#unreadable('looked up in')
    const search = new TableSearch(this.#path, this.#table.bytes)
    try {
      const found = search.find(key)
      return found === null ? undefined : valueIn(found.bytes, found.valueStart, found.valueEnd)
    } finally {
      search.close()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row<Key, unknown>, void> {
    const hash = createHash('sha256')
    const lines = new TableLines(this.#path, this.#lineFormat(), (chunk) => void hash.update(chunk))
    try {
      while (lines.next()) {
        const row = lines.tooLong
          ? `is longer than ${lineBytesMaxDefault} bytes`
          : readRow(lines.bytes, lines.start, lines.end)
        if (typeof row === 'string') throw damaged(`${this.#path}, line ${lines.line} ${row}`)
        yield { key: row.key, value: valueIn(lines.bytes, row.valueStart, row.valueEnd) }
      }
      if (hash.digest('hex') !== this.#table.sha256)
        throw damaged(`${this.#path} was changed after it was written`)
    } finally {
      lines.close()
    }
  }

  #lineFormat(): LineFormat {
    if (this.#format === 'jsonl' || this.#format === 'json') return this.#format
    throw this.#unreadable('read back from')
  }

  #unreadable(what: string): TallymanError {
    return new TallymanError('usage', `Table ${this.name} cannot be ${what} ${this.#format}.`, {
      wayOut: 'Run the job again with --format jsonl: nothing is counted anew.',
    })
  }
}

/** A table that was just written as JSON lines. */
export class LinesOnDisk extends TableOnDisk {
  constructor(directory: string, table: CommittedTable) {
    super(directory, table, 'jsonl')
  }
}

function valueIn(bytes: Buffer, start: number, end: number): unknown {
  return parseJson(bytes, start, end, 'exact')
}

function damaged(what: string): TallymanError {
  return new TallymanError('file-damaged', `${what}.`, {
    wayOut: '`tallyman verify` says what is wrong with the result.',
  })
}
