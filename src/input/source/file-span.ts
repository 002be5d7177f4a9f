import type { ByteChunks } from './byte-chunks.ts'
import type { InputFile } from './input-file.ts'

/** What to read of a file. Ends are exclusive. */
export interface Span {
  readonly startByte: number
  /** Bytes up to here are wanted, and read one chunk ahead. */
  readonly wantedEndByte: number
  /** Bytes from `wantedEndByte` to here are read only when asked for, and in small pieces. */
  readonly endByte: number
}

/** What a line that goes on beyond its range usually needs. */
const beyondBytes = 65_536

/** Reads a span of a file, one chunk ahead. */
export class FileSpan implements ByteChunks {
  readonly #file: InputFile
  readonly #span: Span
  readonly #chunkBytes: number
  /** Where the next read begins. */
  #atByte: number
  #ahead: Promise<Buffer | Error> | null = null

  constructor(file: InputFile, span: Span, chunkBytes: number) {
    this.#file = file
    this.#span = span
    this.#chunkBytes = chunkBytes
    this.#atByte = span.startByte
  }

  async next(): Promise<Buffer | null> {
    if (this.#ahead === null && this.#atByte >= this.#span.endByte) return null
    const chunk = await (this.#ahead ?? this.#read())
    this.#ahead = this.#atByte < this.#span.wantedEndByte ? this.#read() : null
    if (chunk instanceof Error) throw chunk
    return chunk
  }

  async close(): Promise<void> {
    this.#atByte = this.#span.endByte
    await this.#ahead
  }

  /** Settles to an error instead of failing, since the next call may come late or never. */
  #read(): Promise<Buffer | Error> {
    const { wantedEndByte, endByte } = this.#span
    const atByte = this.#atByte
    const bytes =
      atByte < wantedEndByte
        ? Math.min(this.#chunkBytes, wantedEndByte - atByte)
        : Math.min(this.#chunkBytes, beyondBytes, endByte - atByte)
    const chunk = Buffer.allocUnsafeSlow(bytes)
    this.#atByte += bytes
    return this.#file.read(chunk, 0, bytes, atByte).then(
      () => chunk,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
  }
}
