/** Writes record files: keys and values, already encoded, in checksummed blocks. */

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
 * Writes one record file to a sink. Holds one block; a record longer than a block is passed on without a copy.
 * Records keep the order they are appended in. A file that was not finished is refused by the reader.
 */
export class RecordFileWriter {
  private readonly sink: ByteSink
  /** Block header, then the payload so far. */
  private readonly block: Buffer
  private blockLength = blockHeaderBytes
  private fileBytes = 0
  private records = 0

  /** @param blockBytes most payload bytes of a block that holds more than one record */
  constructor(sink: ByteSink, kind: RecordFileKind, blockBytes = 65_536) {
    this.sink = sink
    this.block = Buffer.allocUnsafeSlow(blockHeaderBytes + Math.max(blockBytes, recordCountBytes))
    this.write(fileHeader(kind))
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

  /** Writes what is left and the end block. Called once, last. Returns the totals of the whole file. */
  finish(): { records: number; bytes: number } {
    this.writeBlock()
    this.block.writeUInt32LE(0, crcBytes)
    this.block.writeBigUInt64LE(BigInt(this.records), blockHeaderBytes)
    this.writeChecked(blockHeaderBytes + recordCountBytes)
    return { records: this.records, bytes: this.fileBytes }
  }

  private writeBlock(): void {
    if (this.blockLength === blockHeaderBytes) return
    this.block.writeUInt32LE(this.blockLength - blockHeaderBytes, crcBytes)
    this.writeChecked(this.blockLength)
    this.blockLength = blockHeaderBytes
  }

  /** Puts the checksum before the first `length` bytes of the block and writes them. */
  private writeChecked(length: number): void {
    this.block.writeUInt32LE(blockCrc(this.fileBytes, [this.block.subarray(crcBytes, length)]), 0)
    this.write(this.block.subarray(0, length))
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
    head.writeUInt32LE(blockCrc(this.fileBytes, [head.subarray(crcBytes, headLength), key, value]), 0)
    for (const chunk of [head.subarray(0, headLength), key, value]) if (chunk.length > 0) this.write(chunk)
    this.records += 1
  }

  private write(chunk: Buffer): void {
    this.sink.write(chunk)
    this.fileBytes += chunk.length
  }
}
