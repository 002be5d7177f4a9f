import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { constants, inflateRawSync } from 'node:zlib'
import type { GzipCut } from '../split.ts'
import { bgzipBlockBytes, bgzipHeaderBytes, dataStart, trailerBytes } from './gzip-member.ts'

/** Whether more members follow is found out in so much of a file, from its start and from each member that is found on. */
const searchBytesMin = 2 ** 20
/** The same as a share of the file. */
const searchShare = 1 / 16

/**
 * Finds where a gzip file can be cut: at starts of members, with at least `partBytes` of data between two cuts. Nothing is inflated but a few
 * kilobytes a member. What is found is not proven: who reads a part sees whether it ends where the plan says.
 *
 * Blocks as bgzip writes them say how long they are: they are gone through from one to the next. Cost: a read of 26 bytes each, some
 * 40 ms for a gigabyte of data. Other members are looked for by their headers, in a sixteenth of the file and at least a megabyte,
 * and on from each that is found for as much. Cost: that is read; a file of few and large members is not read any further, and stays whole.
 */
export async function findGzipCuts(
  handle: FileHandle,
  fileBytes: number,
  partBytes: number,
): Promise<GzipCut[]> {
  const head = Buffer.alloc(bgzipHeaderBytes)
  await handle.read(head, 0, head.length, 0)
  const cuts = new Cuts(partBytes)
  if (bgzipBlockBytes(head, 0) !== null) await walkBgzipBlocks(handle.fd, cuts)
  else await new MemberSearch(handle, fileBytes, cuts).run()
  return cuts.found
}

/** Of the starts of members those that are far enough apart. */
class Cuts {
  readonly found: GzipCut[] = []
  readonly #partBytes: number

  constructor(partBytes: number) {
    this.#partBytes = partBytes
  }

  offer(cut: GzipCut): void {
    if (cut.dataByte - (this.found.at(-1)?.dataByte ?? 0) >= this.#partBytes) this.found.push(cut)
  }
}

/** How many blocks are gone through before others get their turn: some milliseconds of work. */
const blocksPerTurn = 2048

async function walkBgzipBlocks(fd: number, cuts: Cuts): Promise<void> {
  const piece = Buffer.alloc(trailerBytes + bgzipHeaderBytes)
  readSync(fd, piece, trailerBytes, bgzipHeaderBytes, 0)
  let byte = 0
  let dataByte = 0
  for (let members = 1; ; members++) {
    const length = bgzipBlockBytes(piece, trailerBytes)
    if (length === null) return
    byte += length
    // The end of one block and the start of the next, where one follows.
    if (readSync(fd, piece, 0, piece.length, byte - trailerBytes) < piece.length) return
    dataByte += piece.readUInt32LE(4)
    if (bgzipBlockBytes(piece, trailerBytes) !== null) cuts.offer({ byte, dataByte, members })
    if (members % blocksPerTurn === 0) await setImmediate()
  }
}

const magic = Buffer.from([0x1f, 0x8b, 0x08])
const windowBytes = 2 ** 20
/** What is looked at of a member at least: its header, and some data that must inflate. */
const lookBytes = 16_384
const trialBytes = 4096
/** Data that inflates to more than so many times its length is none: RFC 1951 allows for 1032. */
const ratioMax = 1040

class MemberSearch {
  readonly #handle: FileHandle
  readonly #fileBytes: number
  readonly #cuts: Cuts
  readonly #searchBytes: number
  readonly #window = Buffer.alloc(windowBytes)
  /** `window[0, filled)` is the file from `windowByte` on. */
  #filled = 0
  #windowByte = 0
  /** The member that was found last: where its data begins in the file, what stands before it, and its number. */
  #dataFrom = 0
  #dataByte = 0
  #members = 0

  constructor(handle: FileHandle, fileBytes: number, cuts: Cuts) {
    this.#handle = handle
    this.#fileBytes = fileBytes
    this.#cuts = cuts
    this.#searchBytes = Math.max(searchBytesMin, Math.ceil(fileBytes * searchShare))
  }

  async run(): Promise<void> {
    let at = 0
    await this.#fill(0)
    for (;;) {
      const index = this.#window.subarray(0, this.#filled).indexOf(magic, at - this.#windowByte)
      const isAtEnd = this.#windowByte + this.#filled >= this.#fileBytes
      const found =
        index === -1 ? this.#windowByte + this.#filled - (magic.length - 1) : this.#windowByte + index
      if (found - this.#dataFrom > this.#searchBytes) return
      if (!isAtEnd && (index === -1 || index + lookBytes > this.#filled)) {
        at = found
        await this.#fill(Math.max(0, found - trailerBytes))
        continue
      }
      if (index === -1) return
      this.#look(index)
      // A file that does not begin as a member is damaged: whoever reads it says so.
      if (this.#members === 0) return
      at = found + 1
    }
  }

  async #fill(fromByte: number): Promise<void> {
    this.#windowByte = fromByte
    this.#filled = 0
    while (this.#filled < windowBytes) {
      const { bytesRead } = await this.#handle.read(
        this.#window,
        this.#filled,
        windowBytes - this.#filled,
        fromByte + this.#filled,
      )
      if (bytesRead === 0) return
      this.#filled += bytesRead
    }
  }

  /** Takes what stands here for a member, if it is one by all that can be told. */
  #look(index: number): void {
    const bytes = this.#window.subarray(0, this.#filled)
    const start = dataStart(bytes, index)
    if (start === -1 || !inflates(bytes.subarray(start, start + trialBytes))) return
    const byte = this.#windowByte + index
    if (this.#members > 0) {
      const memberBytes = bytes.readUInt32LE(index - 4)
      if (!isLikely(memberBytes, byte - trailerBytes - this.#dataFrom)) return
      this.#dataByte += memberBytes
      this.#cuts.offer({ byte, dataByte: this.#dataByte, members: this.#members })
    }
    this.#members += 1
    this.#dataFrom = this.#windowByte + start
  }
}

/** Data may be stored, with a few bytes a block, or coded badly, in nine bits a byte. */
function isLikely(memberBytes: number, deflatedBytes: number): boolean {
  if (deflatedBytes < 2) return false
  return memberBytes <= deflatedBytes * ratioMax && deflatedBytes <= memberBytes * 1.2 + 64
}

function inflates(data: Buffer): boolean {
  try {
    inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH })
    return true
  } catch {
    return false
  }
}
