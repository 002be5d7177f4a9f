import { SourceFault } from './byte-chunks.ts'
import { giveMemory, takeMemory } from './chunk-memory.ts'
import type { FileFeed } from './file-feed.ts'
import { InflateError, type InflateOrder, type Inflater, type InflateStep } from './inflater.ts'
import { type RawInflate, sayInflateFault } from './raw-inflate.ts'

/** Least size of a chunk. */
const chunkBytesMin = 64
/**
 * What a step inflates at once. With one chunk, the thread that works on it would wait for the next one now and then: it begins a step
 * only between two chunks, and inflating is not equally fast everywhere. With four it would not wait less.
 */
const chunksPerStep = 2
const nothing = Buffer.alloc(0)

/** After how many bytes of output the next block boundary is to end a chunk; asked before each step. */
export interface BlockSpacing {
  readonly everyBytes: number
}

/** What is wanted of a stream; nothing of it is right or wrong. */
export interface InflateWants {
  /** Bytes that are surely wanted. Beyond them nothing is inflated before it is asked for, and little at a time. */
  readonly ownBytes?: number
  readonly spacing?: BlockSpacing | null
}

/** What a line that goes on beyond its part usually needs. */
const beyondBytes = 65_536

/** Memory that chunks lie in. */
interface LentOutput {
  readonly memory: ArrayBufferLike
  /** Bytes that were not given back. */
  bytes: number
}

/** More than that are under way only where chunks are kept. */
const lentMax = 4

/** A step that is under way. */
interface Running {
  readonly order: InflateOrder
  readonly step: Promise<InflateStep>
}

/**
 * A step of zlib at a time in the thread pool. The next one begins before a chunk is handed out: the stream is inflated by one core while
 * another one works on what was inflated before. Of chunks, six at most are held.
 */
export class SteppedInflate implements RawInflate {
  /** The chunk at hand ends at a block boundary, and this byte of the file is the first that zlib had not taken by then. Null otherwise. */
  boundaryByte: number | null = null
  readonly #feed: FileFeed
  readonly #chunkBytes: number
  readonly #inflater: Inflater
  readonly #spacing: BlockSpacing | null
  /** Bytes of output that are still wanted for sure. */
  #ownBytes: number
  /** Input that was taken from the feed and not yet used. */
  #input: Buffer = nothing
  #noMoreInput = false
  /** `output[outputStart, …)` is free. */
  #output: Buffer = nothing
  #outputStart = 0
  /** Where chunks are that were not given back, the oldest first; what is kept for ever is forgotten here. */
  readonly #lent: LentOutput[] = []
  /** Memory all of whose chunks were given back. */
  #spare: ArrayBufferLike | null = null
  /** What the last step put out and nobody has asked for yet. */
  #rest: Buffer = nothing
  /** Where `boundaryByte` will be when that is used up. */
  #restBoundaryByte: number | null = null
  #running: Running | null = null
  /** Bytes since the last boundary, or since the start. */
  #sinceBoundary = 0
  #ended = false
  #closed = false

