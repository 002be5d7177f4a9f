import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { GzipBlock, GzipCut } from '../split.ts'
import { SourceFault } from './byte-chunks.ts'

/**
 * The index of a gzip file: where in it one can begin to read. docs/formats/gzip-index.md describes it. Its life: `gzip-indexer.ts` writes it while a task reads a
 * whole file for the first time, among the files of the attempt (`index-name.ts` names it there); the run keeps it in the store (`run/store/`); the plan of a later run
 * finds it there, cuts the file by it (`run/plan/cut-by-index.ts`) and links it into `indexes/` of its directory, where the tasks that read parts open it.
 */

const magic = Buffer.from('tallyman gzip index 1\n')
/** Length of the table, and its SHA-256. */
const tailBytes = 4 + 32
/** How far deflate refers back (RFC 1951, 2): with so many bytes from before a cut, reading can begin there. */
export const windowBytesMax = 32_768
const tableBytesMax = 2 ** 24

/** Where an index is written to, in order. */
export interface IndexFile {
  write(chunk: Buffer): void
  close(): void
}

/** What the table of an index says. */
interface Table {
  /** Size of the gzip file. */
  readonly fileBytes: number
  /** What it holds, decompressed. */
  readonly dataBytes: number
  readonly cuts: readonly GzipCut[]
}

/** Writes an index: windows as they come, and the table last, which makes it one. */
export class IndexWriter {
  readonly #file: IndexFile
  #atByte = 0

  constructor(file: IndexFile) {
    this.#file = file
    this.#write(magic)
  }

  /** Writes a window down. Returns where it is. */
  addWindow(window: Buffer): Pick<GzipBlock, 'windowByte' | 'windowBytes' | 'windowCrc32'> {
    const deflated = deflateRawSync(window)
    const place = {
      windowByte: this.#atByte,
      windowBytes: deflated.length,
      windowCrc32: crc32(window),
    }
    this.#write(deflated)
    return place
  }

  finish(table: Table): void {
    const json = Buffer.from(JSON.stringify(table))
    const tail = Buffer.alloc(tailBytes)
    tail.writeUInt32LE(json.length)
    createHash('sha256').update(json).digest().copy(tail, 4)
    this.#write(Buffer.concat([json, tail]))
  }

  /** Without a table, what was written is no index. */
  close(): void {
    this.#file.close()
  }

  #write(bytes: Buffer): void {
    this.#file.write(bytes)
    this.#atByte += bytes.length
  }
}

/**
 * The cuts of an index; null for a file that is none, is damaged, or is of a file of another size. Cost: its table is read, 300 bytes a
 * cut.
 */
export function readIndexCuts(path: string, fileBytes: number): readonly GzipCut[] | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    // It was never written, or freed.
    return null
  }
  try {
    const table = readTable(fd)
    return table !== null && table.fileBytes === fileBytes ? table.cuts : null
  } catch {
    // What cannot be read is of no use, and nothing depends on it.
    return null
  } finally {
    closeSync(fd)
  }
}

function readTable(fd: number): Table | null {
  const { size } = fstatSync(fd)
  if (!readAt(fd, 0, magic.length).equals(magic)) return null
  const tail = readAt(fd, size - tailBytes, tailBytes)
  const tableBytes = tail.readUInt32LE(0)
  if (tableBytes > Math.min(tableBytesMax, size - tailBytes - magic.length)) return null
  const json = readAt(fd, size - tailBytes - tableBytes, tableBytes)
  if (!createHash('sha256').update(json).digest().equals(tail.subarray(4))) return null
  return JSON.parse(json.toString()) as Table
}

/**
 * The window of a block.
 *
 * @throws {SourceFault} `input-damaged` where it cannot be had
 */
export function readWindow(path: string, block: GzipBlock): Buffer {
  try {
    const fd = openSync(path, 'r')
    try {
      const deflated = readAt(fd, block.windowByte, block.windowBytes)
      const window = inflateRawSync(deflated, { maxOutputLength: windowBytesMax })
      if (crc32(window) === block.windowCrc32) return window
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw new SourceFault('input-damaged', 'the index of the gzip file cannot be read', error)
  }
  throw new SourceFault('input-damaged', 'the index of the gzip file is damaged')
}

function readAt(fd: number, atByte: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  if (readSync(fd, buffer, 0, bytes, atByte) < bytes) throw new Error('the file ends before')
  return buffer
}
