import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { internedText } from './text.ts'

describe('internedText()', () => {
  test('gives the same text back, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: anyPoint, maxLength: 40 }),
      fc.constantFrom(
        '',
        '0',
        '-0',
        '4294967295',
        '4294967296',
        '1e21',
        '__proto__',
        'constructor',
        '\0',
        '\ud800',
      ),
      fc.string({ minLength: 40, maxLength: 60 }).map((long) => long.slice(0, 20)),
    )
    fc.assert(
      fc.property(text, (one) => {
        expect(internedText(one)).toBe(one)
        expect(internedText(one)).toBe(one)
      }),
      { numRuns: 2000 },
    )
  })
})
