import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyValue, isSameData } from '../../test/fixtures/keys-and-values.ts'
import { TallymanError } from '../errors.ts'
import { ByteWriter } from './bytes.ts'
import { canonicalJson } from './json.ts'
import { checkPlainData } from './plain-data.ts'
import { approximateBytes } from './size.ts'
import { decodeValue, encodeValue, writeValue } from './value.ts'

function decoded(bytes: Buffer): unknown {
  return decodeValue(bytes, 0, bytes.length)
}

function roundTrip(value: unknown): unknown {
  return decoded(encodeValue(value))
}

function nested(levels: number): unknown {
  let value: unknown = 'innermost'
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { in: value }
  return value
}

function thrownBy(action: () => unknown): TallymanError {
  try {
    action()
  } catch (error) {
    if (error instanceof TallymanError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}

describe('encodeValue', () => {
  it('is undone by decodeValue for all plain data', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isSameData(roundTrip(value), value)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('gives the same bytes for the same value', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(encodeValue(roundTrip(value))).toEqual(encodeValue(value))
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    0,
    -0,
    1,
    -1,
    127,
    128,
    -128,
    2 ** 31,
    2 ** 32 + 1,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    2 ** 53,
    -(2 ** 53),
    0.1,
    5e-324,
    Number.MAX_VALUE,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0n,
    -1n,
    2n ** 64n,
    -(2n ** 4096n),
    '',
    '\0',
    '\ufeffbom',
    '\ud800',
    '\udc00\ud800',
    '\ufffd and \ud83d',
    'a'.repeat(1000),
    '한'.repeat(1000),
    `${'é'.repeat(1000)}\udfff`,
  ])('keeps numbers, bigints and strings exactly: case %#', (value) => {
    expect(roundTrip(value)).toBe(value)
  })

  it('writes small integers in one byte', () => {
    expect(encodeValue(0).length).toBe(1)
    expect(encodeValue(127).length).toBe(1)
    expect(encodeValue(128).length).toBe(3)
  })

  it('writes no bytes of the bigint 0, and no zeros before those of others', () => {
    expect([...encodeValue(0n)]).toEqual([7, 0])
    expect([...encodeValue(-256n)]).toEqual([8, 2, 1, 0])
  })

  it('writes every NaN with the same bytes', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8000000000123n]).buffer)[0]
    expect(encodeValue(odd)).toEqual(encodeValue(Number.NaN))
  })

  it('turns holes in arrays into undefined', () => {
    const holes = new Array<number>(3)
    holes[1] = 7
    expect(roundTrip(holes)).toStrictEqual([undefined, 7, undefined])
  })

  it('keeps the order of properties, entries and members', () => {
    const value = {
      b: 1,
      a: new Map([
        ['z', 1],
        ['y', 2],
      ]),
      c: new Set([3, 1, 2]),
    }
    expect(canonicalJson(roundTrip(value))).toBe('{"b":1,"a":[["z",1],["y",2]],"c":[3,1,2]}')
  })

  it('keeps a property called __proto__ a property', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const back = roundTrip(value)
    expect(isSameData(back, value)).toBe(true)
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('keeps a null prototype', () => {
    const back = roundTrip(Object.assign(Object.create(null), { a: 1 }))
    expect(Object.getPrototypeOf(back)).toBe(null)
  })

  it('keeps the class of typed bytes, and only the bytes a view shows', () => {
    const whole = Float64Array.from([1, 2, 3, -0])
    const back = roundTrip([
      whole.subarray(1, 3),
      Buffer.from('abcdef').subarray(2, 4),
      new DataView(whole.buffer, 8, 3),
    ])
    expect(
      isSameData(back, [Float64Array.from([2, 3]), Buffer.from('cd'), new DataView(whole.buffer, 8, 3)]),
    ).toBe(true)
  })

  it('may be called by a getter of the value it encodes', () => {
    const value = {
      a: 1,
      get b() {
        return encodeValue([1, 2]).length
      },
    }
    expect(roundTrip(value)).toEqual({ a: 1, b: 4 })
  })
})

