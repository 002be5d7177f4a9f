import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyBigInt, anyKey, anyNumber, nearKeys } from '../../test/fixtures/keys-and-values.ts'
import { TallymanError } from '../errors.ts'
import { ByteWriter } from './bytes.ts'
import { compareKeys, decodeKey, encodeKey, isKey, type Key, type Scalar, writeKey } from './key.ts'

function decoded(bytes: Buffer): Key {
  return decodeKey(bytes, 0, bytes.length)
}

/** -0 and 0 are one key, and come back as 0. */
function withoutNegativeZero(key: Key): Key {
  const positive = (scalar: Scalar): Scalar => (scalar === 0 ? 0 : scalar)
  return Array.isArray(key) ? key.map(positive) : positive(key as Scalar)
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

describe('compareKeys', () => {
  const ordered: readonly Key[] = [
    null,
    false,
    true,
    Number.NEGATIVE_INFINITY,
    -(2n ** 3000n),
    -(2n ** 1024n),
    -BigInt(Number.MAX_VALUE) - 1n,
    -Number.MAX_VALUE,
    -BigInt(Number.MAX_VALUE),
    -1.5,
    -1,
    -1n,
    -5e-324,
    0,
    0n,
    5e-324,
    1,
    1n,
    1.5,
    2n,
    2 ** 53,
    2n ** 53n,
    2n ** 53n + 1n,
    2 ** 53 + 2,
    Number.MAX_VALUE,
    BigInt(Number.MAX_VALUE),
    BigInt(Number.MAX_VALUE) + 1n,
    2n ** 1024n,
    2n ** 3000n,
    Number.POSITIVE_INFINITY,
    '',
    '\0',
    '\0\0',
    'A',
    'a',
    'a\0',
    'aa',
    'é',
    '\ud7ff',
    '\ud800',
    '\ud800a',
    '\ud800\ue000',
    '\udfff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
    [],
    [null],
    [null, null],
    [1, 'x'],
    [1n, 'a'],
    [''],
    ['', ''],
    ['\0'],
    ['a'],
    ['a', null],
    ['a', 'b'],
    ['a\0'],
    ['a\0', 1],
    ['ab'],
    ['\uffff'],
    ['\u{10000}'],
  ]

  it('orders keys of every kind as documented, and so do their bytes', () => {
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareKeys(a, b)), `element ${i} against ${j}`).toBe(Math.sign(i - j))
        expect(Buffer.compare(encodeKey(a), encodeKey(b)), `bytes of ${i} against ${j}`).toBe(
          Math.sign(i - j),
        )
      }
    }
  })

  it('takes -0 and 0 for the same key', () => {
    expect(compareKeys(-0, 0)).toBe(0)
    expect(encodeKey(-0)).toEqual(encodeKey(0))
  })
})

