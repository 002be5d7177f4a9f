/** What the writer and the reader of record files agree on. The format is described in docs/formats/record-files.md. */

import { crc32 } from 'node:zlib'

/** Where a record file is written to. */
export interface ByteSink {
  /** Appends a chunk before it returns. The chunk is used again for other bytes afterwards. */
  write(chunk: Buffer): void
}

/** Where a record file is read from. */
export interface ByteSource {
  /** Names the file in messages. */
  readonly name: string
  readonly sizeBytes: number
  /** Where in what `name` names it begins. Default: at its beginning. */
  readonly startByte?: number
  /** Fills `into` from offset `atByte` before it returns; returns how many bytes there were, fewer only at the end. */
  read(into: Buffer, atByte: number): number
}

/** `spill`: sorted records of one map attempt for one partition, which lie one behind another in one file. `part`: the output of one partition. */
export type RecordFileKind = 'spill' | 'part'

/** The kinds differ in two bits, so that one flipped bit never makes one of the other. */
const magics: Readonly<Record<RecordFileKind, string>> = { spill: 'TMS\n', part: 'TMP\n' }

const formatVersion = 1

/** Four bytes of magic, and one for the version. */
export const fileHeaderBytes = 5

/** CRC-32 before every block. */
export const crcBytes = 4

/** CRC-32, then the length of the payload in four bytes. */
export const blockHeaderBytes = crcBytes + 4

/** The number of records, which an end block holds in place of records. */
export const recordCountBytes = 8

/** A block's length is stored in four bytes; staying below 2^31 keeps all arithmetic on offsets in small integers. */
export const payloadBytesMax = 2 ** 31 - 1

/**
 * Checksum of a block: CRC-32 (RFC 1952) over its length field and payload, here in pieces, begun with the block's
 * place in the file. A block that is whole but in a wrong place (written twice, exchanged, or left out before) then
 * fails its checksum.
 */
export function blockCrc(blockAtByte: number, pieces: readonly Buffer[]): number {
  let crc = blockAtByte % 2 ** 32
  // For an empty piece crc32 may forget what it was begun with.
  for (const piece of pieces) if (piece.length > 0) crc = crc32(piece, crc)
  return crc
}

/** Magic and version: the first bytes of every record file. */
export function fileHeader(kind: RecordFileKind): Buffer {
  return Buffer.from([...Buffer.from(magics[kind], 'latin1'), formatVersion])
}
