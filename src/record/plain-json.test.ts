import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { plainJson } from './plain-json.ts'

const patched: readonly object[] = [Array.prototype, Object.prototype]

describe('plainJson', () => {
  afterEach(() => {
    for (const one of patched) Reflect.deleteProperty(one, 'toJSON')
  })

  it('says of plain data what JSON.stringify says, whatever toJSON all arrays and objects have', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const expected = JSON.stringify(value)
        expect(plainJson(value)).toBe(expected)
        for (const one of patched)
          Object.defineProperty(one, 'toJSON', { value: () => '[]', configurable: true })
        const said = plainJson(value)
        for (const one of patched) Reflect.deleteProperty(one, 'toJSON')
        expect(said).toBe(expected)
      }),
    )
  })

  it.each(patched.map((one) => [one]))(
    'sees a toJSON that only one of them has, as old libraries put it there: %#',
    (one) => {
      const bare: Record<string, unknown> = Object.assign(Object.create(null), { list: [{ n: 1 }] })
      Reflect.set(one, 'toJSON', () => 'wrong')
      expect(plainJson({ bare, list: [[], {}] })).toBe('{"bare":{"list":[{"n":1}]},"list":[[],{}]}')
    },
  )

  it('leaves dates as they are, and writes the digits of bigints', () => {
    const value = { at: new Date(0), big: 5n, list: [undefined, { none: undefined }] }
    const expected = '{"at":"1970-01-01T00:00:00.000Z","big":"5","list":[null,{}]}'
    expect(plainJson(value)).toBe(expected)
    for (const one of patched) Object.defineProperty(one, 'toJSON', { value: () => '[]', configurable: true })
    expect(plainJson(value)).toBe(expected)
  })
})
