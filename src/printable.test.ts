import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyPoint } from '../test/fixtures/keys-and-values.ts'
import { printable, printableLines } from './printable.ts'

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
    const anyText = fc.string({ unit: anyPoint })
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
