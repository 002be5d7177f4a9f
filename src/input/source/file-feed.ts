import type { InputFile } from './input-file.ts'

/** Compressed bytes on their way from a file into a decompressor, in order, with bytes it did not use put back. */
export class FileFeed {
  readonly #file: InputFile
  readonly #endByte: number
  readonly #pieceBytes: number
  #buffer: Buffer
  /** `buffer[start, end)` is read and not yet taken. */
  #start = 0
  #end = 0
  /** Offset in the file of `buffer[end]`. */
  #readByte: number

  /** @param chunkBytes what one piece should become when inflated */
  constructor(file: InputFile, startByte: number, endByte: number, chunkBytes: number) {
    // Text compresses about tenfold; a small piece also places damage better.
    const pieceBytes = Math.max(1, chunkBytes >>> 3)
    this.#file = file
    this.#endByte = endByte
    this.#pieceBytes = pieceBytes
    this.#readByte = startByte
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(pieceBytes * 4, endByte - startByte)))
  }

  /** Offset in the file of the next byte that will be taken. */
  get atByte(): number {
    return this.#readByte - (this.#end - this.#start)
  }

  /** The next piece; null at the end. Valid until the next call that reads; `putBack` refers to it. */
  async take(): Promise<Buffer | null> {
    if (this.#start === this.#end && !(await this.#fill())) return null
    const end = Math.min(this.#end, this.#start + this.#pieceBytes)
    const piece = this.#buffer.subarray(this.#start, end)
    this.#start = end
    return piece
  }

  /** Puts back the last `bytes` bytes of the piece that was taken last. */
  putBack(bytes: number): void {
    this.#start -= bytes
  }

  /** Exactly `bytes` bytes, a few; null when fewer are left, and then nothing is taken. Valid until the next call. */
  async need(bytes: number): Promise<Buffer | null> {
    while (this.#end - this.#start < bytes) if (!(await this.#fill())) return null
    this.#start += bytes
    return this.#buffer.subarray(this.#start - bytes, this.#start)
  }

  /** Reads more behind what is there. Returns false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#readByte >= this.#endByte) return false
    const held = this.#end - this.#start
    const buffer = held < this.#buffer.length ? this.#buffer : Buffer.allocUnsafeSlow(this.#buffer.length * 2)
    this.#buffer.copy(buffer, 0, this.#start, this.#end)
    this.#buffer = buffer
    this.#start = 0
    this.#end = held
    const bytes = Math.min(buffer.length - held, this.#endByte - this.#readByte)
    await this.#file.read(buffer, held, held + bytes, this.#readByte)
    this.#end += bytes
    this.#readByte += bytes
    return true
  }
}
