import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clip, pad, widthOf } from './cells.ts'

const family = '👨\u200d👩\u200d👧\u200d👦'

describe('widthOf', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    [family, 2],
    ['ｆｕ', 4],
    ['\u0301', 0],
    ['', 0],
  ])('counts the cells of %j', (text, cells) => {
    expect(widthOf(text)).toBe(cells)
  })
})

describe('clip', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['', 1, ''],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    [`a${family}b`, 4, `a${family}b`],
    [`a${family}b`, 3, 'a…'],
    [`${family}bc`, 3, `${family}…`],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
    ['abc', 1, '…'],
  ])('cuts %j to %d cells', (text, cells, clipped) => {
    expect(clip(text, cells)).toBe(clipped)
  })

  it('never takes more cells than it may, and never cuts a grapheme', () => {
    const graphemes = fc.array(fc.constantFrom('a', '語', family, 'e\u0301', ' ', '👍🏽', '🇩🇪'), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(graphemes, fc.integer({ min: 1, max: 40 }), (parts, cells) => {
        const text = parts.join('')
        const clipped = clip(text, cells)
        expect(widthOf(clipped)).toBeLessThanOrEqual(cells)
        if (clipped !== text) {
          expect(clipped.endsWith('…')).toBe(true)
          const prefixes = parts.map((_, index) => parts.slice(0, index).join(''))
          expect(prefixes).toContain(clipped.slice(0, -1))
        }
      }),
    )
  })
})

describe('a text of a megabyte', () => {
  it.each(['x', 'é', '日', family])('is measured and cut by its beginning alone: %s', (character) => {
    const text = character.repeat(2 ** 20 / character.length)
    expect(widthOf(text)).toBeGreaterThan(700)
    expect(clip(text, 10)).toBe(`${character.repeat(Math.floor(9 / widthOf(character)))}…`)
  })
})

describe('pad', () => {
  it.each([
    ['ab', 4, 'right', 'ab  '],
    ['ab', 4, 'left', '  ab'],
    ['日', 4, 'right', '日  '],
    [family, 3, 'left', ` ${family}`],
    ['e\u0301', 2, 'right', 'e\u0301 '],
    ['too long', 3, 'right', 'too long'],
  ] as const)('pads %j to %d cells with spaces on the %s', (text, cells, side, padded) => {
    expect(pad(text, cells, side)).toBe(padded)
  })
})
