import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf, TallymanError } from '../../errors.ts'
import type { RunEvent } from './events.ts'
import { parseLine, requireHeader } from './journal.ts'

/** Reads a journal while another process appends to it: each event once. */
export class JournalTail {
  readonly #file: string
  /** Bytes of the lines that were read. */
  #readBytes = 0
  #lines = 0
  /** The last line that was read. */
  #last = ''

  constructor(file: string) {
    this.#file = file
  }

  /**
   * Events of whole lines that have been appended since the last call. Cost: reads those bytes, and opens the file.
   *
   * @throws {TallymanError} `file-damaged` for a line whose checksum is wrong, or a journal of another version
   */
  next(): RunEvent[] {
    const bytes = readFrom(this.#file, this.#readBytes)
    const end = bytes.lastIndexOf(0x0a) + 1
    if (end === 0) return []
    const events: RunEvent[] = []
    for (const line of bytes.toString('utf8', 0, end - 1).split('\n')) {
      this.#lines += 1
      const object = this.#parse(line)
      // The first line is the header, which no event is like.
      if (this.#lines > 1) events.push(object as RunEvent)
    }
    this.#readBytes += end
    return events
  }

  #parse(line: string): object {
    const object = parseLine(line, this.#last)
    this.#last = line
    if (object !== null) {
      if (this.#lines === 1) requireHeader(object, this.#file)
      return object
    }
    throw new TallymanError('file-damaged', `${this.#file}, line ${this.#lines}: the checksum is wrong.`)
  }
}

/** What a file holds from a byte on; nothing where it is not there. */
function readFrom(file: string, startByte: number): Buffer {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - startByte))
    let length = 0
    while (length < bytes.length) {
      const got = readSync(fd, bytes, length, bytes.length - length, startByte + length)
      // Its writer has taken a half line back since.
      if (got === 0) break
      length += got
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(fd)
  }
}
