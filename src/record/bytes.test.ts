import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter, compareBytes, readFloat64, readVarint } from './bytes.ts'

describe('ByteWriter', () => {
  it('grows from one byte and keeps what was written', () => {
    const out = new ByteWriter(1)
    const source = Buffer.from('x'.repeat(100))
    out.byte(7)
    out.bytes(Buffer.from([4, 3, 2, 1]), 0, 4)
    out.bytes(source, 10, 20)
    out.bytes(source, 0, 100)
    out.float64(1)
    const expected = Buffer.concat([
      Buffer.from([7, 4, 3, 2, 1]),
      Buffer.from('x'.repeat(110)),
      Buffer.from('000000000000f03f', 'hex'),
    ])
    expect(out.copy()).toEqual(expected)
    out.clear()
    expect(out.length).toBe(0)
    expect(out.copy()).toEqual(Buffer.alloc(0))
  })

  it('takes no more room than was reserved, or twice what it had where that is more', () => {
    const none = new ByteWriter(0)
    none.byte(5)
    expect(none.copy()).toEqual(Buffer.from([5]))
    const out = new ByteWriter(10)
    out.bytes(Buffer.alloc(60), 50, 60)
    expect(out.buffer.length).toBe(10)
    out.clear()
    out.reserve(10)
    expect(out.buffer.length).toBe(10)
    out.reserve(11)
    expect(out.buffer.length).toBe(20)
    out.length = 20
    out.byte(1)
    expect([out.length, out.buffer.length]).toEqual([21, 40])
    out.reserve(1000)
    expect(out.buffer.length).toBe(1021)
    out.bytes(Buffer.from('ffffffff', 'hex'), 0, 4)
    expect(out.buffer.readUInt32LE(21)).toBe(0xffffffff)
    expect(out.buffer.length).toBe(1021)
  })

  it('gives a copy that does not change with what is written next', () => {
    const out = new ByteWriter(100)
    for (const length of [3, 40]) {
      out.clear()
      out.bytes(Buffer.alloc(length, 1), 0, length)
      const copy = out.copy()
      out.clear()
      out.bytes(Buffer.alloc(length, 2), 0, length)
      expect(copy).toEqual(Buffer.alloc(length, 1))
    }
  })

  it('writes doubles that readFloat64 reads back', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const out = new ByteWriter(8)
        out.float64(value)
        expect(readFloat64(out.buffer, 0)).toBe(value)
        expect(out.buffer.readDoubleLE(0)).toBe(value)
      }),
    )
  })
})

describe('readVarint', () => {
  it('reads back every integer up to 2^53', () => {
    const edges = [
      0,
      127,
      128,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 35,
      2 ** 49,
      2 ** 53 - 1,
      2 ** 53,
    ]
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger().map(Math.abs), fc.constantFrom(...edges)), (value) => {
        const out = new ByteWriter(1)
        out.varint(value)
        const cursor = { at: 0 }
        expect(readVarint(out.copy(), cursor)).toBe(value)
        expect(cursor.at).toBe(out.length)
        expect(out.length).toBe(Math.max(1, Math.ceil(BigInt(value).toString(2).length / 7)))
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['', '80', 'ffffff', 'ffffffffffffffff7f', 'ffffffffffffff7f', '808080808080808000'])(
    'refuses bytes %s',
    (hex) => {
      expect(() => readVarint(Buffer.from(hex, 'hex'), { at: 0 })).toThrow(
        'Length at byte 0 is cut off or too long.',
      )
    },
  )
})

describe('readVarint at a cursor', () => {
  it('reads from there on, and leaves the cursor where it is when it refuses', () => {
    const bytes = Buffer.from('ff01ff8080017f', 'hex')
    const cursor = { at: 3 }
    expect(readVarint(bytes, cursor)).toBe(16_384)
    expect(readVarint(bytes, cursor)).toBe(127)
    expect(cursor.at).toBe(7)
    expect(() => readVarint(bytes, cursor)).toThrow('Length at byte 7 is cut off or too long.')
    expect(cursor.at).toBe(7)
  })

  it('takes 2^53 and nothing above', () => {
    expect(readVarint(Buffer.from('8080808080808010', 'hex'), { at: 0 })).toBe(2 ** 53)
    expect(() => readVarint(Buffer.from('8080808080808011', 'hex'), { at: 0 })).toThrow('too long')
  })
})

describe('compareBytes', () => {
  it('compares from its starts on, and up to its ends', () => {
    const [a, b] = [Buffer.from('..abcd!'), Buffer.from('.abce?')]
    expect(compareBytes(a, 2, 5, b, 1, 4)).toBe(0)
    expect(compareBytes(a, 2, 6, b, 1, 5)).toBeLessThan(0)
    expect(compareBytes(b, 1, 5, a, 2, 6)).toBeGreaterThan(0)
    expect(compareBytes(a, 2, 5, b, 1, 3)).toBeGreaterThan(0)
    expect(compareBytes(a, 2, 4, b, 1, 4)).toBeLessThan(0)
    expect(compareBytes(a, 2, 2, b, 1, 1)).toBe(0)
  })

  it('orders as Buffer.compare does', () => {
    const few = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 6 }).map((bytes) => Buffer.from(bytes))
    const any = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(few, any), fc.oneof(few, any), fc.nat(3), (a, b, start) => {
        const [from, to] = [Math.min(start, a.length), Math.min(start, b.length)]
        expect(Math.sign(compareBytes(a, from, a.length, b, to, b.length))).toBe(
          Buffer.compare(a.subarray(from), b.subarray(to)),
        )
      }),
    )
  })
})
