import type { GzipCut } from '../split.ts'
import { SourceFault } from './byte-chunks.ts'
import { inflaterAt } from './deflate-restart.ts'
import { type IndexFile, IndexWriter, windowBytesMax } from './gzip-index.ts'
import { InflateError } from './inflater.ts'
import type { OpenedFile } from './opened-file.ts'
import type { BlockSpacing } from './stepped-inflate.ts'

/** Where the index of a file goes, and how dense it is. */
export interface IndexOrder {
  /** Data between two cuts, at least. */
  readonly everyBytes: number
  /** Called at the first cut. */
  readonly create: () => IndexFile
}

/** Where reading stands after a chunk of a member. */
export interface MemberPlace {
  readonly dataByte: number
  /** Members before this one. */
  readonly members: number
  readonly memberBytes: number
  readonly memberCrc32: number
  /** See `SteppedInflate`. */
  readonly boundaryByte: number | null
}

/** With more cuts than this, every second one is given up: a hundred workers have no use for them. */
const cutsMax = 1024
/** How much is inflated from a boundary on, to see that it is where it is taken to be; and what is read for that. */
const trialBytes = 32_768
const trialInputBytes = 16_384
/** Less than this proves nothing. */
const trialBytesMin = 4096

/** A block boundary, of which it is not known yet at which bit it is. */
interface Boundary {
  readonly cut: Omit<GzipCut, 'block'>
  readonly memberBytes: number
  readonly memberCrc32: number
  readonly window: Buffer
  /** What follows it. */
  after: Buffer
}

/**
 * Writes the index of a gzip file while that is read as a whole. It has cuts at blocks, where the next reader can begin, and at
 * members. Memory: two windows and 300 bytes a cut. Cost: about a millisecond a cut.
 */
export class GzipIndexer implements BlockSpacing {
  everyBytes: number
  readonly #file: OpenedFile
  readonly #order: IndexOrder
  #writer: IndexWriter | null = null
  #cuts: GzipCut[] = []
  #boundary: Boundary | null = null
  /** The end of what the member at hand holds: `tail[0, tailBytes)`. */
  readonly #tail = Buffer.alloc(windowBytesMax)
  #tailBytes = 0

  constructor(file: OpenedFile, order: IndexOrder) {
    this.#file = file
    this.#order = order
    this.everyBytes = order.everyBytes
  }

  /** A member that is not the first begins. */
  beginMember(cut: GzipCut): void {
    if (cut.dataByte - (this.#cuts.at(-1)?.dataByte ?? 0) >= this.everyBytes) this.#add(cut)
  }

  /** A chunk of a member passes by. */
  async pass(chunk: Buffer, place: MemberPlace): Promise<void> {
    const boundary = this.#boundary
    if (boundary !== null) {
      boundary.after = Buffer.concat([boundary.after, chunk.subarray(0, trialBytes - boundary.after.length)])
      if (boundary.after.length === trialBytes) await this.#prove(boundary)
    }
    this.#keepTail(chunk)
    const { boundaryByte, dataByte, members, memberBytes, memberCrc32 } = place
    if (boundaryByte === null || this.#boundary !== null) return
    const window = Buffer.from(this.#tail.subarray(0, this.#tailBytes))
    const cut = { byte: boundaryByte, dataByte, members }
    this.#boundary = { cut, memberBytes, memberCrc32, window, after: Buffer.alloc(0) }
  }

  async endMember(): Promise<void> {
    if (this.#boundary !== null) await this.#prove(this.#boundary)
    this.#tailBytes = 0
  }

  /** The file was read to its end, and is as it should be: only then there is an index. */
  finish(dataBytes: number): void {
    const cuts = this.#cuts.filter(({ dataByte }) => dataByte < dataBytes)
    if (cuts.length > 0) this.#open().finish({ fileBytes: this.#file.sizeBytes, dataBytes, cuts })
    this.close()
  }

  close(): void {
    this.#writer?.close()
    this.#writer = null
    this.#cuts = []
  }

  /** Looks at which bit the boundary is, by what is inflated from there on. One that cannot be told is left out. */
  async #prove(boundary: Boundary): Promise<void> {
    this.#boundary = null
    const { cut, memberBytes, memberCrc32, window, after } = boundary
    const input = Buffer.alloc(Math.min(1 + trialInputBytes, this.#file.sizeBytes - (cut.byte - 1)))
    await this.#file.read(input, 0, input.length, cut.byte - 1)
    const bits = [0, 1, 2, 3, 4, 5, 6, 7].find((bits) => leadsTo(after, window, bits, input))
    if (bits === undefined) return
    const place = this.#open().addWindow(window)
    this.#add({ ...cut, block: { bits, memberBytes, memberCrc32, ...place } })
  }

  #add(cut: GzipCut): void {
    this.#cuts.push(cut)
    if (this.#cuts.length <= cutsMax) return
    this.#cuts = this.#cuts.filter((_, index) => index % 2 === 1)
    this.everyBytes *= 2
  }

  #open(): IndexWriter {
    this.#writer ??= new IndexWriter(this.#order.create())
    return this.#writer
  }

  #keepTail(chunk: Buffer): void {
    const kept = Math.max(0, Math.min(this.#tailBytes, windowBytesMax - chunk.length))
    this.#tail.copyWithin(0, this.#tailBytes - kept, this.#tailBytes)
    this.#tailBytes = kept + chunk.copy(this.#tail, kept, Math.max(0, chunk.length - windowBytesMax))
  }
}

/** Is this data what a block begins with that has so many bits of the input's first byte? */
function leadsTo(data: Buffer, window: Buffer, bits: number, input: Buffer): boolean {
  const output = Buffer.allocUnsafe(data.length)
  try {
    const inflater = inflaterAt(window, bits, input[0] ?? 0)
    try {
      const order = { input: input.subarray(1), output, outputStart: 0, stop: 'none' } as const
      const { outputBytes } = inflater.stepNow(order)
      return (
        outputBytes >= trialBytesMin && output.subarray(0, outputBytes).equals(data.subarray(0, outputBytes))
      )
    } finally {
      inflater.close()
    }
  } catch (error) {
    if (error instanceof InflateError || error instanceof SourceFault) return false
    throw error
  }
}
