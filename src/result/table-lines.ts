import { closeSync, openSync, readSync } from 'node:fs'
import { errnoOf, TallymanError } from '../errors.ts'
import { LineCutter } from '../input/index.ts'

/** Formats whose lines hold whole rows, from which canonical bytes can be told. */
export type LineFormat = 'jsonl' | 'json'

const chunkBytes = 256 * 1024

/** Longer lines are passed over without being held: their start alone is there. */
export const lineBytesMaxDefault = 256 * 1024 * 1024

const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * The rows of a table's file as lines, cursor style, in memory for the longest of them: for `json` without the brackets
 * around all and the commas between.
 */
export class TableLines {
  readonly #fd: number
  readonly #format: LineFormat
  readonly #observe: (chunk: Buffer) => void
  readonly #chunk = Buffer.allocUnsafe(chunkBytes)
  readonly #cutter: LineCutter
  #ended = false
  #end = 0

  /**
   * Opens the file.
   *
   * @throws {TallymanError} `file-damaged` where it is not there
   *
   * @param observe called with each piece of the file before its lines are given; by the last of them, with all of it
   */
  constructor(
    file: string,
    format: LineFormat,
    observe: (chunk: Buffer) => void,
    lineBytesMax = lineBytesMaxDefault,
  ) {
    this.#cutter = new LineCutter({
      firstByte: 0,
      skipFirst: false,
      endByte: Number.POSITIVE_INFINITY,
      lineBytesMax,
    })
    this.#fd = openTable(file)
    this.#format = format
    this.#observe = observe
  }

  /** The row's line is `bytes[start, end)`; of one that is `tooLong` only the head. */
  get bytes(): Buffer {
    return this.#cutter.bytes
  }
  get start(): number {
    return this.#cutter.start
  }
  /** Exclusive. */
  get end(): number {
    return this.#end
  }
  get tooLong(): boolean {
    return this.#cutter.tooLong
  }
  /** Line in the file, from 1. */
  get line(): number {
    return this.#cutter.lines
  }

  /** Goes to the next row. Returns false after the last one. */
  next(): boolean {
    while (this.#nextLine()) {
      const { bytes, start, end } = this.#cutter
      this.#end = end
      if (this.#format === 'jsonl') return true
      const isBracket = end - start === 1 && (bytes[start] === openBracket || bytes[start] === closeBracket)
      if (isBracket) continue
      if (!this.tooLong && bytes[end - 1] === comma) this.#end = end - 1
      return true
    }
    return false
  }

  close(): void {
    closeSync(this.#fd)
  }

  #nextLine(): boolean {
    while (!this.#cutter.next()) {
      if (this.#ended) return false
      const length = readSync(this.#fd, this.#chunk, 0, chunkBytes, null)
      if (length === 0) {
        this.#ended = true
        this.#cutter.finish()
      } else {
        const piece = this.#chunk.subarray(0, length)
        this.#observe(piece)
        this.#cutter.push(piece)
      }
    }
    return true
  }
}

function openTable(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause
    throw new TallymanError('file-damaged', `${file} was written, and is not there any more.`, {
      wayOut:
        '`tallyman verify` says what else is wrong with the result. Run the job again, or get another copy.',
      cause,
    })
  }
}
