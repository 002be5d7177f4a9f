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

  it('is undone by decodeKey', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(decoded(encodeKey(key))).toStrictEqual(withoutNegativeZero(key))
      }),
      { numRuns: 5000 },
    )
  })

  it('handles keys of 10 MB, whatever they are made of', () => {
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
        expect(['key', 'file-damaged']).toContain(outcomeOf(() => decoded(Buffer.from(bytes))))
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

  function outcomeOf(action: () => unknown): string {
    try {
      action()
      return 'key'
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
    [Number.NaN, 'Key is NaN, which is no key.'],
    [undefined, 'Key is undefined, which is no key.'],
    [{ lang: 'de' }, 'Key is an object with the properties "lang", which is no key.'],
    [new Date(0), 'Key is an instance of Date, which is no key.'],
    [Symbol('x'), 'Key is Symbol(x), which is no key.'],
    [parseInt, 'Key is the function parseInt, which is no key.'],
    [['a', undefined], 'Key element [1] is undefined, which is no key.'],
    [['a', Number.NaN], 'Key element [1] is NaN, which is no key.'],
    [[['a']], 'Key element [0] is an array, which is no key.'],
    [[1, 2, {}], 'Key element [2] is an object without properties, which is no key.'],
    [new Array(2), 'Key element [0] is undefined, which is no key.'],
  ])('refuses what is no key: case %#', (key, message) => {
    const error = thrownBy(() => encodeAnything(key))
    expect(error.code).toBe('key-invalid')
    expect(error.message).toBe(message)
    expect(error.wayOut).toMatch(/\.$/)
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
