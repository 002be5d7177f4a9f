import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { TallymanError } from '../errors.ts'
import type { RunEvent } from './events.ts'

/**
 * The journal of a run: a line an event, `CRC SPACE JSON LF`, after a header line of the same form. The format is
 * described in docs/formats/journal.md.
 */

const header = { format: 'tallyman journal', version: 1 } as const

/** Appends to a journal; each event is with the system before `append` returns. */
export class JournalWriter {
  readonly #fd: number
  /** Bytes of whole lines. */
  #wholeBytes: number

  /** Begins the journal, or goes on with the one that is there. */
  constructor(file: string, begin: 'new' | 'continue') {
    this.#fd = openSync(file, begin === 'new' ? 'ax' : 'a')
    this.#wholeBytes = fstatSync(this.#fd).size
    if (begin === 'new') this.#write(header)
  }

  append(event: RunEvent): void {
    this.#write(event)
  }

  /** Waits until everything that was appended is on the disk. */
  sync(): void {
    fsyncSync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** A line that the disk has no room for is taken back: the next one must not be joined to its half. */
  #write(line: object): void {
    const bytes = Buffer.from(encodeLine(line))
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      ftruncateSync(this.#fd, this.#wholeBytes)
      throw error
    }
    this.#wholeBytes += bytes.length
  }
}

export function encodeLine(line: object): string {
  const json = JSON.stringify(line)
  return `${checksum(json)} ${json}\n`
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}

/** What a journal holds. */
export interface JournalContent {
  readonly events: readonly RunEvent[]
  /** Bytes of whole lines; what follows is the half line a crash left. */
  readonly wholeBytes: number
}

/**
 * Reads a journal. A last line that was cut off is passed over, since its event was never acted upon.
 *
 * @returns null where there is no journal, or not even its header is whole: nothing had happened yet
 * @throws {TallymanError} `file-damaged` for a line whose checksum is wrong, or a journal of another version
 */
export function readJournal(file: string): JournalContent | null {
  const bytes = readIfThere(file)
  if (bytes === null) return null
  const end = bytes.lastIndexOf(0x0a) + 1
  requireCutOff(bytes.subarray(end), file)
  if (end === 0) return null
  const lines = bytes.toString('utf8', 0, end - 1).split('\n')
  const [first, ...events] = lines.map((line, index) => parseLine(line, `${file}, line ${index + 1}`))
  requireHeader(first, file)
  // The checksum says that this program wrote the line.
  return { events: events as RunEvent[], wholeBytes: end }
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** What follows the last line feed must be the half of a line: a whole one has lost its line feed to damage. */
function requireCutOff(rest: Buffer, file: string): void {
  const line = rest.toString('utf8', 0, Math.max(0, rest.length - 1))
  if (isWhole(line)) throw damaged(`${file} is damaged at its last byte`)
}

function requireHeader(first: object | undefined, file: string): void {
  const isOurs = first !== undefined && 'format' in first && first.format === header.format
  if (!isOurs || !('version' in first)) throw damaged(`${file} does not begin as a journal`)
  if (first.version === header.version) return
  throw new TallymanError(
    'file-damaged',
    `${file} is of version ${String(first.version)}; this tallyman reads ${header.version}.`,
    { wayOut: 'Go on with the version of tallyman that began the run, or start the run again.' },
  )
}

function isWhole(line: string): boolean {
  return line[8] === ' ' && checksum(line.slice(9)) === line.slice(0, 8)
}

function parseLine(line: string, place: string): object {
  if (!isWhole(line)) throw damaged(`${place}: the checksum is wrong`)
  return JSON.parse(line.slice(9))
}

function damaged(what: string): TallymanError {
  return new TallymanError('file-damaged', `${what}.`, {
    wayOut: 'The run cannot go on from it: start the run again.',
  })
}
