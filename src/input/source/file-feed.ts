import type { OpenedFile } from './opened-file.ts'

/** What is read at a time at least, however small the pieces are. */
const bufferBytesMin = 64

/** A read that is under way, or done and not yet looked at. It never fails: what went wrong is kept until it is wanted. */
interface Read {
  readonly buffer: Buffer
  readonly bytes: number
  readonly ended: Promise<void>
  outcome: 'pending' | 'read' | { readonly error: unknown }
}

/**
 * Compressed bytes on their way from a file into a decompressor, in order, with bytes it did not use put back. While what was read
 * is used, what follows is read.
 */
export class FileFeed {
  readonly #file: Pick<OpenedFile, 'read'>
  readonly #endByte: number
  readonly #pieceBytes: number
  readonly #bufferBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  /** `buffer[start, end)` is read and not yet taken. */
  #start = 0
  #end = 0
  /** Offset in the file of `buffer[end]`. */
  #readByte: number
  #ahead: Read | null = null
  /** A buffer that nobody looks at any more. */
  #spare: Buffer | null = null

  /** @param chunkBytes of what is inflated; a piece should become two chunks, as many as are inflated at once */
  constructor(file: Pick<OpenedFile, 'read'>, startByte: number, endByte: number, chunkBytes: number) {
    // Text compresses six- to eightfold (`split-size.ts`), and a piece of a quarter suits eightfold; a small one also places damage better.
    const pieceBytes = Math.max(1, chunkBytes >>> 2)
    this.#file = file
    this.#endByte = endByte
    this.#pieceBytes = pieceBytes
    this.#bufferBytes = Math.max(1, Math.min(Math.max(bufferBytesMin, pieceBytes * 2), endByte - startByte))
    this.#readByte = startByte
  }

  /** Offset in the file of the next byte that will be taken. */
  get atByte(): number {
    return this.#readByte - (this.#end - this.#start)
  }

  /** The next piece; null at the end. Valid until the next call that reads; `putBack` refers to it. */
  async take(): Promise<Buffer | null> {
    if (this.#start === this.#end && !(await this.#fill())) return null
    return this.#cutPiece()
  }

  /** The same where it need not be waited for; null where it must, or at the end. */
  takeAtOnce(): Buffer | null {
    if (this.#start === this.#end) {
      if (this.#ahead?.outcome !== 'read') return null
      this.#adopt(this.#ahead)
    }
    return this.#cutPiece()
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

  /** Waits for what is being read. Nothing may be asked for after it. */
  async close(): Promise<void> {
    await this.#ahead?.ended
  }

  #cutPiece(): Buffer {
    const end = Math.min(this.#end, this.#start + this.#pieceBytes)
    const piece = this.#buffer.subarray(this.#start, end)
    this.#start = end
    return piece
  }

  /** Gets more behind what is there. Returns false at the end. */
  async #fill(): Promise<boolean> {
    this.#ahead ??= this.#read()
    if (this.#ahead === null) return false
    await this.#ahead.ended
    this.#adopt(this.#ahead)
    return true
  }

  /** Takes over what was read, and begins to read what follows. REQUIRES: the read has ended. */
  #adopt({ buffer, bytes, outcome }: Read): void {
    if (typeof outcome === 'object') throw outcome.error
    const held = this.#end - this.#start
    if (held === 0) {
      this.#spare = this.#buffer
      this.#buffer = buffer
    } else {
      this.#buffer = Buffer.concat([this.#buffer.subarray(this.#start, this.#end), buffer.subarray(0, bytes)])
      this.#spare = buffer
    }
    this.#start = 0
    this.#end = held + bytes
    this.#readByte += bytes
    this.#ahead = this.#read()
  }

  /** Null at the end. */
  #read(): Read | null {
    const bytes = Math.min(this.#bufferBytes, this.#endByte - this.#readByte)
    if (bytes <= 0) return null
    const spare = this.#spare
    const buffer = spare !== null && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(this.#bufferBytes)
    this.#spare = null
    const read: Read = {
      buffer,
      bytes,
      outcome: 'pending',
      ended: this.#file.read(buffer, 0, bytes, this.#readByte).then(
        () => {
          read.outcome = 'read'
        },
        (error: unknown) => {
          read.outcome = { error }
        },
      ),
    }
    return read
  }
}
