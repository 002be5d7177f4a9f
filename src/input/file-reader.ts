import { type Decoder, noRecord, RecordRejection } from '../job/index.ts'
import { showCount } from '../quantities.ts'
import { excerptOf } from './excerpt.ts'
import { countBytes } from './source/say.ts'
import type { Split } from './split.ts'
import type { SplitBytes } from './split-bytes.ts'
import type { SplitReader, SplitTotals } from './split-reader.ts'
import { statedBytes } from './split-size.ts'

/** How much of a file that is too long is kept for messages. */
const headBytesMax = 1024

/** Reads a split whose format takes the whole file or member at once: its bytes are gathered chunk by chunk. */
export class FileReader<R> implements SplitReader<R> {
  readonly startByte = 0
  readonly #bytes: SplitBytes
  readonly #decoder: Decoder<R>
  readonly #fileBytesMax: number
  #content: Buffer
  #heldBytes = 0
  #fileBytes = 0
  #record: R | undefined
  #rejection: RecordRejection | undefined
  #state: 'gathering' | 'gathered' | 'read' = 'gathering'
  #failure: unknown

  constructor(split: Split, bytes: SplitBytes, decoder: Decoder<R>, fileBytesMax: number) {
    this.#bytes = bytes
    this.#decoder = decoder
    this.#fileBytesMax = fileBytesMax
    this.#content = Buffer.allocUnsafeSlow(Math.min(expectedBytes(split), fileBytesMax))
  }

  get record(): R {
    return this.#record as R
  }

  get rejection(): RecordRejection {
    this.#rejection ??= new RecordRejection('nothing was rejected')
    return this.#rejection
  }

  get endByte(): number {
    return this.#fileBytes
  }

  get line(): number {
    return 1
  }

  get totals(): SplitTotals {
    return {
      readBytes: this.#bytes.readBytes,
      bytes: this.#fileBytes,
      lines: this.#state === 'read' ? 1 : 0,
    }
  }

  async nextChunk(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#state !== 'gathering') return false
    try {
      const chunk = await this.#bytes.next()
      if (chunk === null) this.#state = 'gathered'
      else {
        this.#gather(chunk)
        this.#bytes.giveBack(chunk)
      }
      return true
    } catch (error) {
      this.#failure = this.#bytes.explain(error, this.#fileBytes, null)
      throw this.#failure
    }
  }

  next(): 'record' | 'rejected' | 'end-of-chunk' {
    if (this.#state !== 'gathered') return 'end-of-chunk'
    this.#state = 'read'
    if (this.#fileBytes > this.#fileBytesMax) return this.#reject(this.#tooLong())
    try {
      const record = this.#decoder.decode(this.#content, 0, this.#heldBytes)
      if (record === noRecord) return 'end-of-chunk'
      this.#record = record
      return 'record'
    } catch (error) {
      if (!(error instanceof RecordRejection)) throw error
      return this.#reject(error)
    }
  }

  excerpt(): string {
    return excerptOf(this.#content, 0, this.#heldBytes)
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }

  /** Beyond the limit only the length is counted, and the file still checked to its end. */
  #gather(chunk: Buffer): void {
    this.#fileBytes += chunk.length
    if (this.#fileBytes > this.#fileBytesMax) {
      if (this.#heldBytes === 0) this.#content = Buffer.from(chunk.subarray(0, headBytesMax))
      else if (this.#content.length > headBytesMax)
        this.#content = Buffer.from(this.#content.subarray(0, headBytesMax))
      this.#heldBytes =
        this.#heldBytes === 0 ? this.#content.length : Math.min(this.#heldBytes, this.#content.length)
      return
    }
    const neededBytes = this.#heldBytes + chunk.length
    if (neededBytes > this.#content.length) {
      const grown = Buffer.allocUnsafeSlow(
        Math.min(Math.max(neededBytes, this.#content.length * 2), this.#fileBytesMax),
      )
      this.#content.copy(grown, 0, 0, this.#heldBytes)
      this.#content = grown
    }
    chunk.copy(this.#content, this.#heldBytes)
    this.#heldBytes = neededBytes
  }

  #reject(rejection: RecordRejection): 'rejected' {
    this.#rejection = rejection
    return 'rejected'
  }

  #tooLong(): RecordRejection {
    return new RecordRejection(
      `the file is ${countBytes(this.#fileBytes)} long; a record may have ${showCount(this.#fileBytesMax)} (recordBytesMax)`,
    )
  }
}

/** What to make room for: what the split says, but no more than a lie may cost. */
function expectedBytes(split: Split): number {
  const trustedBytesMax = 16 * 1024 * 1024
  return Math.min(statedBytes(split) ?? 0, trustedBytesMax)
}
