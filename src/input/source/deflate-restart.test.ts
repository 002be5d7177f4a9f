import { inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { SourceFault } from './byte-chunks.ts'
import { inflaterAt } from './deflate-restart.ts'
import { InflateError } from './inflater.ts'

/** A deflate stream (RFC 1951) put together bit by bit: blocks with the fixed codes. */
class FixedBlocks {
  readonly #bits: number[] = []

  get length(): number {
    return this.#bits.length
  }

  begin(isLast: boolean): void {
    this.#bits.push(isLast ? 1 : 0, 1, 0)
  }

  /** Eight bits for a character of ASCII, nine for one above it: so blocks end at any bit. */
  literal(byte: number): void {
    if (byte < 144) this.#code(0x30 + byte, 8)
    else this.#code(0x190 + byte - 144, 9)
  }

  /** Three bytes again that stand so many before: 1 to 4. */
  repeat(distance: number): void {
    this.#code(1, 7)
    this.#code(distance - 1, 5)
  }

  end(): void {
    this.#code(0, 7)
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8))
    for (const [at, bit] of this.#bits.entries()) {
      const byte = Math.floor(at / 8)
      bytes.writeUInt8(bytes.readUInt8(byte) | (bit << (at % 8)), byte)
    }
    return bytes
  }

  /** Codes have their highest bit first. */
  #code(code: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) this.#bits.push((code >>> bit) & 1)
  }
}

/** Two blocks, of which the second refers to the first, and where the second begins. */
function twoBlocks(wideLiterals: number): { stream: Buffer; first: Buffer; boundary: number } {
  const blocks = new FixedBlocks()
  const first = Buffer.from([...Array.from({ length: wideLiterals }, () => 0xe4), ...Buffer.from('abc')])
  blocks.begin(false)
  for (const byte of first) blocks.literal(byte)
  blocks.end()
  const boundary = blocks.length
  blocks.begin(true)
  blocks.repeat(3)
  for (const byte of Buffer.from(' and more')) blocks.literal(byte)
  blocks.end()
  return { stream: blocks.bytes(), first, boundary }
}

describe('inflaterAt', () => {
  test('goes on at a block that begins at any bit, with the data before it as its window', () => {
    const seen = new Set<number>()
    for (let wideLiterals = 0; wideLiterals < 8; wideLiterals++) {
      const { stream, first, boundary } = twoBlocks(wideLiterals)
      const whole = Buffer.concat([first, Buffer.from('abc and more')])
      expect(inflateRawSync(stream)).toEqual(whole)
      const bits = (8 - (boundary % 8)) % 8
      const next = Math.ceil(boundary / 8)
      const inflater = inflaterAt(first, bits, stream.readUInt8(next - 1))
      const output = Buffer.alloc(100)
      const input = stream.subarray(next)
      const { inputBytes, outputBytes } = inflater.stepNow({
        input,
        output,
        outputStart: 0,
        stop: 'input-is-all',
      })
      inflater.close()
      expect(String(output.subarray(0, outputBytes))).toBe('abc and more')
      expect(inputBytes).toBe(input.length)
      seen.add(bits)
    }
    expect(seen.size).toBe(8)
  })

  test('refuses bits that begin no block', () => {
    for (let bits = 3; bits < 8; bits++) {
      for (const noType of [0b110, 0b111]) {
        let fault: unknown
        try {
          inflaterAt(Buffer.from('abc'), bits, noType << (8 - bits))
        } catch (error) {
          fault = error
        }
        expect(fault).toBeInstanceOf(SourceFault)
        expect(fault).toMatchObject({
          code: 'input-damaged',
          message: 'the index of the gzip file leads to where no block begins',
        })
        expect((fault as SourceFault).cause).toBeInstanceOf(InflateError)
      }
    }
  })

  test('lets a block refer to no more than the window it was given', () => {
    const { stream, first, boundary } = twoBlocks(0)
    const bits = (8 - (boundary % 8)) % 8
    const next = Math.ceil(boundary / 8)
    for (const window of [Buffer.alloc(0), first.subarray(1)]) {
      const inflater = inflaterAt(window, bits, stream.readUInt8(next - 1))
      const order = {
        input: stream.subarray(next),
        output: Buffer.alloc(100),
        outputStart: 0,
        stop: 'input-is-all',
      } as const
      expect(() => inflater.stepNow(order)).toThrow('distance too far back')
      inflater.close()
    }
  })
})
