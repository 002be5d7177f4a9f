import { describe, expect, it } from 'vitest'
import { ownData } from './own-data.ts'
import { encodeValue } from './value.ts'

describe('ownData', () => {
  const bare: Record<string, unknown> = Object.assign(Object.create(null), { inner: [1] })
  it.each([
    ['an object in an object', { a: { b: [1, { c: 2 }] }, d: undefined }],
    ['null in an object and a list', { none: null, list: [null, [1]] }],
    ['an object without a prototype', bare],
    ['a property that is called __proto__', JSON.parse('{"__proto__":{"x":[1]},"constructor":[2]}')],
    ['a list with holes', Object.assign(new Array<unknown>(3), { 2: [2] })],
    ['a date', [new Date(5)]],
    ['a map', new Map<unknown, unknown>([[{ k: 1 }, [1]]])],
    ['a set', new Set<unknown>([[1], 'a'])],
    ['a Buffer that is part of another', Buffer.from('abcdef').subarray(2, 4)],
    ['a typed array', new Float64Array([1.5, Number.NaN])],
    ['a DataView', new DataView(new ArrayBuffer(4), 1, 2)],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer],
  ])('gives the same bytes for %s, and shares nothing with it', (_, value: object) => {
    const own = ownData(value)
    expect(encodeValue(own)).toEqual(encodeValue(value))
    expect(sharedBy(value, own)).toEqual([])
  })

  it('leaves alone what no copy can stand for', () => {
    class Point {
      x = 1
    }
    const cycle: Record<string, unknown> = {}
    cycle.left = cycle
    cycle.right = cycle
    const list: unknown[] = []
    list.push(list)
    const inFields = [{ at: new Point() }, { f: () => 1 }, { s: Symbol('s') }]
    const inMap = new Map<unknown, unknown>([
      [1, 1],
      [2, () => 1],
    ])
    for (const value of [new Point(), ...inFields, cycle, list, [() => 1], inMap, new Set([1, () => 1])])
      expect(ownData(value)).toBe(value)
    for (const value of [() => 1, Symbol('s'), undefined, null, 'text', 1, 1n, true])
      expect(ownData(value)).toBe(value)
  })
})

/** Objects that are part of both. */
function sharedBy(left: unknown, right: unknown): object[] {
  const inLeft = partsOf(left)
  return [...partsOf(right)].filter((part) => inLeft.has(part))
}

function partsOf(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null) return found
  found.add(value)
  if (ArrayBuffer.isView(value)) found.add(value.buffer)
  else if (value instanceof Map) for (const entry of value) for (const part of entry) partsOf(part, found)
  else if (value instanceof Set) for (const part of value) partsOf(part, found)
  else for (const part of Object.values(value)) partsOf(part, found)
  return found
}
