import type { ByteChunks } from './byte-chunks.ts'
import type { OpenedFile } from './opened-file.ts'

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
  readonly #file: Pick<OpenedFile, 'read'>
  readonly #span: Span
  readonly #chunkBytes: number
  /** Where the next read begins. */
  #atByte: number
  #ahead: Promise<Buffer | Error> | null = null
  /** Memory of a chunk that was given back. */
  #spare: ArrayBufferLike | null = null

  constructor(file: Pick<OpenedFile, 'read'>, span: Span, chunkBytes: number) {
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

  giveBack(chunk: Buffer): void {
    if (chunk.buffer.byteLength >= (this.#spare?.byteLength ?? 0)) this.#spare = chunk.buffer
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
    const chunk = this.#allocate(bytes)
    this.#atByte += bytes
    return this.#file.read(chunk, 0, bytes, atByte).then(
      () => chunk,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** A chunk is an object of its own also where its memory is not: by the object others tell whether it is the one they know. */
  #allocate(bytes: number): Buffer {
    const spare = this.#spare
    if (spare === null || spare.byteLength < bytes) return Buffer.allocUnsafeSlow(bytes)
    this.#spare = null
    return Buffer.from(spare, 0, bytes)
  }
}
