import { describe, expect, test } from 'vitest'
import { makeBlock } from '../../../test/fixtures/gzip-members.ts'
import { makeGzip } from '../../../test/fixtures/splits.ts'
import { bgzipBlockBytes, dataStart } from './gzip-member.ts'

/** These bytes with others before them. */
function behind(before: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(before, 0xee), bytes])
}

/** A copy with one byte set. */
function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(value, at)
  return copy
}

describe('bgzipBlockBytes', () => {
  const block = makeBlock('what a block holds')
  const header = block.subarray(0, 18)

  test('is the length of a block of bgzip, wherever that begins, and needs no more than its header', () => {
    for (const at of [0, 1, 100]) {
      expect(bgzipBlockBytes(behind(at, block), at)).toBe(block.length)
      expect(bgzipBlockBytes(behind(at, header), at)).toBe(block.length)
    }
  })

  test('is not known of a header that is cut off', () => {
    for (const at of [0, 100])
      for (let bytes = 0; bytes < header.length; bytes++)
        expect(bgzipBlockBytes(behind(at, header.subarray(0, bytes)), at)).toBe(null)
  })

  test('is not known of any other member: what makes a header one of a block is all looked at', () => {
    const looked = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15]
    for (let at = 0; at < 16; at++) {
      const other = withByte(header, at, header.readUInt8(at) ^ 1)
      expect(bgzipBlockBytes(other, 0), `byte ${at}`).toBe(looked.includes(at) ? null : block.length)
    }
    expect(bgzipBlockBytes(makeGzip(Buffer.from('a plain member that is long enough')), 0)).toBe(null)
  })

  test('is more than what stands around the data: shorter ones would have none', () => {
    for (const [bytes, expected] of [
      [1, null],
      [20, null],
      [26, null],
      [27, 27],
      [65_536, 65_536],
    ] as const) {
      const said = Buffer.from(header)
      said.writeUInt16LE(bytes - 1, 16)
      expect(bgzipBlockBytes(said, 0)).toBe(expected)
    }
  })
})

describe('dataStart', () => {
  const content = Buffer.from('content')
  const plain = makeGzip(content)
  const systemUnknown = 255

  test.each([
    ['no field', {}, 10],
    ['an extra field', { extra: Buffer.from('some') }, 16],
    ['an empty extra field', { extra: Buffer.alloc(0) }, 12],
    ['a name', { name: 'a name' }, 17],
    ['a comment', { comment: '' }, 11],
    ['a checksum', { headerCrc: true }, 12],
    ['all of them', { extra: Buffer.from('some'), name: 'a name', comment: 'c', headerCrc: true }, 27],
  ])(
    'is behind a header with %s, wherever that begins; not known where it is cut off',
    (_, parts, headerBytes) => {
      const member = makeGzip(content, parts)
      for (const before of [0, 1, 100]) {
        expect(dataStart(behind(before, member), before)).toBe(before + headerBytes)
        for (let bytes = 0; bytes <= headerBytes; bytes++)
          expect(dataStart(behind(before, member.subarray(0, bytes)), before), `${bytes} bytes`).toBe(-1)
        expect(dataStart(behind(before, member.subarray(0, headerBytes + 1)), before)).toBe(
          before + headerBytes,
        )
      }
    },
  )

  test('is not known behind what is no header', () => {
    for (const at of [0, 1, 2]) expect(dataStart(withByte(plain, at, plain.readUInt8(at) ^ 1), 0)).toBe(-1)
  })

  test('is not known behind what no program writes: flags, levels and systems that are none', () => {
    const known = (at: number): number[] =>
      Array.from({ length: 256 }, (_, value) => value).filter(
        (value) => dataStart(withByte(plain, at, value), 0) !== -1,
      )
    for (const reserved of [0x20, 0x40, 0x80]) expect(dataStart(withByte(plain, 3, reserved), 0)).toBe(-1)
    expect(known(8)).toEqual([0, 2, 4])
    expect(known(9)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, systemUnknown])
  })

  test('is not known where a name or a comment does not end', () => {
    for (const flag of [0x08, 0x10]) {
      const endless = Buffer.concat([plain.subarray(0, 10), Buffer.alloc(50, 0x61)])
      expect(dataStart(withByte(endless, 3, flag), 0)).toBe(-1)
    }
  })
})
