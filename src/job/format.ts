/** The interface an input format meets: how bytes of a split become records. Implementations live in `input/`. */

/** Where a record was found. Orders records: by path, then member name, then byte. */
export interface Position {
  /** The file, as it was named or found. */
  readonly path: string
  /** Member of an archive; null for a file that holds no members. */
  readonly member: string | null
  /** Offset of the record's first byte in the file or member, after decompression. */
  readonly byte: number
  /**
   * Line number from 1; null where lines before the split were not counted, or the format has no lines. So a result that holds it depends on how
   * files are cut: `byte` does not.
   */
  readonly line: number | null
}

/** Says that the bytes at hand hold no record (a blank line) and nothing is wrong with that. */
export const noRecord: unique symbol = Symbol.for('tallyman.noRecord')

/** Thrown by a decoder for bytes that should hold a record and do not. The record is rejected; the run goes on. */
export class RecordRejection extends Error {
  override readonly name = 'RecordRejection'
  /** Where in the record the trouble was met, in bytes from its start; null for the record as a whole. */
  readonly atByte: number | null

  constructor(reason: string, atByte: number | null = null) {
    super(reason)
    this.atByte = atByte
  }
}

/** Turns the bytes of one unit into a record. Made once for each split; called for one unit at a time, in order. */
export interface Decoder<R> {
  /**
   * Decodes `bytes[start, end)`: one line without its terminator, or one whole file or member.
   * The bytes are valid only until the call returns, unless they are the chunk that was entered last: those, until `leaveChunk` has allowed more.
   *
   * @returns the record, or `noRecord` for bytes that hold none (a blank line)
   * @throws {RecordRejection} when the bytes should hold a record and do not
   */
  decode(bytes: Buffer, start: number, end: number): R | typeof noRecord
  /**
   * Says that the lines to come lie in this chunk, unless they cross its ends: then `bytes` of `decode` is this very
   * object. A chunk is not written to again before `leaveChunk` allows it, and may be kept as long as records need it.
   */
  enterChunk?(chunk: Buffer): void
  /**
   * Says that no more lines come of the chunk at hand. True where nothing that was decoded points into it any more: its memory is then
   * written to again. Left out, chunks are never written to again.
   */
  leaveChunk?(): boolean
  /**
   * Where the first newline is at or after `start` in the chunk that was entered last; -1 where there is none. For a decoder that
   * looks at lines ahead, and so knows where they end. Others leave it out, and lines are found without them.
   */
  lineEnd?(start: number): number
}

/**
 * Names of properties that are read, each with what is read of an object that is its value: null where that may be used in any way.
 */
export type Reads = ReadonlyMap<string, Reads | null>

/** What is known of how a map uses its records. */
export interface RecordUse {
  /** What it reads of them, and it does nothing else with them. */
  readonly reads: Reads
  /** Whether it may read them when it has returned, in a function that it made. */
  readonly mayReadLater: boolean
}

/** How bytes become records: what `input:` of a job holds. */
export interface InputFormat<R> {
  /** Shown in the plan and the manifest, for example `jsonl`. */
  readonly name: string
  /** What a decoder is given: every line, or every file or archive member as a whole. */
  readonly unit: 'line' | 'file'
  /** Units longer than this are rejected without being held in memory. */
  readonly recordBytesMax: number
  /** Everything else that decides what is decoded, as plain data: shown in the plan and the manifest. */
  readonly options: Readonly<Record<string, string | number | boolean | null>>
  /**
   * Makes a decoder. Called once for each split.
   *
   * @param use where it is known that records are only read, and what of them: the decoder may then give something that can do no
   *   more. Null or left out where records are to be what they are for anybody. Most formats pass over it.
   */
  decoder(use?: RecordUse | null): Decoder<R>
}
