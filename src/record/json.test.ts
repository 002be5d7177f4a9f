import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyPoint, anyText, anyValue } from '../../test/fixtures/keys-and-values.ts'
import { canonicalJson } from './json.ts'

/** Has no -0, for which the two differ on purpose. */
function hasNoNegativeZero(value: unknown): boolean {
  return !canonicalJson(value).match(/(^|[[:,])-0($|[\],}])/)
}

describe('canonicalJson', () => {
  it('is the same as JSON.stringify where both are exact', () => {
    const json = fc.jsonValue({ stringUnit: anyPoint }).filter(hasNoNegativeZero)
    fc.assert(
      fc.property(fc.oneof(json, anyText, fc.array(anyText), fc.dictionary(anyText, json)), (value) => {
        expect(canonicalJson(value)).toBe(JSON.stringify(value))
      }),
      { numRuns: 3000 },
    )
  })

  it('is always one line of JSON', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const text = canonicalJson(value)
        expect(text).not.toMatch(/[\n\r]/)
        expect(() => JSON.parse(text)).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [undefined, 'null'],
    [-0, '-0'],
    [[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], '["NaN","Infinity","-Infinity"]'],
    [2n ** 64n, '18446744073709551616'],
    [-5n, '-5'],
    [1e21, '1e+21'],
    [0.1, '0.1'],
    [{ a: undefined, b: [undefined], c: null }, '{"b":[null],"c":null}'],
    [new Array(2), '[null,null]'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(Number.NaN), 'null'],
    [
      new Map<unknown, unknown>([
        ['a', 1],
        [['b', 2], new Map()],
      ]),
      '[["a",1],[["b",2],[]]]',
    ],
    [new Set(['a', new Set()]), '["a",[]]'],
    [Float64Array.from([1.5, -0, Number.NaN]), '[1.5,-0,"NaN"]'],
    [BigInt64Array.from([-1n, 2n]), '[-1,2]'],
    [Buffer.from('ab'), '[97,98]'],
    [Uint8Array.from([1, 2]).buffer, '[1,2]'],
    [new DataView(Uint8Array.from([1, 2, 3]).buffer, 1), '[2,3]'],
    ['\ud800"\\\n\u2028', '"\\ud800\\"\\\\\\n\u2028"'],
    [JSON.parse('{"__proto__":1,"toJSON":2}'), '{"__proto__":1,"toJSON":2}'],
  ])('writes what JSON.stringify would lose or misread: case %#', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })
})
