import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
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

  /** Begins the journal, or goes on with the one that is there. */
  constructor(file: string, begin: 'new' | 'continue') {
    this.#fd = openSync(file, begin === 'new' ? 'wx' : 'a')
    if (begin === 'new') this.#write(header)
  }

  append(event: RunEvent): void {
    this.#write(event)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(line: object): void {
    const bytes = Buffer.from(encodeLine(line))
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
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
 * @throws {TallymanError} `not-found` where there is none; `file-damaged` for a line whose checksum is wrong, or a
 *   journal of another version
 */
export function readJournal(file: string): JournalContent {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new TallymanError('not-found', `${file}: this run has no journal; it ended before it had a plan.`, {
      cause,
    })
  }
  const end = bytes.lastIndexOf(0x0a) + 1
  const lines = end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n')
  const parsed = lines.map((line, index) => parseLine(line, `${file}, line ${index + 1}`))
  const [first, ...events] = parsed
  const isOurs =
    typeof first === 'object' &&
    first !== null &&
    'format' in first &&
    first.format === header.format &&
    'version' in first
  if (!isOurs) throw damaged(`${file} does not begin as a journal`)
  if (first.version !== header.version) {
    throw new TallymanError(
      'file-damaged',
      `${file} is of version ${String(first.version)}; this tallyman reads ${header.version}.`,
    )
  }
  // The checksum says that this program wrote the line.
  return { events: events as unknown as readonly RunEvent[], wholeBytes: end }
}

function parseLine(line: string, place: string): object {
  const json = line.slice(9)
  if (line[8] !== ' ' || checksum(json) !== line.slice(0, 8)) throw damaged(`${place}: the checksum is wrong`)
  return JSON.parse(json)
}

function damaged(what: string): TallymanError {
  return new TallymanError('file-damaged', `${what}.`, {
    wayOut: 'The run cannot go on from it: start the run again.',
  })
}
