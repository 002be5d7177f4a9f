import { TallymanError } from '../../errors.ts'

/** Which lines of a stream are wanted, and how long they may be. */
export interface LineBounds {
  /** Offset in the stream of the first byte that will be pushed. */
  readonly firstByte: number
  /** True where the stream is entered in the middle: what comes up to the first newline is part of another's line. */
  readonly skipFirst: boolean
  /** Lines that begin here or later are another's; Infinity where the stream is read to its end. */
  readonly endByte: number
  /** Longer lines, terminator not counted, are passed over without being held. */
  readonly lineBytesMax: number
}

const newline = 0x0a
const carriageReturn = 0x0d
/** Length of the byte order mark in UTF-8, EF BB BF. */
const markBytes = 3
/** What a line may have beside its content before its newline: a byte order mark and a carriage return. */
const extraBytesMax = markBytes + 1
/** How much of an overlong line is kept for messages. */
const headBytesMax = 1024
/** A buffer for lines that cross chunks is given back when one of them made it larger than this. */
const keptBytesMax = 4 * 1024 * 1024

/**
 * Cuts chunks into lines, cursor style. A line ends in LF or CRLF or where the stream ends; a byte order mark at the
 * stream's start is passed over. Lines inside a chunk are not copied; one that crosses chunks is put together.
 */
export class LineCutter {
  /** The line at hand is `bytes[start, end)`, without its terminator; of an overlong one only the head. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** Where the line's content lies in the stream. */
  startByte = 0
  endByte = 0
  /** Lines so far, the one at hand included. */
  lines = 0
  /** Bytes of these lines, terminators and byte order mark included. */
  bytesOfLines = 0
  /** The line at hand is longer than allowed. */
  tooLong = false
  /** The line at hand is the stream's last and has no newline. */
  unfinished = false

  readonly #bounds: LineBounds
  readonly #lineEnd: ((from: number) => number) | null
  #chunk: Buffer = Buffer.alloc(0)
  /** Next byte of the chunk to look at. */
  #at = 0
  /** Offset in the stream of the chunk's first byte. */
  #chunkByte: number
  /** Offset in the stream of the line that is being looked for. */
  #lineByte: number
  /** The part of that line that was in earlier chunks. */
  #tail: Buffer = Buffer.alloc(0)
  #tailBytes = 0
  #lastByte = 0
  #skipping: boolean
  #ended = false

  /** @param lineEnd where the first newline is in the chunk at hand, from an offset on; -1 where there is none */
  constructor(bounds: LineBounds, lineEnd: ((from: number) => number) | null = null) {
    this.#bounds = bounds
    this.#lineEnd = lineEnd
    this.#chunkByte = bounds.firstByte
    this.#lineByte = bounds.firstByte
    this.#skipping = bounds.skipFirst
  }

  /** Where the stream has been pushed up to. */
  get pushedByte(): number {
    return this.#chunkByte + this.#chunk.length
  }

  /** No line that is wanted can follow any more, so nothing more needs to be read. */
  get done(): boolean {
    if (this.#at < this.#chunk.length) return false
    if (this.#skipping) return this.pushedByte + 1 >= this.#bounds.endByte
    return this.#lineByte >= this.#bounds.endByte
  }

  /** Adds the next chunk, once `next` has returned false. The chunk is used until the next push. */
  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length || this.#ended) {
      throw new TallymanError('internal', 'Lines were pushed before those at hand were read.')
    }
    this.#chunkByte += this.#chunk.length
    this.#chunk = chunk
    this.#at = 0
  }

  /** Says that the stream ends here: what is left is its last line. */
  finish(): void {
    this.#ended = true
  }