describe('writeValue', () => {
  class Point {
    x = 1
  }
  const cycle: Record<string, unknown> = { name: 'a' }
  cycle.self = { list: [cycle] }

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['a function', () => 1, 'Value at value is a function, which is not data.'],
    ['a symbol', { a: Symbol('s') }, 'Value at value.a is Symbol(s), which is not data.'],
    [
      'an instance',
      { user: { friends: [1, 2, 3, new Point()] } },
      'Value at value.user.friends[3] is an instance of Point, and a class does not survive being stored.',
    ],
    [
      'an odd property',
      { 'a b': [parseInt] },
      'Value at value["a b"][0] is the function parseInt, which is not data.',
    ],
    [
      'a map value',
      new Map([['k', [() => 1]]]),
      'Value at value.get("k")[0] is a function, which is not data.',
    ],
    ['a map key', new Map([[() => 1, 1]]), 'Value at value.keys()[0] is a function, which is not data.'],
    [
      'a set member',
      new Set([1, parseFloat]),
      'Value at value.values()[1] is the function parseFloat, which is not data.',
    ],
    [
      'a promise',
      [Promise.resolve(1)],
      'Value at value[0] is an instance of Promise, and a class does not survive being stored.',
    ],
    [
      'an error',
      [new Error('x')],
      'Value at value[0] is an instance of Error, and a class does not survive being stored.',
    ],
    [
      'an array subclass',
      new (class Rows extends Array {})(),
      'Value at value is an instance of Rows, and a class does not survive being stored.',
    ],
    ['a cycle', cycle, 'Value at value.self.list[0] is a cycle: it contains itself.'],
  ]

  it.each(refused)('refuses %s and says where it is', (_name, value, message) => {
    const error = thrownBy(() => encodeValue(value))
    expect(error.code).toBe('value-invalid')
    expect(error.message).toBe(message)
    expect(error.wayOut).toMatch(/\.$/)
  })

  it.each(refused)('agrees with canonicalJson about %s', (_name, value, message) => {
    expect(thrownBy(() => canonicalJson(value)).message).toBe(message)
  })

  it.each(refused)('agrees with checkPlainData about %s', (_name, value, message) => {
    expect(thrownBy(() => checkPlainData([value])).message).toBe(message.replace('value', 'value[0]'))
    expect(thrownBy(() => checkPlainData(value)).message).toBe(message)
  })

  it('takes what checkPlainData takes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        checkPlainData(value)
        encodeValue(value)
      }),
    )
  })

  it('leaves the writer as it was when it refuses a value', () => {
    const out = new ByteWriter(1)
    writeValue(out, 'kept')
    const length = out.length
    expect(thrownBy(() => writeValue(out, [1, 2, 'three'.repeat(100), parseInt])).code).toBe('value-invalid')
    expect(out.length).toBe(length)
  })

  it('takes 1,000 levels of nesting and refuses more, however many', () => {
    expect(isSameData(roundTrip(nested(1000)), nested(1000))).toBe(true)
    expect(canonicalJson(nested(1000))).toBe(JSON.stringify(nested(1000)))
    for (const levels of [1001, 100_000]) {
      for (const action of [encodeValue, canonicalJson, approximateBytes, checkPlainData]) {
        const error = thrownBy(() => action(nested(levels)))
        expect(error.code).toBe('value-invalid')
        expect(error.message).toMatch(/is nested more than 1,000 levels deep\.$/)
        expect(error.message.length).toBeLessThan(300)
      }
    }
  })

  it.each<[string, (inner: unknown) => unknown]>([
    ['lists', (inner) => [inner]],
    ['objects', (inner) => ({ inner })],
    ['sets', (inner) => new Set([inner])],
    ['keys of maps', (inner) => new Map([[inner, 1]])],
    ['values of maps', (inner) => new Map([[1, inner]])],
  ])('takes 1,000 levels of %s, each of which is one, and no more', (_, around) => {
    let value: unknown = 1
    for (let level = 0; level < 1000; level += 1) value = around(value)
    const readers = [encodeValue, canonicalJson, approximateBytes, checkPlainData]
    for (const action of readers) action(value)
    for (const action of readers) expect(() => action(around(value))).toThrow('more than 1,000 levels deep')
  })

  it('refuses a large cycle without filling the memory', () => {
    const large: unknown[] = ['x'.repeat(1_000_000)]
    large.push(large)
    const out = new ByteWriter(1)
    expect(thrownBy(() => writeValue(out, large)).message).toBe(
      'Value at value[1] is a cycle: it contains itself.',
    )
    expect(out.buffer.length).toBeLessThan(10_000_000)
  })

  it('takes a value that occurs twice without being a cycle', () => {
    const shared = { a: 1 }
    expect(roundTrip([shared, shared, { shared }])).toEqual([shared, shared, { shared }])
  })
})

