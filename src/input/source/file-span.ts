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

/** Reads a span of a file in two buffers that take turns: one is read into while the other is being used. */
export class FileSpan implements ByteChunks {
  readonly #file: InputFile
  readonly #span: Span
  readonly #chunkBytes: number
  readonly #buffers: (Buffer | undefined)[] = [undefined, undefined]
  #turn = 0
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
    this.#turn = 1 - this.#turn
    let buffer = this.#buffers[this.#turn]
    if (buffer === undefined || buffer.length < bytes) {
      buffer = Buffer.allocUnsafeSlow(bytes)
      this.#buffers[this.#turn] = buffer
    }
    const into = buffer
    this.#atByte += bytes
    return this.#file.read(into, 0, bytes, atByte).then(
      () => into.subarray(0, bytes),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
  }
}
