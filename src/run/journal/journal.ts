import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { errnoOf, messageOf, TallymanError, toFault } from '../../errors.ts'
import type { RunEvent } from './events.ts'

/**
 * The journal of a run: a line an event, `CRC SPACE JSON LF`, after a header line of the same form. Each checksum goes on from
 * that of the line before, so that a line that is whole but not in its place is found too. The format is described in
 * docs/formats/journal.md.
 */

/** Hexadecimal digits of CRC-32. */
const checksumLength = 8

const header = { format: 'tallyman journal', version: 2 } as const

/** Appends to a journal; each event is with the system before `append` returns. */
export class JournalWriter {
  readonly #file: string
  readonly #fd: number
  /** Bytes of whole lines. */
  #wholeBytes: number
  /** The last whole line. */
  #last = ''

  /**
   * Begins the journal, or goes on with the one that is there, whose last line must be whole.
   *
   * Cost: to go on, reads the journal.
   */
  constructor(file: string, begin: 'new' | 'continue') {
    this.#file = file
    this.#fd = openSync(file, begin === 'new' ? 'ax' : 'a')
    this.#wholeBytes = fstatSync(this.#fd).size
    if (begin === 'new') this.#write(header)
    else this.#last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  }

  /** @throws {TallymanError} `disk-full` or `io` where it could not be written; the journal is as before */
  append(event: RunEvent): void {
    this.#write(event)
  }

  /** Waits until everything that was appended is on the disk. Throws as `append` does. */
  sync(): void {
    try {
      fsyncSync(this.#fd)
    } catch (cause) {
      throw notWritten(this.#file, cause)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** A line that the disk has no room for is taken back: the next one must not be joined to its half. */
  #write(line: object): void {
    const text = encodeLine(line, this.#last)
    const bytes = Buffer.from(text)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    } catch (cause) {
      ftruncateSync(this.#fd, this.#wholeBytes)
      throw notWritten(this.#file, cause)
    }
    this.#wholeBytes += bytes.length
    this.#last = text
  }
}

function notWritten(file: string, cause: unknown): TallymanError {
  const { code } = toFault(cause)
  const what =
    code === 'disk-full'
      ? 'Free some space (`tallyman clean` shows what runs hold)'
      : 'See whether the disk is well'
  return new TallymanError(code, `The journal ${file} could not be written: ${messageOf(cause)}.`, {
    wayOut: `${what}, then resume.`,
    cause,
  })
}

/** @param before the line it follows; an empty text for the first one */
export function encodeLine(line: object, before: string): string {
  const json = JSON.stringify(line)
  return `${checksum(json, before)} ${json}\n`
}

function checksum(json: string, before: string): string {
  const seed = before === '' ? 0 : Number.parseInt(before.slice(0, checksumLength), 16)
  return crc32(json, seed).toString(16).padStart(checksumLength, '0')
}

/** What a journal holds. */
export interface JournalContent {
  readonly events: readonly RunEvent[]
  /** Bytes of whole lines; what follows is the half line a crash left. */
  readonly wholeBytes: number
}

/** Where a journal is not as it was written. */
export interface JournalDamage {
  /** The first such line, from 1. */
  readonly line: number
  /** Bytes from its start to the end of the file. */
  readonly bytes: number
}

/** What of a journal can be believed: the events before the first line that is not as it was written. */
interface BelievableJournal extends JournalContent {
  /** Null for a journal that is whole, up to a torn last line. */
  readonly damage: JournalDamage | null
}

/**
 * Reads a journal. A last line that was cut off is passed over, since its event was never acted upon.
 *
 * @returns null where there is no journal, or not even its header is whole: nothing had happened yet
 * @throws {TallymanError} `file-damaged` for a line whose checksum is wrong, or a journal of another version
 */
export function readJournal(file: string): JournalContent | null {
  const journal = readBelievable(file)
  if (journal === null) return null
  const { damage, ...content } = journal
  if (damage !== null) {
    throw new TallymanError('file-damaged', `${file}, line ${damage.line}: the checksum is wrong.`, {
      wayOut: '`tallyman resume` believes what stands before that line, and does the rest again.',
    })
  }
  return content
}

/**
 * Reads a journal up to the first line that is not as it was written. No line after it is believed, be it whole: what it
 * rests on is not known.
 *
 * @returns null as `readJournal` does
 * @throws {TallymanError} `file-damaged` where the header is damaged, or of another version: then nothing can be believed
 */
export function readBelievable(file: string): BelievableJournal | null {
  const bytes = readIfThere(file)
  if (bytes === null) return null
  const end = bytes.lastIndexOf(0x0a) + 1
  const torn = bytes.toString('utf8', end, Math.max(end, bytes.length - 1))
  if (end === 0 && !isWhole(torn, '')) return null
  const believed: object[] = []
  let wholeBytes = 0
  let last = ''
  while (wholeBytes < end) {
    const lineEnd = bytes.indexOf(0x0a, wholeBytes)
    const line = bytes.toString('utf8', wholeBytes, lineEnd)
    const object = parseLine(line, last)
    if (object === null) break
    believed.push(object)
    last = line
    wholeBytes = lineEnd + 1
  }
  const [first, ...events] = believed
  requireHeader(first, file)
  // What follows the last line feed must be the half of a line: a whole one has lost its line feed to damage.
  const isDamaged = wholeBytes < end || isWhole(torn, last)
  return {
    // The checksum says that this program wrote the line.
    events: events as RunEvent[],
    wholeBytes,
    damage: isDamaged ? { line: believed.length + 1, bytes: bytes.length - wholeBytes } : null,
  }
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

/** @throws {TallymanError} `file-damaged` for a first line that is not the header of a journal of this version */
export function requireHeader(first: object | undefined, file: string): void {
  const isOurs = first !== undefined && 'format' in first && first.format === header.format
  if (!isOurs || !('version' in first)) throw damaged(`${file} does not begin as a journal`)
  if (first.version === header.version) return
  throw new TallymanError(
    'file-damaged',
    `${file} is of version ${String(first.version)}; this tallyman reads ${header.version}.`,
    { wayOut: 'Go on with the version of tallyman that began the run, or start the run again.' },
  )
}

function isWhole(line: string, before: string): boolean {
  const json = line.slice(checksumLength + 1)
  return line[checksumLength] === ' ' && checksum(json, before) === line.slice(0, checksumLength)
}

/**
 * What a line says; null for one that is not as it was written, or not in its place.
 *
 * @param before the line it follows; an empty text for the first one
 */
export function parseLine(line: string, before: string): object | null {
  return isWhole(line, before) ? JSON.parse(line.slice(checksumLength + 1)) : null
}

function damaged(what: string): TallymanError {
  return new TallymanError('file-damaged', `${what}.`, {
    wayOut: 'The run cannot go on from it: start the run again.',
  })
}
