import { describe, expect, test } from 'vitest'
import { renderPage } from '../render.ts'
import { plain } from './rows.tsx'

describe('plain', () => {
  test.each([
    ['"2021-01"', '2021-01'],
    ['"2020-02-20"', '2020-02-20'],
    [String.raw`"\"Freie\" W\u00e4hler"`, '"Freie" Wähler'],
    [String.raw`"a\\b"`, String.raw`a\b`],
    ['"CDU, Land"', 'CDU, Land'],
    ['"Null"', 'Null'],
  ])('shows %s as the text that it is: %s', (json, text) => {
    expect(plain(json)).toBe(text)
  })

  test.each([
    '"12"',
    '"1e3"',
    '"0x10"',
    '"Infinity"',
    '"null"',
    '"true"',
    '"[1]"',
    String.raw`"\"quoted\""`,
    '""',
    '" a"',
    '"a  b"',
    String.raw`"a\u0007"`,
    '12',
    'null',
    '{"n":"a"}',
  ])('leaves %s, which could be taken for something else without its quotes, or has none', (json) => {
    expect(plain(json)).toBe(json)
  })
})

const rowsOf = (order: 'key' | 'value', ...cells: string[][]): string =>
  renderPage({
    kind: 'table',
    run: 'r',
    name: 't',
    rows: 2,
    complete: true,
    columns: ['month', 'value'],
    cells,
    from: '',
    order,
    nextByte: null,
    problem: null,
  }).replace(/<script type="application.*/, '')

test('a table offers its largest values where it has numbers, and null is none of another kind', () => {
  const offer = 'the largest first'
  expect(rowsOf('key', ['"2021-01"', 'null'], ['"2021-02"', '-3'])).toContain(offer)
  expect(rowsOf('key', ['"2021-01"', '{"n":1}'], ['"2021-02"', '"12"'])).not.toContain(offer)
  expect(rowsOf('value', ['"2021-01"', '1'])).toContain('in the order of keys')
})

test('a text in the place of a value has no quotes either, but the text of a number', () => {
  const page = rowsOf('key', ['"2021-01"', '"Gr\u00fcne"'], ['"b"', '"12"'])
  expect(page).toContain('>Gr\u00fcne<')
  expect(page).toContain('>2021-01<')
  expect(page).toContain('>&quot;12&quot;<')
})