describe('decodeValue', () => {
  it('gives a value or says file-damaged, whatever the bytes are', () => {
    const damaged = fc
      .tuple(anyValue, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 }))
      .map(([value, at, byte, cut]) => {
        const bytes = encodeValue(value)
        bytes[at % bytes.length] = byte
        return bytes.subarray(0, Math.max(0, bytes.length - cut))
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
        try {
          decoded(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(TallymanError)
          expect(error).toMatchObject({ code: 'file-damaged' })
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses bytes nested deeper than any value that is written', () => {
    const arrayOfOne = Buffer.from(encodeValue([null]).subarray(0, 2))
    const bytes = Buffer.concat([...new Array<Buffer>(100_000).fill(arrayOfOne), encodeValue(null)])
    expect(thrownBy(() => decoded(bytes)).code).toBe('file-damaged')
  })

  const eight = [0, 0, 0, 0, 0, 0, 0, 0]
  it.each<[string, number[], number]>([
    ['nothing', [], 0],
    ['a tag that is none', [17], 0],
    ['a tag that is none, in a list', [11, 2, 1, 17], 3],
    ['a list of fewer elements than it says', [11, 2, 1], 3],
    ['a map without its last value', [14, 1, 1], 3],
    ['a set of fewer members than it says', [15, 1], 2],
    ['an object without its last value', [12, 1, 1, 0x61], 4],
    ['an object without its name', [12, 1, 2, 0x61], 3],
    ['a double that is cut off', [6, 1, 2, 3, 4, 5, 6, 7], 1],
    ['a date that is cut off', [10, 1, 2, 3, 4, 5, 6, 7], 1],
    ['a bigint that is cut off', [7, 2, 1], 2],
    ['a negative bigint that is cut off', [8, 2, 1], 2],
    ['a text that is cut off', [9, 2, 0x61], 2],
    ['bytes without a class', [16], 1],
    ['bytes of a class that is none', [16, 14, 1, 0], 3],
    ['bytes that are cut off', [16, 0, 2, 0], 3],
    ['doubles that are no multiple of eight bytes', [16, 11, 7, ...eight.slice(1)], 3],
    ['something after the value', [1, 1], 1],
    ['something after a list', [11, 1, 1, 1], 3],
  ])('refuses %s, and says where it is', (_, bytes, at) => {
    // The same bytes go on behind the end, where nothing is read.
    const around = Buffer.from([...bytes, ...bytes, ...eight])
    const error = thrownBy(() => decodeValue(around, 0, bytes.length))
    expect(error.code).toBe('file-damaged')
    expect(error.message).toBe(`Encoded value is not one at byte ${at}.`)
  })

  it('refuses a length whose bytes are cut off', () => {
    expect(() => decoded(Buffer.from([9, 0x80]))).toThrow('Length at byte 1 is cut off or too long.')
  })

  it.each([
    ['lists', Buffer.from([11, 1]), Buffer.alloc(0)],
    ['sets', Buffer.from([15, 1]), Buffer.alloc(0)],
    ['objects', Buffer.from([12, 1, 1, 0x61]), Buffer.alloc(0)],
    ['objects without a prototype', Buffer.from([13, 1, 1, 0x61]), Buffer.alloc(0)],
    ['keys of maps', Buffer.from([14, 1]), Buffer.from([1])],
    ['values of maps', Buffer.from([14, 1, 1]), Buffer.alloc(0)],
  ])('reads 1,000 levels of %s and refuses more', (_, before, after) => {
    const levels = (count: number) =>
      Buffer.concat([
        ...new Array<Buffer>(count).fill(before),
        Buffer.from([1]),
        ...new Array<Buffer>(count).fill(after),
      ])
    expect(encodeValue(decoded(levels(1000)))).toEqual(levels(1000))
    for (const count of [1001, 100_000]) {
      const error = thrownBy(() => decoded(levels(count)))
      expect(error.message).toBe(`Encoded value is not one at byte ${1000 * before.length}.`)
    }
  })

  it('shares no memory with the bytes it reads', () => {
    const bytes = encodeValue([Buffer.from('abc'), 'text of some length'])
    const value = decoded(bytes)
    bytes.fill(0)
    expect(value).toEqual([Buffer.from('abc'), 'text of some length'])
  })
})
