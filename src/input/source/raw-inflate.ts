import { showCount } from '../../quantities.ts'
import { SourceFault } from './byte-chunks.ts'

/** Inflates one deflate stream (RFC 1951) from a feed, pulled chunk by chunk. */
export interface RawInflate {
  /**
   * The next chunk, which nobody writes to before it is given back; null where the stream says it ends: the feed then stands at the first
   * byte after it.
   *
   * @throws {SourceFault} `input-damaged`
   */
  next(): Promise<Buffer | null>
  /** As `ByteChunks` has it. */
  giveBack?(chunk: Buffer): void
  /** Releases the decompressor, once what is under way has ended. */
  close(): Promise<void>
}

/** What is wrong with compressed data between two bytes of the file. */
export function sayInflateFault(
  error: Error & { readonly code: string },
  fromByte: number,
  toByte: number,
): SourceFault {
  const what =
    error.code === 'Z_BUF_ERROR'
      ? `the compressed data is cut off: it should go on at byte ${showCount(toByte)} of the file`
      : `the compressed data is damaged (${error.message}), between bytes ${showCount(fromByte)} and ${showCount(toByte)} of the file`
  return new SourceFault('input-damaged', what, error)
}
