import type { ErrorCode } from '../../errors.ts'

/** The bytes of a split in order, decompressed. One caller at a time; none of these bytes is read before the first `next`, only what says where they begin. */
export interface ByteChunks {
  /**
   * The next bytes, at least one; null at the end, once every check the source knows has passed.
   * A chunk is not written to again, by anybody, before it is given back, which is when a decoder's `leaveChunk` (`job/format.ts`) says that no record points into it.
   *
   * @throws {SourceFault} when the bytes cannot be had, or cannot be trusted
   */
  next(): Promise<Buffer | null>
  /**
   * Takes a chunk back that nobody looks at any more, so that its memory can hold another one: a new one for each takes page faults, and makes V8
   * look through all of its heap every few tens of megabytes. Left out where chunks are never used again.
   */
  giveBack?(chunk: Buffer): void
  /**
   * Called where reading ends before `next` has given null: checks what is still to be checked of the bytes that are the split's own. Left out
   * where there is nothing. Throws as `next` does.
   */
  finish?(): Promise<void>
  /** Stops whatever is under way and waits for it. Safe at any time, more than once. */
  close(): Promise<void>
}

/** What is wrong with an input, still without the place: only the reader above knows file, byte and line. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault'
  readonly code: ErrorCode
  /** What to do, where it is not what such faults ask for. */
  readonly wayOut: string | undefined

  constructor(code: ErrorCode, what: string, cause?: unknown, wayOut?: string) {
    super(what, cause === undefined ? undefined : { cause })
    this.code = code
    this.wayOut = wayOut
  }
}

/** A promise turned into a value, so that one that fails while nobody waits for it is not taken for an oversight. */
type Outcome = { readonly chunk: Buffer | null } | { readonly error: unknown }

/** Fetches one chunk ahead, so that inflating and decoding overlap. */
export class AheadChunks implements ByteChunks {
  readonly #source: ByteChunks
  #ahead: Promise<Outcome> | null = null
  #closed = false

  constructor(source: ByteChunks) {
    this.#source = source
  }

  async next(): Promise<Buffer | null> {
    const outcome = await (this.#ahead ?? this.#fetch())
    if ('error' in outcome) throw outcome.error
    this.#ahead = outcome.chunk === null || this.#closed ? Promise.resolve(outcome) : this.#fetch()
    return outcome.chunk
  }

  giveBack(chunk: Buffer): void {
    this.#source.giveBack?.(chunk)
  }

  async finish(): Promise<void> {
    const outcome = await this.#ahead
    if (outcome !== null && 'error' in outcome) throw outcome.error
    await this.#source.finish?.()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#source.close()
    await this.#ahead
  }

  #fetch(): Promise<Outcome> {
    return this.#source.next().then(
      (chunk) => ({ chunk }),
      (error: unknown) => ({ error }),
    )
  }
}
