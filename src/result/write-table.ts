import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { TallymanError } from '../errors.ts'
import { writeFully } from '../host/index.ts'
import { ByteWriter, decodeKey, type RecordFileReader } from '../record/index.ts'
import type { CommittedTable } from '../run/index.ts'
import { beforeKey, writeRowLine } from './canonical-row.ts'
import type { RowWriter, TableFormat } from './format/row-writer.ts'
import { PartMerge } from './part-rows.ts'
import { type Lines, openRowLines, type RowLines } from './row-lines.ts'

/** A table in its file, and its first canonical lines. */
export interface WrittenTable {
  readonly table: CommittedTable
  readonly head: readonly string[]
}

/** What a table is put together from. */
export interface TableParts {
  /** Part files. */
  readonly files: readonly string[]
  /** What the reduce tasks say that these have together. */
  readonly rows: number
}

/** Where a table goes, and how. */
export interface TableTarget {
  /** Directory of the file. */
  readonly staging: string
  readonly format: TableFormat
  /** Makes the text of the format; null for JSON lines, which are the canonical lines themselves. */
  readonly writer: RowWriter | null
  /** Lines that are kept to be shown. */
  readonly headRows: number
  /** Over the canonical lines of all tables. */
  readonly digest: Hash
  /** Aborted to give up. */
  readonly stop: AbortSignal | undefined
}

const writeBytesMin = 64 * 1024
const lineFeed = 0x0a
/** How long signals and timers may wait while rows are written. */
const breatheEveryMs = 50

/**
 * Merges a table's part files into its file. Signals and timers get their turn while it writes.
 *
 * @throws {TallymanError} `internal` where rows were lost on the way, or came twice
 */
export async function writeTable(
  name: string,
  { files, rows }: TableParts,
  target: TableTarget,
): Promise<WrittenTable> {
  const file = `${name}.${target.format}`
  const path = join(target.staging, file)
  const fd = openSync(path, 'wx')
  const out = new TableFile(fd, path, name, target)
  try {
    const { writer } = target
    if (writer === null) await writeLines(openRowLines(files), out)
    else await writeRows(new PartMerge(files), writer, out)
    const finished = out.finish()
    if (finished.rows !== rows)
      throw new TallymanError(
        'internal',
        `Table ${name} got ${finished.rows} rows, and its part files have ${rows}.`,
      )
    return { table: { name, file, ...finished }, head: out.head }
  } finally {
    closeSync(fd)
  }
}

async function writeLines(lines: RowLines, out: TableFile): Promise<void> {
  try {
    for (let next = lines.next(); next !== null; next = lines.next()) {
      out.appendLines(next)
      await out.relieve()
    }
  } finally {
    lines.close()
  }
}

/** The same for every other format: rows one by one. */
async function writeRows(rows: PartMerge, writer: RowWriter, out: TableFile): Promise<void> {
  try {
    for (let row = rows.next(); row !== null; row = rows.next()) {
      out.append(row, writer)
      const pause = out.relieve()
      if (pause !== undefined) await pause
    }
  } finally {
    rows.close()
  }
}

/** Rows on their way into a file. Canonical lines are put together from the bytes of part files, without a string for each. */
class TableFile {
  readonly head: string[] = []
  readonly #fd: number
  readonly #path: string
  readonly #target: TableTarget
  readonly #hash = createHash('sha256')
  readonly #canonical = new ByteWriter(2 * writeBytesMin)
  /** What the file gets where that are not the canonical lines. */
  #text: string
  #rows = 0
  #breathedAtMs = performance.now()
  #bytes = 0

  constructor(fd: number, path: string, name: string, target: TableTarget) {
    this.#fd = fd
    this.#path = path
    this.#target = target
    this.#text = target.writer?.head ?? ''
    target.digest.update(`table ${name}\n`)
  }

  /** Hands on what is held where that is much; returns a promise only where signals and timers have waited long enough. */
  relieve(): Promise<void> | undefined {
    if (Math.max(this.#canonical.length, this.#text.length) < writeBytesMin) return undefined
    this.#flush()
    return performance.now() - this.#breathedAtMs < breatheEveryMs ? undefined : this.#breathe()
  }

  async #breathe(): Promise<void> {
    await setImmediate()
    this.#target.stop?.throwIfAborted()
    this.#breathedAtMs = performance.now()
  }

  /** Appends canonical lines, where they are what the file gets. */
  appendLines({ bytes, start, end, rows }: Lines): void {
    for (let at = start; at < end && this.head.length < this.#target.headRows; ) {
      const lineEnd = bytes.indexOf(lineFeed, at) + 1
      this.head.push(bytes.toString('utf8', at, lineEnd))
      at = lineEnd
    }
    this.#canonical.bytes(bytes, start, end)
    this.#rows += rows
  }

  append(row: RecordFileReader, writer: RowWriter): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = row
    const out = this.#canonical
    const start = out.length
    const keyJsonEnd = writeRowLine(out, row)
    if (this.#rows < this.#target.headRows) this.head.push(out.buffer.toString('utf8', start, out.length))
    this.#rows += 1
    this.#text += writer.row({
      key: decodeKey(bytes, keyStart, keyEnd),
      keyJson: out.buffer.toString('utf8', start + beforeKey.length, keyJsonEnd),
      valueJson: bytes.toString('utf8', valueStart, valueEnd),
    })
  }

  /** Hands on what is held. */
  #flush(): void {
    const canonical = this.#canonical.buffer.subarray(0, this.#canonical.length)
    this.#target.digest.update(canonical)
    this.#write(this.#target.writer === null ? canonical : Buffer.from(this.#text, 'utf8'))
    this.#canonical.clear()
    this.#text = ''
  }

  finish(): { readonly rows: number; readonly bytes: number; readonly sha256: string } {
    this.#text += this.#target.writer?.tail ?? ''
    this.#flush()
    return { rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  #write(chunk: Buffer): void {
    writeFully(this.#fd, chunk, this.#path)
    this.#hash.update(chunk)
    this.#bytes += chunk.length
  }
}
