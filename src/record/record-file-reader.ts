/** Reads record files, and reads no damaged one as good. */

import { TallymanError } from '../errors.ts'
import { type Cursor, readVarint } from './bytes.ts'
import {
  type ByteSource,
  blockCrc,
  blockHeaderBytes,
  crcBytes,
  fileHeader,
  fileHeaderBytes,
  type RecordFileKind,
  recordCountBytes,
} from './record-file.ts'

/** A buffer above this size is given back when the next block needs far less. */
const keptBytesMax = 1 << 20

/**
 * Reads one record file from first record to last. Holds one block.
 *
 * Every byte of the file is checked: magic, version, each block's place, length and checksum, the number of records,
 * and that nothing follows the end. A block's records are seen only after its checksum was right; that the file is
 * whole is known only once `next` has returned false.
 */
export class RecordFileReader {
  /** Holds the current record; valid, as the offsets are, until the next call of `next`. */
  bytes: Buffer = Buffer.alloc(0)
  keyStart = 0
  keyEnd = 0
  valueStart = 0
  valueEnd = 0

  private readonly source: ByteSource
  private readonly cursor: Cursor = { at: 0 }
  /** End of the block's records in `bytes`. */
  private blockEnd = 0
  /** Offset in the file of the block that follows; its header is in `header`. */
  private blockAt = fileHeaderBytes
  private readonly header = Buffer.alloc(blockHeaderBytes)
  private records = 0
  private state: 'open' | 'ended' | 'damaged' = 'open'

  /** @throws {TallymanError} `file-damaged` when the file does not begin as one of this kind and version does */
  constructor(source: ByteSource, kind: RecordFileKind) {
    this.source = source
    const start = Buffer.alloc(fileHeaderBytes + blockHeaderBytes)
    this.fill(start, 0)
    const expected = fileHeader(kind)
    const wrongAt = expected.findIndex((byte, index) => byte !== start[index])
    if (wrongAt !== -1)
      throw this.damaged(wrongAt, `is not a ${kind} file of version ${expected[fileHeaderBytes - 1]}`)
    start.copy(this.header, 0, fileHeaderBytes)
  }

  /**
   * Moves to the next record. Returns false after the last one, once the file has proved to be whole.
   *
   * @throws {TallymanError} `file-damaged`, with the file's name and the offset of the damage; from then on at every call
   */
  next(): boolean {
    if (this.cursor.at === this.blockEnd && !this.nextBlock()) return false
    const { bytes, cursor } = this
    const keyLength = readVarint(bytes, cursor)
    const valueLength = readVarint(bytes, cursor)
    this.keyStart = cursor.at
    this.keyEnd = this.keyStart + keyLength
    this.valueStart = this.keyEnd
    this.valueEnd = this.valueStart + valueLength
    if (this.valueEnd > this.blockEnd)
      throw this.damaged(this.blockAt, 'has a record that is longer than its block')
    cursor.at = this.valueEnd
    this.records += 1
    return true
  }

  /**
   * The records of the next block as they stand in it, for whoever takes them apart by himself: valid until the next call. Null once
   * the file has proved to be whole. Not to be mixed with `next`.
   *
   * @param records how many there were in the block before
   * @throws {TallymanError} as `next` does
   */
  nextPayload(records: number): Buffer | null {
    this.records += records
    this.cursor.at = this.blockEnd
    return this.nextBlock() ? this.bytes.subarray(0, this.blockEnd) : null
  }

  /** What is to be thrown where a block of `nextPayload` does not hold what was written. */
  refuseRecord(): TallymanError {
    return this.damaged(this.blockAt, 'has a record that is longer than its block')
  }

  private nextBlock(): boolean {
    if (this.state === 'ended') return false
    if (this.state === 'damaged') throw this.damaged(this.blockAt, 'is damaged')
    const payloadBytes = this.header.readUInt32LE(crcBytes)
    if (payloadBytes === 0) {
      this.readEnd()
      return false
    }
    this.readBlock(payloadBytes)
    return true
  }

  /** Reads a payload together with the header of the block after it: one read a block. */
  private readBlock(payloadBytes: number): void {
    const payloadAt = this.blockAt + blockHeaderBytes
    const neededBytes = payloadBytes + blockHeaderBytes
    // Checked before memory is taken for it, since a damaged length may be anything.
    if (payloadAt + neededBytes > this.source.sizeBytes)
      throw this.damaged(this.blockAt, 'has a block that is cut off')
    const isWasteful = this.bytes.length > keptBytesMax && this.bytes.length > 4 * neededBytes
    if (this.bytes.length < neededBytes || isWasteful) this.bytes = Buffer.allocUnsafeSlow(neededBytes)
    this.fill(this.bytes.subarray(0, neededBytes), payloadAt)
    this.verify(this.bytes.subarray(0, payloadBytes))
    this.bytes.copy(this.header, 0, payloadBytes, neededBytes)
    this.blockAt = payloadAt + payloadBytes
    this.blockEnd = payloadBytes
    this.cursor.at = 0
  }

  private readEnd(): void {
    const count = Buffer.alloc(recordCountBytes)
    this.fill(count, this.blockAt + blockHeaderBytes)
    this.verify(count)
    const expected = count.readBigUInt64LE(0)
    if (expected !== BigInt(this.records)) {
      throw this.damaged(this.blockAt, `says it has ${expected} records, and it has ${this.records}`)
    }
    const end = this.blockAt + blockHeaderBytes + recordCountBytes
    if (end !== this.source.sizeBytes) throw this.damaged(end, 'goes on after its end')
    this.state = 'ended'
  }

  /** Compares the checksum of the header and payload at hand with the one the header holds. */
  private verify(payload: Buffer): void {
    const { startByte = 0 } = this.source
    const crc = blockCrc(startByte + this.blockAt, [this.header.subarray(crcBytes), payload])
    if (crc !== this.header.readUInt32LE(0)) {
      throw this.damaged(this.blockAt, 'has a block with a wrong checksum')
    }
  }

  private fill(into: Buffer, atByte: number): void {
    const count = this.source.read(into, atByte)
    if (count < into.length) throw this.damaged(atByte + count, 'is cut off')
  }

  private damaged(atByte: number, problem: string): TallymanError {
    this.state = 'damaged'
    this.cursor.at = this.blockEnd
    const { name, startByte = 0 } = this.source
    return new TallymanError('file-damaged', `File "${name}" ${problem}, at byte ${startByte + atByte}.`, {
      wayOut: 'Check the disk; the work that wrote the file has to be done again.',
      file: name,
    })
  }
}