  /** Goes to the next line. Returns false when the chunk holds no more, or no more is wanted. */
  next(): boolean {
    if (this.#skipping && !this.#skip()) return false
    if (this.#lineByte >= this.#bounds.endByte) {
      this.#at = this.#chunk.length
      return false
    }
    const newlineAt = this.#newlineFrom(this.#at)
    if (newlineAt === -1) {
      this.#keep(this.#chunk.length)
      return this.#ended && this.#finalLine()
    }
    if (this.#lineByte < this.#chunkByte) {
      this.#keep(newlineAt)
      this.#setFromTail(this.#chunkByte + newlineAt)
    } else {
      this.bytes = this.#chunk
      this.start = this.#at
      this.end = newlineAt
      this.#lastByte = this.#chunk[newlineAt - 1] ?? 0
      this.#set(this.#chunkByte + newlineAt)
    }
    this.#at = newlineAt + 1
    this.#lineByte = this.#chunkByte + newlineAt + 1
    this.bytesOfLines += 1
    return true
  }

  #newlineFrom(at: number): number {
    if (this.#lineEnd === null || at === this.#chunk.length) return this.#chunk.indexOf(newline, at)
    return this.#lineEnd(at)
  }

  /** Passes over the line that began before the range. */
  #skip(): boolean {
    const newlineAt = this.#newlineFrom(this.#at)
    if (newlineAt === -1) {
      this.#at = this.#chunk.length
      return false
    }
    this.#skipping = false
    this.#at = newlineAt + 1
    this.#lineByte = this.#chunkByte + newlineAt + 1
    return true
  }

  /** Keeps the unfinished line's bytes of this chunk, or only its head once it is too long to be wanted. */
  #keep(end: number): void {
    const start = this.#at
    this.#at = end
    if (end > start) this.#lastByte = this.#chunk[end - 1] ?? 0
    const bytes = this.#chunkByte + end - this.#lineByte
    const tooLong = bytes > this.#bounds.lineBytesMax + extraBytesMax
    if (tooLong && this.#tailBytes > headBytesMax) {
      this.#tailBytes = headBytesMax
      if (this.#tail.length > keptBytesMax) this.#tail = Buffer.from(this.#tail.subarray(0, headBytesMax))
    }
    const room = tooLong ? Math.max(0, headBytesMax - this.#tailBytes) : end - start
    const copied = Math.min(end - start, room)
    this.#reserve(this.#tailBytes + copied)
    this.#chunk.copy(this.#tail, this.#tailBytes, start, start + copied)
    this.#tailBytes += copied
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#tail.length) return
    const grown = Buffer.allocUnsafeSlow(
      Math.max(bytes, Math.min(this.#tail.length * 2, this.#bounds.lineBytesMax), 4096),
    )
    this.#tail.copy(grown, 0, 0, this.#tailBytes)
    this.#tail = grown
  }

  /** What a stream holds after its last newline is a line, unless it is nothing, or only a byte order mark. */
  #finalLine(): boolean {
    const endByte = this.pushedByte
    if (this.#lineByte === endByte) return false
    this.#setFromTail(endByte)
    this.#lineByte = endByte
    this.unfinished = true
    if (endByte > markBytes || this.startByte < markBytes) return true
    this.lines = 0
    return false
  }

  #setFromTail(endByte: number): void {
    this.bytes = this.#tail
    this.start = 0
    this.end = this.#tailBytes
    this.#tailBytes = 0
    if (this.#tail.length > keptBytesMax) this.#tail = Buffer.alloc(0)
    this.#set(endByte)
  }

  /** The line's raw bytes end at `endByte` of the stream; `bytes[start, end)` holds them, or their head. */
  #set(endByte: number): void {
    const startByte = this.#lineByte
    const rawBytes = endByte - startByte
    const whole = this.end - this.start === rawBytes
    const crBytes = rawBytes > 0 && this.#lastByte === carriageReturn ? 1 : 0
    const bomBytes = startByte === 0 && this.#beginsWithMark() ? markBytes : 0
    this.start += bomBytes
    if (whole) this.end -= crBytes
    this.startByte = startByte + bomBytes
    this.endByte = endByte - crBytes
    this.lines += 1
    this.bytesOfLines += rawBytes
    this.tooLong = this.endByte - this.startByte > this.#bounds.lineBytesMax
  }

  #beginsWithMark(): boolean {
    const { bytes, start, end } = this
    return (
      end - start >= markBytes &&
      bytes[start] === 0xef &&
      bytes[start + 1] === 0xbb &&
      bytes[start + 2] === 0xbf
    )
  }
}
