import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordPlace } from '../flow/index.ts'
import { readLeftFile } from '../host/index.ts'

/**
 * A file that holds the place of the record at hand, so that it can be read after the worker has died: ordinal and byte,
 * eight bytes each, least significant first. A write of 16 bytes at one place costs about a microsecond.
 */
const noteName = 'record-at-hand'
const noteBytes = 16

/** Keeps the note of one attempt. */
export class PlaceNote {
  readonly #file: string
  readonly #fd: number
  readonly #bytes = Buffer.alloc(noteBytes)

  /** @param directory of the attempt, existing */
  constructor(directory: string) {
    this.#file = join(directory, noteName)
    this.#fd = openSync(this.#file, 'w')
  }

  write({ ordinal, byte }: RecordPlace): void {
    this.#bytes.writeBigUInt64LE(BigInt(ordinal), 0)
    this.#bytes.writeBigUInt64LE(BigInt(byte), 8)
    writeSync(this.#fd, this.#bytes, 0, noteBytes, 0)
  }

  /** The attempt has ended well: nobody needs the note. */
  remove(): void {
    closeSync(this.#fd)
    unlinkSync(this.#file)
  }
}

/** The place a careful attempt had written down last; null where there is none. */
export function readPlaceNote(directory: string): RecordPlace | null {
  // The attempt was not a careful one, died before its first record, or its job has put something else there.
  const bytes = readLeftFile(join(directory, noteName), noteBytes)
  if (bytes?.length !== noteBytes) return null
  return { ordinal: Number(bytes.readBigUInt64LE(0)), byte: Number(bytes.readBigUInt64LE(8)) }
}
