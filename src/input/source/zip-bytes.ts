import { type ErrorCode, TallymanError } from '../../errors.ts'
import { showCount } from '../../quantities.ts'

/** Reads from a file into the buffer; returns how many bytes, fewer than asked only at the end. */
export type ReadBytes = (into: Buffer, atByte: number) => Promise<number> | number

/** What is wrong with an archive, and where. */
export class ArchiveError extends TallymanError {
  /** In the archive, from 0. */
  readonly byte: number

  constructor(code: ErrorCode, path: string, byte: number, what: string, wayOut: string) {
    super(code, `${path}: ${what}.`, { wayOut })
    this.byte = byte
  }
}

/** An archive's bytes, with the errors that tell what is wrong with them. */
export class ArchiveBytes {
  readonly sizeBytes: number
  readonly #read: ReadBytes
  readonly #path: string

  constructor(read: ReadBytes, sizeBytes: number, path: string) {
    this.#read = read
    this.sizeBytes = sizeBytes
    this.#path = path
  }

  /**
   * Reads exactly `bytes` bytes. The caller has checked that they lie in the file.
   *
   * @throws {TallymanError} `input-changed` when the file has become shorter
   */
  async get(atByte: number, bytes: number): Promise<Buffer> {
    const into = Buffer.allocUnsafe(bytes)
    let count = 0
    while (count < bytes) {
      const got = await this.#read(into.subarray(count), atByte + count)
      if (got <= 0) {
        const wayOut = 'Let whatever writes the file finish, then run again.'
        throw this.#error(
          'input-changed',
          atByte + count,
          'the file became shorter while it was read',
          wayOut,
        )
      }
      count += got
    }
    return into
  }

  damaged(byte: number, what: string): ArchiveError {
    const wayOut = 'Fetch the archive again; "unzip -t" shows what is left of it.'
    return this.#error('input-damaged', byte, `${what} (byte ${showCount(byte)})`, wayOut)
  }

  unsupported(byte: number, what: string, wayOut: string): ArchiveError {
    return this.#error('input-unsupported', byte, what, wayOut)
  }

  #error(code: ErrorCode, byte: number, what: string, wayOut: string): ArchiveError {
    return new ArchiveError(code, this.#path, byte, what, wayOut)
  }
}