  /**
   * @param chunkBytes size of a chunk at most
   * @param inflater a new one, or one that stands where the feed does
   */
  constructor(
    feed: FileFeed,
    chunkBytes: number,
    inflater: Inflater,
    { ownBytes = Number.POSITIVE_INFINITY, spacing = null }: InflateWants = {},
  ) {
    this.#feed = feed
    this.#chunkBytes = Math.max(chunkBytesMin, chunkBytes)
    this.#inflater = inflater
    this.#spacing = spacing
    this.#ownBytes = ownBytes
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#rest.length > 0) {
        this.#beginAtOnce()
        return this.#cutChunk()
      }
      if (this.#ended) return null
      const running = this.#running ?? (await this.#begin())
      let step: InflateStep
      try {
        step = await running.step
      } catch (error) {
        // It stays the step that is under way: whoever asks again is told the same.
        throw this.#explain(error)
      }
      this.#running = null
      this.#requireOpen()
      this.#settle(running.order, step)
    }
  }

  giveBack(chunk: Buffer): void {
    const lent = this.#lent.find(({ memory }) => memory === chunk.buffer)
    if (lent === undefined) return
    lent.bytes -= chunk.length
    if (lent.bytes > 0) return
    this.#lent.splice(this.#lent.indexOf(lent), 1)
    if (this.#spare !== null) giveMemory(this.#spare)
    this.#spare = lent.memory
  }

  async close(): Promise<void> {
    this.#closed = true
    // Nobody asks any more how it went.
    await this.#running?.step.catch(() => undefined)
    this.#inflater.close()
    this.#leaveOutput()
    if (this.#spare !== null) giveMemory(this.#spare)
    this.#spare = null
  }

  /** The next of the equal parts that what was put out is cut into. */
  #cutChunk(): Buffer {
    const chunks = Math.ceil(this.#rest.length / this.#chunkBytes)
    const chunk = this.#rest.subarray(0, Math.ceil(this.#rest.length / chunks))
    this.#rest = this.#rest.subarray(chunk.length)
    this.boundaryByte = this.#rest.length === 0 ? this.#restBoundaryByte : null
    return chunk
  }

  #requireOpen(): void {
    if (this.#closed) throw new SourceFault('internal', 'the decompressor was closed while it was read from')
  }

  /** Begins a step; waits for input where there is none at hand. */
  async #begin(): Promise<Running> {
    if (this.#input.length === 0 && !this.#noMoreInput) {
      const piece = await this.#feed.take()
      if (piece === null) this.#noMoreInput = true
      else this.#input = piece
    }
    this.#requireOpen()
    return this.#start()
  }

  /** Begins a step where none is under way and there is input at hand. */
  #beginAtOnce(): void {
    if (this.#running !== null || this.#ended || this.#ownBytes <= 0) return
    if (this.#input.length === 0 && !this.#noMoreInput) this.#input = this.#feed.takeAtOnce() ?? nothing
    if (this.#input.length > 0) this.#start()
  }

  #start(): Running {
    // What is left of a buffer is used where that is worth a step.
    if (this.#output.length - this.#outputStart < this.#chunkBytes) this.#newOutput()
    const toBoundary = (this.#spacing?.everyBytes ?? Number.POSITIVE_INFINITY) - this.#sinceBoundary
    const room = toBoundary > 0 ? Math.max(chunkBytesMin, toBoundary) : Number.POSITIVE_INFINITY
    const order: InflateOrder = {
      input: this.#input,
      output: this.#output.subarray(0, this.#outputStart + Math.min(room, this.#ownRoom())),
      outputStart: this.#outputStart,
      stop: this.#noMoreInput ? 'input-is-all' : toBoundary > 0 ? 'none' : 'block',
    }
    this.#running = { order, step: this.#inflater.step(order) }
    // Whoever waits for it is told of a failure; it is none that nobody looked yet.
    this.#running.step.catch(() => undefined)
    return this.#running
  }

  /** What is left of an output is given back by nobody else. */
  #leaveOutput(): void {
    const left = this.#output.subarray(this.#outputStart)
    this.#output = nothing
    this.#outputStart = 0
    this.giveBack(left)
  }

  #newOutput(): void {
    this.#leaveOutput()
    const bytes = this.#chunkBytes * chunksPerStep
    this.#output = this.#spare === null ? takeMemory(bytes) : Buffer.from(this.#spare, 0, bytes)
    this.#spare = null
    this.#outputStart = 0
    this.#lent.push({ memory: this.#output.buffer, bytes: this.#output.length })
    if (this.#lent.length > lentMax) this.#lent.shift()
  }

  #ownRoom(): number {
    return this.#ownBytes > 0 ? Math.max(chunkBytesMin, this.#ownBytes) : beyondBytes
  }

  /** Takes note of what a step did. */
  #settle({ input, output, outputStart, stop }: InflateOrder, step: InflateStep): void {
    const { inputBytes, outputBytes } = step
    const outputEnd = outputStart + outputBytes
    const hasStopped = inputBytes < input.length && outputEnd < output.length
    const isIdle = inputBytes === 0 && outputBytes === 0
    this.#input = input.subarray(inputBytes)
    this.#outputStart = outputEnd
    // Zlib leaves input while there is room for output only where the stream has ended; or at a boundary, if it was told to stop there.
    const isAtBlock = stop === 'block' && hasStopped && !isIdle
    const isBoundary = isAtBlock && outputBytes > 0
    if (stop === 'input-is-all') this.#ended = outputEnd < output.length
    else this.#ended = hasStopped && !isAtBlock
    if (this.#ended) {
      this.#feed.putBack(this.#input.length)
      this.#input = nothing
    }
    this.#restBoundaryByte = isBoundary ? this.#feed.atByte - this.#input.length : null
    this.#ownBytes -= outputBytes
    this.#sinceBoundary = isBoundary ? 0 : this.#sinceBoundary + outputBytes
    this.#rest = output.subarray(outputStart, outputEnd)
  }

  #explain(error: unknown): SourceFault {
    if (!(error instanceof InflateError)) throw error
    const atByte = this.#feed.atByte
    return sayInflateFault(error, atByte - this.#input.length, atByte)
  }
}