describe('encodeKey', () => {
  it('gives bytes that compare as the keys do', () => {
    fc.assert(
      fc.property(nearKeys, ([a, b]) => {
        expect(Buffer.compare(encodeKey(a), encodeKey(b))).toBe(Math.sign(compareKeys(a, b)))
        expect(Math.sign(compareKeys(b, a))).toBe(-Math.sign(compareKeys(a, b)) + 0)
      }),
      { numRuns: 5000 },
    )
  })

  it('orders numbers and bigints by exact value', () => {
    fc.assert(
      fc.property(anyNumber, anyBigInt, (number, bigint) => {
        const byValue = number < bigint ? -1 : number > bigint ? 1 : -1
        expect(Buffer.compare(encodeKey(number), encodeKey(bigint))).toBe(byValue)
      }),
      { numRuns: 3000 },
    )
  })

  it('sorts many bigints as their values do', () => {
    fc.assert(
      fc.property(fc.array(anyBigInt, { maxLength: 30 }), (bigints) => {
        const byBytes = bigints.map(encodeKey).sort(Buffer.compare).map(decoded)
        expect(byBytes).toEqual([...bigints].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
      }),
    )
  })

  it('keeps the order of bigints whose part above a double needs the long form', () => {
    const around = [2100n, 2101n, 3040n, 3041n, 3056n, 9000n, 80_000n].flatMap((power) => [
      2n ** power - 1n,
      2n ** power,
    ])
    const all = [...around.map((big) => -big).reverse(), ...around]
    expect([...all].reverse().map(encodeKey).sort(Buffer.compare).map(decoded)).toEqual(all)
  })

  it.each([
    ['252 bytes in the short form', 2n ** 2010n, 254, 10 + 252],
    ['253 bytes in the long form', 2n ** 2020n, 255, 10 + 4 + 253],
    ['13 bytes in the short form', 2n ** 100n, 15, 10 + 13],
    ['4 bytes in the short form', 2n ** 32n - 1n, 6, 10 + 4],
  ])('writes what a bigint has above a double, %s', (_, above, suffix, length) => {
    const bytes = encodeKey(BigInt(Number.MAX_VALUE) + above)
    expect([bytes[9], bytes.length]).toEqual([suffix, length])
    expect(decoded(bytes)).toBe(BigInt(Number.MAX_VALUE) + above)
  })

  it('is undone by decodeKey', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(decoded(encodeKey(key))).toStrictEqual(withoutNegativeZero(key))
      }),
      { numRuns: 5000 },
    )
  })

  it('handles keys of 10 MB, whatever they are made of', { tags: 'large' }, () => {
    const texts = ['a'.repeat(1e7), '\0'.repeat(1e7), '한'.repeat(3e6), `${'a'.repeat(1e7)}\ud800`]
    for (const text of texts) {
      expect(decoded(encodeKey(text)) === text).toBe(true)
      const tuple = decoded(encodeKey([text, 1]))
      expect(Array.isArray(tuple) && tuple[0] === text && tuple[1] === 1).toBe(true)
    }
  })
})

describe('decodeKey', () => {
  it('reads a key in the middle of other bytes', () => {
    fc.assert(
      fc.property(anyKey, fc.uint8Array(), fc.uint8Array(), (key, before, after) => {
        const bytes = encodeKey(key)
        const all = Buffer.concat([before, bytes, after])
        expect(decodeKey(all, before.length, before.length + bytes.length)).toStrictEqual(
          withoutNegativeZero(key),
        )
      }),
    )
  })

  it('gives a key or says file-damaged, whatever the bytes are', () => {
    const damaged = fc
      .tuple(anyKey, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 }))
      .map(([key, at, byte, cut]) => {
        const bytes = encodeKey(key)
        bytes[at % bytes.length] = byte
        return bytes.subarray(0, Math.max(0, bytes.length - cut))
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 20 }), damaged), (bytes) => {
        expect(['key', 'file-damaged']).toContain(outcomeOf(Buffer.from(bytes)))
      }),
      { numRuns: 5000 },
    )
  })

  it('refuses bytes that end early or go on', () => {
    expect(() => decoded(Buffer.alloc(0))).toThrow('Encoded key is not one at byte 0.')
    expect(() => decoded(encodeKey(1).subarray(0, 9))).toThrow(TallymanError)
    expect(() => decoded(Buffer.concat([encodeKey(true), encodeKey(true)]))).toThrow(TallymanError)
    expect(() => decoded(encodeKey(['a']).subarray(0, 3))).toThrow(TallymanError)
  })

  const doubleOf = (number: number) => [...encodeKey(number).subarray(0, 9)]
  const one = doubleOf(1)
  it.each([
    ['nothing', [], 0],
    ['a tag that is none', [9], 0],
    ['a tag that is none, in a tuple', [6, 1, 9], 2],
    ['a text without its end, in a tuple', [6, 5], 2],
    ['a number without its end', [4, 0xc0, 0, 0, 0, 0, 0, 0, 0], 1],
    ['NaN', [4, 0xff, 0xf8, 0, 0, 0, 0, 0, 0, 0], 1],
    ['a bigint that is below all doubles, and has a double', [...one, 1, 0xff, 0xff, 0xff, 0xff], 1],
    ['a bigint that has no double, and is not below all', [...doubleOf(-Infinity), 3, 1], 1],
    ['a bigint above a half', [...doubleOf(0.5), 3, 1], 1],
    ['less than the size of a bigint', [...one, 0xff, 0, 0, 0], 10],
    ['less than a short bigint says it has', [...one, 4, 1], 1],
    ['less than a short bigint says it has, in a tuple', [6, ...one, 4, 1], 2],
    ['less than a long bigint says it has', [...one, 0xff, 0, 0, 0, 2, 1], 10],
    ['less than a long bigint says it has, in a tuple', [6, ...one, 0xff, 0, 0, 0, 2, 1], 11],
  ])('refuses %s, and says where it is', (_, bytes, at) => {
    const error = thrownBy(() => decoded(Buffer.from(bytes)))
    expect(error.code).toBe('file-damaged')
    expect(error.message).toBe(`Encoded key is not one at byte ${at}.`)
  })

  it('refuses a piece of no bytes, whatever stands around it', () => {
    const nulls = Buffer.concat([encodeKey(null), encodeKey(null), encodeKey(null)])
    expect(() => decodeKey(nulls, 1, 1)).toThrow('Encoded key is not one at byte 1.')
    expect(() => decodeKey(nulls, 2, 1)).toThrow('Encoded key is not one at byte 2.')
  })

  function outcomeOf(bytes: Buffer): string {
    try {
      return isKey(decoded(bytes)) ? 'key' : 'neither a key nor an error'
    } catch (error) {
      return error instanceof TallymanError ? error.code : String(error)
    }
  }
})

