/** Writes record files: keys and values, already encoded, in checksummed blocks. */

import { crc32 } from 'node:zlib'
import { TallymanError } from '../errors.ts'
import { copyBytes, varintBytesMax, writeVarintAt } from './bytes.ts'
import {
  type ByteSink,
  blockCrc,
  blockHeaderBytes,
  crcBytes,
  fileHeader,
  payloadBytesMax,
  type RecordFileKind,
  recordCountBytes,
} from './record-file.ts'

/** Most bytes the two lengths before a record take. */
const lengthsBytesMax = 2 * varintBytesMax

/**
 * Writes a record file to a sink, or one after another. Holds one block; a record longer than a block is passed on without a copy.
 * Records keep the order they are appended in. A file that was not finished is refused by the reader.
 */
export class RecordFileWriter {
  private readonly sink: ByteSink
  private readonly kind: RecordFileKind
  /** Block header, then the payload so far. */
  private readonly block: Buffer
  private blockLength = blockHeaderBytes
  private fileBytes = 0
  /** Bytes of the files before. */
  private startByte = 0
  private records = 0
  /** Over the checksums of all blocks so far. */
  private crc = 0

  /** @param blockBytes most payload bytes of a block that holds more than one record */
  constructor(sink: ByteSink, kind: RecordFileKind, blockBytes = 65_536) {
    this.sink = sink
    this.kind = kind
    this.block = Buffer.allocUnsafeSlow(blockHeaderBytes + Math.max(blockBytes, recordCountBytes))
  }

  /**
   * Appends the record of `keyBytes[keyStart, keyEnd)` and `valueBytes[valueStart, valueEnd)`. Both are copied or
   * written before it returns.
   *
   * @throws {TallymanError} `value-invalid` for a record of 2 GiB or more
   */
  append(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    const recordBytes = lengthsBytesMax + keyEnd - keyStart + valueEnd - valueStart
    if (this.blockLength + recordBytes > this.block.length) {
      this.writeBlock()
      if (blockHeaderBytes + recordBytes > this.block.length) {
        this.writeLongRecord(keyBytes.subarray(keyStart, keyEnd), valueBytes.subarray(valueStart, valueEnd))
        return
      }
    }
    const block = this.block
    let at = writeVarintAt(block, this.blockLength, keyEnd - keyStart)
    at = writeVarintAt(block, at, valueEnd - valueStart)
    at = copyBytes(keyBytes, keyStart, keyEnd, block, at)
    this.blockLength = copyBytes(valueBytes, valueStart, valueEnd, block, at)
    this.records += 1
  }

  /** Whether nothing was appended since the file was begun. */
  get isEmpty(): boolean {
    return this.records === 0
  }

  /** Bytes that the block at hand has room for: a record of which it may take more, with its lengths, begins another. */
  get roomBytes(): number {
    return this.block.length - this.blockLength
  }

  /**
   * Appends records that stand in `bytes[start, end)` as they stand in a block. REQUIRES: they were chosen as `append` would have
   * put them into this block.
   */
  appendEncoded(bytes: Buffer, start: number, end: number, records: number): void {
    this.blockLength = copyBytes(bytes, start, end, this.block, this.blockLength)
    this.records += records
  }

  /**
   * Writes what is left and the end block. What is appended afterwards begins another file, right behind this one.
   *
   * @returns the totals of the whole file; `crc32` is over the checksums of its blocks, so files of equal records that
   *   were cut into equal blocks have the same one
   */
  finish(): { records: number; bytes: number; crc32: number } {
    this.writeBlock()
    this.block.writeUInt32LE(0, crcBytes)
    this.block.writeBigUInt64LE(BigInt(this.records), blockHeaderBytes)
    this.writeChecked(blockHeaderBytes + recordCountBytes)
    const totals = { records: this.records, bytes: this.fileBytes, crc32: this.crc }
    this.startByte += this.fileBytes
    this.fileBytes = 0
    this.records = 0
    this.crc = 0
    return totals
  }

  private writeBlock(): void {
    if (this.blockLength === blockHeaderBytes) return
    this.block.writeUInt32LE(this.blockLength - blockHeaderBytes, crcBytes)
    this.writeChecked(this.blockLength)
    this.blockLength = blockHeaderBytes
  }

  /** Puts the checksum before the first `length` bytes of the block and writes them. */
  private writeChecked(length: number): void {
    this.seal(this.block, [this.block.subarray(crcBytes, length)])
    this.write(this.block.subarray(0, length))
  }

  /** Writes the checksum of what follows it to the first bytes of a block. The first block comes after the file's header. */
  private seal(block: Buffer, pieces: readonly Buffer[]): void {
    if (this.fileBytes === 0) this.write(fileHeader(this.kind))
    block.writeUInt32LE(blockCrc(this.startByte + this.fileBytes, pieces), 0)
    this.crc = crc32(block.subarray(0, crcBytes), this.crc)
  }

  private writeLongRecord(key: Buffer, value: Buffer): void {
    const head = Buffer.alloc(blockHeaderBytes + lengthsBytesMax)
    const headLength = writeVarintAt(head, writeVarintAt(head, blockHeaderBytes, key.length), value.length)
    const payloadBytes = headLength - blockHeaderBytes + key.length + value.length
    if (payloadBytes > payloadBytesMax) {
      throw new TallymanError(
        'value-invalid',
        `Record of ${payloadBytes} bytes is longer than ${payloadBytesMax}.`,
        {
          wayOut: 'Emit smaller values, or under more keys.',
        },
      )
    }
    head.writeUInt32LE(payloadBytes, crcBytes)
    this.seal(head, [head.subarray(crcBytes, headLength), key, value])
    for (const chunk of [head.subarray(0, headLength), key, value]) if (chunk.length > 0) this.write(chunk)
    this.records += 1
  }

  private write(chunk: Buffer): void {
    this.sink.write(chunk)
    this.fileBytes += chunk.length
  }
}
