import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashBytes } from './hash.ts'

function hashOf(bytes: Uint8Array): number {
  return hashBytes(Buffer.from(bytes), 0, bytes.length)
}

describe('hashBytes', () => {
  // From the test vectors of MurmurHash3_x86_32 with seed 0 by Ian Boyd, https://stackoverflow.com/a/31929528.
  it.each([
    ['', 0],
    ['ffffffff', 0x76293b50],
    ['21436587', 0xf55b516b],
    ['214365', 0x7e4a8634],
    ['2143', 0xa0f7b07a],
    ['21', 0x72661cf4],
    ['00000000', 0x2362f9de],
    ['000000', 0x85f0b427],
    ['0000', 0x30f4c306],
    ['00', 0x514e28b7],
  ])('gives the published number for bytes %s', (hex, expected) => {
    expect(hashOf(Buffer.from(hex, 'hex'))).toBe(expected)
  })

  it('gives the published numbers for texts', () => {
    expect(hashOf(Buffer.from('The quick brown fox jumps over the lazy dog'))).toBe(0x2e4ff723)
    expect(hashOf(Buffer.from('test'))).toBe(0xba6bd213)
    expect(hashOf(Buffer.from('Hello, world!'))).toBe(0xc0363e43)
  })

  it('depends on the bytes between start and end only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const all = Buffer.concat([before, bytes, after])
        expect(hashBytes(all, before.length, before.length + bytes.length)).toBe(hashOf(bytes))
      }),
    )
  })

  it('spreads similar keys evenly over partitions', () => {
    const counts = new Array<number>(16).fill(0)
    for (let index = 0; index < 16_000; index += 1) counts[hashOf(Buffer.from(`key-${index}`)) % 16]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1150)
  })
})
