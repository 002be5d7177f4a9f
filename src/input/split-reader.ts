import type { RecordRejection } from '../job/index.ts'

/** What has been read of a split so far. */
export interface SplitTotals {
  /** Bytes read from disk, compressed where the input is. */
  readonly readBytes: number
  /** Bytes of the split's own lines, or of its file, after decompression. */
  readonly bytes: number
  readonly lines: number
}

/**
 * Goes through the records of one split, cursor style:
 *
 *     while (await reader.nextChunk())
 *       for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) …
 */
export interface SplitReader<R> {
  /**
   * Reads the next chunk, about 1 MiB decompressed; it may hold any number of records, none included. Called when
   * `next` has said `end-of-chunk`.
   *
   * @returns false at the end of the split, once everything that can be checked about the input has been
   * @throws {TallymanError} `input-damaged`, `input-unsupported`, `input-changed` or `io`, naming file, member, byte
   *   and line; and the same one again when called again
   */
  nextChunk(): Promise<boolean>
  /** Goes to the next record, or to a unit that should be one and is not. */
  next(): 'record' | 'rejected' | 'end-of-chunk'
  /** After `next` said `record`. */
  readonly record: R
  /** After `next` said `rejected`. */
  readonly rejection: RecordRejection
  /** First byte of the line or file at hand, in the decompressed stream. */
  readonly startByte: number
  /** End of its content, exclusive: a line's terminator is not counted. */
  readonly endByte: number
  /** Line at hand, from 1, counted from the start of the split. */
  readonly line: number
  /** The first characters, at most 200, of the line or file at hand; after `next`, until the next call of anything. */
  excerpt(): string
  readonly totals: SplitTotals
  /** Releases the file, also in the middle of it. Safe at any time, more than once. */
  close(): Promise<void>
}
