/** What one map task reads: pieces of inputs, as plain data that survives JSON. */

/** Size and time of a file when it was planned; an attempt that finds others fails. */
export interface FileIdentity {
  readonly sizeBytes: number
  /** Modification time in nanoseconds since the epoch, as decimal digits. */
  readonly mtimeNs: string
  /**
   * When anything about the file was last changed, as digits too. No program can set it back, as it can the modification
   * time; but links and rights change it as well, so that it only says what was kept of the file is not to be used.
   */
  readonly ctimeNs: string
  readonly inode: string
}

interface SplitBase {
  /** Place in the global order of all splits: by path, then member name, then start. */
  readonly ordinal: number
  /** File to open; bytes of the name that are not UTF-8 are kept as lone surrogates (see `path-bytes.ts`). */
  readonly path: string
  readonly identity: FileIdentity
}

/** Bytes of a plain file. A line belongs to the range its first byte lies in. */
export interface RangeSplit extends SplitBase {
  readonly kind: 'range'
  readonly startByte: number
  /** Exclusive. */
  readonly endByte: number
}

/**
 * A place where a gzip file can be cut: the start of a member that is not its first, as it was found without inflating what stands
 * before it; or, by the file's index, the start of a block of a member.
 */
export interface GzipCut {
  /** Offset in the file of the member's header, or of the first byte that is the block's alone. */
  readonly byte: number
  /** What stands before it in the decompressed file. */
  readonly dataByte: number
  /** How many members end before it. */
  readonly members: number
  /** Set for a block. */
  readonly block?: GzipBlock
}

/** What has to be known to go on with a member at one of its blocks. */
export interface GzipBlock {
  /** How many bits of the byte before `byte` are the block's already, from the highest on: 0 to 7. */
  readonly bits: number
  /** What of the member stands before the block, decompressed. */
  readonly memberBytes: number
  readonly memberCrc32: number
  /** The last 32 KiB of it, which the block may refer to: where they are in the index, deflated, and their CRC-32. */
  readonly windowByte: number
  readonly windowBytes: number
  readonly windowCrc32: number
}

/** What lies between two cuts of a gzip file. */
export interface GzipPart {
  /** Null for the file's start. */
  readonly start: GzipCut | null
  /** The start of the next part; null for the file's end. */
  readonly end: GzipCut | null
  /** Name of the file's index, where that has the cuts. */
  readonly index?: string
}

/** A gzip file (RFC 1952) of one or more gzip members, or a part of it. */
export interface GzipSplit extends SplitBase {
  readonly kind: 'gzip'
  /**
   * Left out for a whole file. A line belongs to the part that its first byte lies in, but one that begins with a part to the part
   * before: whether a line begins there could be told only by inflating that.
   */
  readonly part?: GzipPart
}

/** Where the bytes of a zip member are, and what they are, as the archive's central directory says it. */
export interface ZipMemberPlace {
  /** 0 stored, 8 deflated; APPNOTE 4.4.5 lists the others. */
  readonly method: number
  readonly localHeaderByte: number
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly crc32: number
}

/** One member of a zip archive, always whole: what is deflated cannot be cut. */
export interface ZipMemberSplit extends SplitBase, ZipMemberPlace {
  readonly kind: 'zip-member'
  readonly member: string
}

/** A piece of one file that one map task reads: tasks are made of whole splits, in order of their ordinals. */
export type Split = RangeSplit | GzipSplit | ZipMemberSplit
