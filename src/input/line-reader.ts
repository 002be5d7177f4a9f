import { type Decoder, noRecord, RecordRejection } from '../job/index.ts'
import { showCount } from '../quantities.ts'
import { LineCutter } from './decode/lines.ts'
import { excerptOf } from './excerpt.ts'
import { sayNoLines } from './no-lines.ts'
import { SourceFault } from './source/byte-chunks.ts'
import { countBytes } from './source/say.ts'
import type { Split } from './split.ts'
import type { SplitBytes } from './split-bytes.ts'
import { lineBoundsOf, startByteOf } from './split-lines.ts'
import type { SplitReader, SplitTotals } from './split-reader.ts'

/** Reads a split whose format takes lines. */
export class LineReader<R> implements SplitReader<R> {
  readonly #bytes: SplitBytes
  readonly #decoder: Decoder<R>
  readonly #lineBytesMax: number
  readonly #cutter: LineCutter
  #record: R | undefined
  #rejection: RecordRejection | undefined
  #ended = false
  /** Whether nothing was read yet of a split that begins its file or member. */
  #isAtBegin: boolean
  /** The chunk that lines are cut from. */
  #chunk: Buffer | null = null
  #failure: unknown

  constructor(split: Split, bytes: SplitBytes, decoder: Decoder<R>, lineBytesMax: number) {
    this.#bytes = bytes
    this.#decoder = decoder
    this.#lineBytesMax = lineBytesMax
    this.#isAtBegin = startByteOf(split) === 0
    const bounds = { ...lineBoundsOf(split), lineBytesMax }
    // To be asked where a line ends has some decoders scan it, and many after it: `decode` then only takes what was found.
    this.#cutter = new LineCutter(bounds, decoder.lineEnd?.bind(decoder))
  }

  get record(): R {
    return this.#record as R
  }

  get rejection(): RecordRejection {
    this.#rejection ??= new RecordRejection('nothing was rejected')
    return this.#rejection
  }

  get startByte(): number {
    return this.#cutter.startByte
  }

  get endByte(): number {
    return this.#cutter.endByte
  }

  get line(): number {
    return this.#cutter.lines
  }

  get totals(): SplitTotals {
    return { readBytes: this.#bytes.readBytes, bytes: this.#cutter.bytesOfLines, lines: this.#cutter.lines }
  }

  async nextChunk(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ended) return false
    try {
      this.#leaveChunk()
      if (this.#cutter.done) return await this.#end(false)
      const chunk = await this.#bytes.next()
      if (chunk === null) return await this.#end(true)
      if (this.#isAtBegin) this.#requireLines(chunk)
      this.#chunk = chunk
      this.#cutter.push(chunk)
      this.#decoder.enterChunk?.(chunk)
      return true
    } catch (error) {
      this.#failure = this.#bytes.explain(error, this.#cutter.pushedByte, this.#cutter.lines + 1)
      throw this.#failure
    }
  }

  next(): 'record' | 'rejected' | 'end-of-chunk' {
    const cutter = this.#cutter
    while (cutter.next()) {
      if (cutter.tooLong) return this.#reject(this.#tooLong())
      try {
        const record = this.#decoder.decode(cutter.bytes, cutter.start, cutter.end)
        if (record === noRecord) continue
        this.#record = record
        return 'record'
      } catch (error) {
        if (!(error instanceof RecordRejection)) throw error
        return this.#reject(cutter.unfinished ? cutOff(error) : error)
      }
    }
    return 'end-of-chunk'
  }

  excerpt(): string {
    const { bytes, start, end } = this.#cutter
    return excerptOf(bytes, start, end)
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }

  /** The bytes of plain files were looked at before the run began; of what is compressed they are known only now. */
  #requireLines(chunk: Buffer): void {
    this.#isAtBegin = false
    const noLines = sayNoLines(chunk)
    if (noLines !== null)
      throw new SourceFault('input-unsupported', `it ${noLines.what}`, undefined, noLines.wayOut)
  }

  #leaveChunk(): void {
    const chunk = this.#chunk
    this.#chunk = null
    if (chunk !== null && this.#decoder.leaveChunk?.() === true) this.#bytes.giveBack(chunk)
  }

  async #end(streamEnded: boolean): Promise<boolean> {
    this.#ended = true
    if (streamEnded) this.#cutter.finish()
    else await this.#bytes.finish()
    return streamEnded
  }

  #reject(rejection: RecordRejection): 'rejected' {
    this.#rejection = rejection
    return 'rejected'
  }

  #tooLong(): RecordRejection {
    const bytes = this.#cutter.endByte - this.#cutter.startByte
    return new RecordRejection(
      `the line is ${countBytes(bytes)} long; a record may have ${showCount(this.#lineBytesMax)} (recordBytesMax)`,
    )
  }
}

/** A file that was being written when it was copied, or when its writer died, ends in half a line. */
function cutOff(rejection: RecordRejection): RecordRejection {
  return new RecordRejection(
    `${rejection.message}; this last line has no newline: it was probably cut off while it was written`,
    rejection.atByte,
  )
}
