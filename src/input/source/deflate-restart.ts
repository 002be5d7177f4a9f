import { SourceFault } from './byte-chunks.ts'
import { InflateError, Inflater } from './inflater.ts'

/**
 * Opens a decompressor that stands at a block boundary in the middle of a deflate stream (RFC 1951).
 *
 * A block may begin at any bit of a byte, and zlib as Node has it takes whole bytes only. So what it is given first is blocks that hold
 * nothing, and as many of them as make the boundary fall where it does.
 *
 * REQUIRES: `canInflateInSteps()`.
 *
 * @param window the 32 KiB of data before the boundary, or all there is
 * @param bits how many bits of `byteBefore` come after the boundary, from the highest on: 0 to 7
 * @throws {SourceFault} `input-damaged` where these bits begin no block
 */
export function inflaterAt(window: Buffer, bits: number, byteBefore: number): Inflater {
  const inflater = new Inflater(window)
  // Too few bits for any data: they are taken, or lead to no block.
  const order = {
    input: prefixFor(bits, byteBefore),
    output: Buffer.alloc(1),
    outputStart: 0,
    stop: 'none',
  } as const
  try {
    inflater.stepNow(order)
    return inflater
  } catch (error) {
    inflater.close()
    if (!(error instanceof InflateError)) throw error
    throw new SourceFault('input-damaged', 'the index of the gzip file leads to where no block begins', error)
  }
}

/** Blocks without data up to the boundary, and the bits of the byte before it that come after it. */
function prefixFor(bits: number, byteBefore: number): Buffer {
  const writer = new BitWriter()
  // The length of a block is odd, so that eight of them reach every bit.
  while ((writer.bits + bits) % 8 !== 0) writeEmptyBlock(writer)
  writer.put(byteBefore >>> (8 - bits), bits)
  return writer.bytes()
}

/** Order in which a dynamic block has the lengths of its codes for code lengths (RFC 1951, 3.2.7), as far as they are needed. */
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]
const zerosRun = 18

/** A block with dynamic codes, 91 bits of it, that has nothing but the end of block, symbol 256. */
function writeEmptyBlock(writer: BitWriter): void {
  const isLast = 0
  const dynamic = 2
  writer.put(isLast, 1)
  writer.put(dynamic, 2)
  const [literalCodes, distanceCodes] = [257, 2]
  writer.put(literalCodes - 257, 5)
  writer.put(distanceCodes - 1, 5)
  writer.put(codeLengthOrder.length - 4, 4)
  // Two codes of one bit each: 0 for length 1, 1 for a run of zeros.
  for (const symbol of codeLengthOrder) writer.put(symbol === 1 || symbol === zerosRun ? 1 : 0, 3)
  for (const zeros of [138, 118]) {
    writer.put(1, 1)
    writer.put(zeros - 11, 7)
  }
  // The end of block and two distances have a code of one bit each: so says a 0, three times. The fourth is the end of block.
  writer.put(0, 4)
}

/** Bits in the order of deflate: the lowest first. */
class BitWriter {
  bits = 0
  readonly #bytes: number[] = []

  put(value: number, bits: number): void {
    for (let bit = 0; bit < bits; bit++, this.bits++) {
      if (this.bits % 8 === 0) this.#bytes.push(0)
      const at = this.#bytes.length - 1
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (((value >>> bit) & 1) << (this.bits % 8))
    }
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes)
  }
}
