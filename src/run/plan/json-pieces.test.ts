import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPieces } from './json-pieces.ts'

test('jsonPieces gives the text of JSON.stringify, for long lists at any depth too', () => {
  const long = Array.from({ length: 2500 }, (_, index) => ({ index, gone: undefined, list: [index] }))
  const some = fc.oneof(
    fc.jsonValue(),
    fc.constant(undefined),
    fc.constant(long),
    fc.constant({ a: { long } }),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), some), (object) => {
      expect([...jsonPieces(object)].join('')).toBe(JSON.stringify(object))
    }),
    { numRuns: 200 },
  )
})

test('jsonPieces makes pieces that are short, however long a list is', () => {
  const files = Array.from({ length: 10_000 }, (_, index) => index)
  const pieces = [...jsonPieces({ discovery: { files }, files })]
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(10_000)
})
