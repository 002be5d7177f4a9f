import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clip, pad, printable, printableLines, widthOf } from './printable.ts'

const family = '👨\u200d👩\u200d👧\u200d👦'

describe('printable', () => {
  it.each([
    ['ESC', '\u001b[31mred', '\\u001b[31mred'],
    ['BEL and BS', 'a\u0007\b', 'a\\u0007\\u0008'],
    ['NUL', '\u0000', '\\u0000'],
    ['line breaks and tabs', 'a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['DEL', '\u007f', '\\u007f'],
    ['C1 controls, which are CSI and OSC in one character', '\u009b31m\u009d', '\\u009b31m\\u009d'],
    ['line and paragraph separators', '\u2028\u2029', '\\u2028\\u2029'],
    ['bidirectional marks', '\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
    ['bidirectional embeddings and overrides', '\u202a\u202e', '\\u202a\\u202e'],
    ['bidirectional isolates', '\u2066\u2069', '\\u2066\\u2069'],
    ['tags', '\u{e0041}\u{e007f}', '\\u{e0041}\\u{e007f}'],
    ['spaces without width', '\u200b\u2060\ufeff', '\\u200b\\u2060\\ufeff'],
    ['soft hyphens', 'a\u00adb', 'a\\u00adb'],
    ['noncharacters', '\uffff\u{1fffe}', '\\uffff\\u{1fffe}'],
    ['interlinear marks', '\ufff9', '\\ufff9'],
    ['a lone high surrogate', 'a\ud83d', 'a\\ud83d'],
    ['a lone low surrogate, as in names that are not UTF-8', 'bad\udcff.txt', 'bad\\udcff.txt'],
  ])('escapes %s', (_, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it.each([
    '',
    'plain text',
    'back\\slash',
    '日本語',
    '한국어',
    'שלום',
    'العربية',
    'e\u0301',
    family,
    '❤\ufe0f',
    'क्\u200dष',
    'می\u200cخواهم',
    '\u00a0\u3000',
  ])('leaves %j as it is', (text) => {
    expect(printable(text)).toBe(text)
  })

  it('lets nothing through that a terminal acts upon, whatever the text', () => {
    const anyText = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = printable(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
        expect(printable(shown)).toBe(shown)
      }),
    )
  })
})

describe('printableLines', () => {
  it('keeps line breaks and nothing else', () => {
    expect(printableLines('a\u001b\r\nb\tc\nd')).toBe('a\\u001b\nb\\tc\nd')
  })
})

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
