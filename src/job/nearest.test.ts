import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestName } from './nearest.ts'

describe('nearestName', () => {
  test.each([
    ['reduce', ['reduce', 'reducer'], 'reduce'],
    // Two neighbours that changed places are one step, also at the beginning and at the end.
    ['redcue', ['reduce'], 'reduce'],
    ['erduce', ['reduce'], 'reduce'],
    ['reduec', ['reduce'], 'reduce'],
    ['ab', ['ba'], 'ba'],
    // One step each: left out, put in, put in the place of another.
    ['tg', ['tag'], 'tag'],
    ['taag', ['tag'], 'tag'],
    ['tug', ['tag'], 'tag'],
    ['MAP', ['map'], 'map'],
    // A third of the letters, and no more.
    ['abxyef', ['abcdef'], 'abcdef'],
    ['abxyzf', ['abcdef'], null],
    ['ba__', ['ab'], null],
    // No two swaps of what are no neighbours.
    ['acb', ['abc', 'bca'], 'abc'],
    ['cab', ['abc'], null],
    ['xx', ['ab'], null],
    // Only one of the two came to the place of the other.
    ['xa', ['ay'], null],
    ['ax', ['ya'], null],
    ['x', ['y'], 'y'],
    ['', ['a'], 'a'],
    ['a', [], null],
    // Of two that are as near the first, else the nearer.
    ['tab', ['tag', 'tan'], 'tag'],
    ['columsn', ['colon', 'columns'], 'columns'],
  ])('of %j among %j is %j', (given, known, near) => {
    expect(nearestName(given, known)).toBe(near)
  })

  test('finds a long name after any one change', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(name, fc.nat(), fc.integer({ min: 0, max: 3 }), (known, number, change) => {
        const at = number % (known.length - 1)
        const [before, one, two, behind] = [
          known.slice(0, at),
          known[at] ?? '',
          known[at + 1] ?? '',
          known.slice(at + 2),
        ]
        const changed = [two + one, `${one}z${two}`, one, `z${two}`][change] ?? ''
        expect(nearestName(before + changed + behind, ['zzzzzzzzzzzz', known])).toBe(known)
      }),
    )
  })
})
