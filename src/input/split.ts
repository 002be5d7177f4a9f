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

/** The start of a gzip member that is not its file's first, as it was found without inflating what stands before it. */
export interface GzipCut {
  /** Offset in the file of the member's header. */
  readonly byte: number
  /** What the members before it hold, decompressed, as their trailers say it. */
  readonly dataByte: number
  /** How many they are. */
  readonly members: number
}

/** Neighbouring members of a gzip file. */
export interface GzipPart {
  /** Null for the file's first member. */
  readonly start: GzipCut | null
  /** The first member that is another part's; null where there is none. */
  readonly end: GzipCut | null
}

/** A gzip file (RFC 1952) of one or more gzip members, or some of them. */
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

/** One member of a zip archive. */
export interface ZipMemberSplit extends SplitBase, ZipMemberPlace {
  readonly kind: 'zip-member'
  readonly member: string
}

export type Split = RangeSplit | GzipSplit | ZipMemberSplit
