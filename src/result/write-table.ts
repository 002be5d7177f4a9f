import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { ByteWriter, canonicalJson, decodeKey, type RecordFileReader, writeKeyJson } from '../record/index.ts'
import type { CommittedTable } from '../run/index.ts'
import type { RowWriter, TableFormat } from './format/row-writer.ts'
import { PartMerge } from './part-rows.ts'

/** A table in its file, and its first canonical lines. */
export interface WrittenTable {
  readonly table: CommittedTable
  readonly head: readonly string[]
}

/** Where a table goes, and how. */
export interface TableTarget {
  /** Directory of the file. */
  readonly staging: string
  readonly format: TableFormat
  /** Makes the text of every format but JSON lines, which are canonical lines. */
  readonly writer: RowWriter
  /** Lines that are kept to be shown. */
  readonly headRows: number
  /** Over the canonical lines of all tables. */
  readonly digest: Hash
  /** Aborted to give up. */
  readonly stop: AbortSignal | undefined
}

const writeBytesMin = 64 * 1024
/** How long signals and timers may wait while rows are written. */
const breatheEveryMs = 50

/** Merges a table's part files into its file. Signals and timers get their turn while it writes. */
export async function writeTable(
  name: string,
  parts: readonly string[],
  target: TableTarget,
): Promise<WrittenTable> {
  const file = `${name}.${target.format}`
  const fd = openSync(join(target.staging, file), 'wx')
  const out = new TableFile(fd, name, target)
  let breathedAtMs = performance.now()
  try {
    const rows = new PartMerge(parts)
    try {
      for (let row = rows.next(); row !== null; row = rows.next()) {
        out.append(row)
        if (out.heldBytes < writeBytesMin) continue
        out.flush()
        if (performance.now() - breathedAtMs < breatheEveryMs) continue
        await setImmediate()
        target.stop?.throwIfAborted()
        breathedAtMs = performance.now()
      }
    } finally {
      rows.close()
    }
    return { table: { name, file, ...out.finish() }, head: out.head }
  } finally {
    closeSync(fd)
  }
}

const beforeKey = Buffer.from('{"key":')
const beforeValue = Buffer.from(',"value":')
const afterValue = Buffer.from('}\n')

/** Rows on their way into a file. Canonical lines are put together from the bytes of part files, without a string for each. */
class TableFile {
  readonly head: string[] = []
  readonly #fd: number
  readonly #target: TableTarget
  readonly #hash = createHash('sha256')
  readonly #canonical = new ByteWriter(2 * writeBytesMin)
  /** What the file gets where that are not the canonical lines. */
  #text: string
  #rows = 0
  #bytes = 0

  constructor(fd: number, name: string, target: TableTarget) {
    this.#fd = fd
    this.#target = target
    this.#text = target.writer.head
    target.digest.update(`table ${name}\n`)
  }

  get heldBytes(): number {
    return Math.max(this.#canonical.length, this.#text.length)
  }

  append(row: RecordFileReader): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = row
    const out = this.#canonical
    const start = out.length
    out.bytes(beforeKey, 0, beforeKey.length)
    writeKeyJson(out, bytes, keyStart, keyEnd)
    out.bytes(beforeValue, 0, beforeValue.length)
    out.bytes(bytes, valueStart, valueEnd)
    out.bytes(afterValue, 0, afterValue.length)
    if (this.#rows < this.#target.headRows) this.head.push(out.buffer.toString('utf8', start, out.length))
    this.#rows += 1
    if (this.#target.format === 'jsonl') return
    const key = decodeKey(bytes, keyStart, keyEnd)
    const valueJson = bytes.toString('utf8', valueStart, valueEnd)
    this.#text += this.#target.writer.row({ key, keyJson: canonicalJson(key), valueJson })
  }

  /** Hands on what is held. */
  flush(): void {
    const canonical = this.#canonical.buffer.subarray(0, this.#canonical.length)
    this.#target.digest.update(canonical)
    this.#write(this.#target.format === 'jsonl' ? canonical : Buffer.from(this.#text, 'utf8'))
    this.#canonical.clear()
    this.#text = ''
  }

  finish(): { readonly rows: number; readonly bytes: number; readonly sha256: string } {
    this.#text += this.#target.writer.tail
    this.flush()
    return { rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  #write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd, chunk, at)
    this.#hash.update(chunk)
    this.#bytes += chunk.length
  }
}