describe('writeKey', () => {
  // What a job written in JavaScript may pass.
  function encodeAnything(key: unknown): Buffer {
    return encodeKey(key as Key)
  }

  it.each([
    [Number.NaN, 'Key is NaN, which is no key.', /^NaN equals nothing/],
    [undefined, 'Key is undefined, which is no key.', /`tweet\.lang \?\? null`/],
    [{ lang: 'de' }, 'Key is an object with the properties "lang", which is no key.', /^A key is a string/],
    [new Date(0), 'Key is an instance of Date, which is no key.', /toISOString\(\)/],
    [Symbol('x'), 'Key is Symbol(x), which is no key.', /^A key is a string/],
    [parseInt, 'Key is the function parseInt, which is no key.', /^A key is a string/],
    [['a', undefined], 'Key element [1] is undefined, which is no key.', /`tweet\.lang \?\? null`/],
    [['a', Number.NaN], 'Key element [1] is NaN, which is no key.', /^NaN equals nothing/],
    [[['a']], 'Key element [0] is an array, which is no key.', /^A tuple is flat/],
    [[1, {}], 'Key element [1] is an object without properties, which is no key.', /^A key is a string/],
    [new Array(2), 'Key element [0] is undefined, which is no key.', /`tweet\.lang \?\? null`/],
  ])('refuses what is no key, and says what to do: case %#', (key, message, wayOut) => {
    const error = thrownBy(() => encodeAnything(key))
    expect(error.code).toBe('key-invalid')
    expect(error.message).toBe(message)
    expect(error.wayOut).toMatch(wayOut)
  })

  it('takes exactly what isKey says is a key', () => {
    const element = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true }),
      fc.double(),
      fc.constant(null),
    )
    const lists = fc.oneof(fc.array(element, { maxLength: 3 }), fc.sparseArray(element, { maxLength: 3 }))
    fc.assert(
      fc.property(fc.oneof(element, lists), (key) => {
        expect(isKey(key)).toBe(isTaken(key))
      }),
    )
  })

  function isTaken(key: unknown): boolean {
    try {
      encodeAnything(key)
      return true
    } catch {
      return false
    }
  }

  it('leaves the writer as it was when it refuses a key', () => {
    const out = new ByteWriter(4)
    writeKey(out, 'kept')
    const length = out.length
    expect(thrownBy(() => writeKey(out, ['long enough to grow', Number.NaN])).code).toBe('key-invalid')
    expect(out.length).toBe(length)
    expect(decodeKey(out.buffer, 0, out.length)).toBe('kept')
  })
})
