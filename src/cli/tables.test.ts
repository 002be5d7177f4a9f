import { describe, expect, it } from 'vitest'
import { fakeTerminal } from '../../test/fixtures/fake-terminal.ts'
import type { TableHead } from '../result/index.ts'
import { widthOf } from './cells.ts'
import { alignColumns, showHeads, showJson } from './tables.ts'

describe('showJson', () => {
  it.each([
    'plain',
    '2013-08-10',
    '12:30',
    'v1.2',
    '#tag',
    'null value',
    '[x]',
    '{a}',
    'back\\slash',
    '日本語',
    'e\u0301',
  ])('shows the string %j without quotes', (text) => {
    expect(showJson(JSON.stringify(text))).toBe(text)
  })

  it.each([
    ['nothing', ''],
    ['a number', '12'],
    ['a number', '-1.5e3'],
    ['a number of another notation', '0x10'],
    ['a number of another notation', '+5'],
    ['a number', 'Infinity'],
    ['null', 'null'],
    ['a boolean', 'true'],
    ['a list', '[1,2]'],
    ['a string', '"quoted"'],
    ['a shorter string', ' lead'],
    ['a shorter string', 'trail '],
    ['two columns', 'a  b'],
  ])('keeps the quotes where a string would pass for %s: %j', (_, text) => {
    expect(showJson(JSON.stringify(text))).toBe(JSON.stringify(text))
  })

  it.each([
    ['\u001b[31m', '"\\u001b[31m"'],
    ['a\nb', '"a\\nb"'],
    ['\u202eevil', '"\\u202eevil"'],
    ['\u200b', '"\\u200b"'],
    ['\u200d', '"\u200d"'],
    ['\ud800', '"\\ud800"'],
  ])('shows what cannot be seen in quotes and escaped: %j', (text, shown) => {
    expect(showJson(JSON.stringify(text))).toBe(shown)
  })

  it('tells a line break from a backslash and an n', () => {
    expect(showJson(JSON.stringify('a\nb'))).not.toBe(showJson(JSON.stringify('a\\nb')))
  })

  it.each(['12345678901234567890', '-0', '1.5', 'null', 'true', '[1,"a"]', '{"a":1}'])(
    'shows %s with the digits it has',
    (json) => {
      expect(showJson(json)).toBe(json)
    },
  )
})

describe('alignColumns', () => {
  it('pads cells to their columns by width, not by length', () => {
    expect(
      alignColumns(
        [
          ['a', '1'],
          ['日本語', '10'],
          ['👨\u200d👩\u200d👧\u200d👦', '100'],
        ],
        { sides: ['left', 'right'] },
      ),
    ).toEqual(['a         1', '日本語   10', '👨\u200d👩\u200d👧\u200d👦      100'])
  })

  it('stands the last cell of a shorter row in the last column', () => {
    expect(alignColumns([['a', 'b', '1'], ['c', '2'], ['3']])).toEqual(['a  b  1', 'c     2', '      3'])
  })

  it('ends no line with spaces', () => {
    expect(
      alignColumns([
        ['a', ''],
        ['b', 'long'],
      ]),
    ).toEqual(['a', 'b  long'])
  })

  it('cuts cells where a greatest width is said', () => {
    expect(alignColumns([['abcdefghij', '1']], { cellWidthMax: 5 })).toEqual(['abcd…  1'])
    expect(alignColumns([['abcdefghij', '1']])).toEqual(['abcdefghij  1'])
  })

  it('aligns to a greatest width, and cuts nothing, where cells are wanted whole', () => {
    const rows = [
      ['abcdefghij', '1'],
      ['a', '2'],
    ]
    expect(alignColumns(rows, { cellWidthMax: 5, isWhole: true })).toEqual(['abcdefghij  1', 'a      2'])
  })

  it('takes from the widest columns until the line fits', () => {
    const rows = [['k'.repeat(40), 'short', 'v'.repeat(20)]]
    const [line = ''] = alignColumns(rows, { lineWidthMax: 39 })
    expect(line).toBe(`${'k'.repeat(14)}…  short  ${'v'.repeat(14)}…`)
    expect(widthOf(line)).toBe(39)
  })

  it('leaves narrow columns alone, even if the line does not fit then', () => {
    expect(alignColumns([['12345678', '12345678']], { lineWidthMax: 10 })).toEqual(['12345678  12345678'])
  })

  it('makes nothing of nothing', () => {
    expect(alignColumns([])).toEqual([])
    expect(alignColumns([[]])).toEqual([''])
  })
})

describe('showHeads', () => {
  const head = (rows: TableHead['head'], of = rows.length): TableHead => ({
    table: 'result',
    file: 'result.jsonl',
    rows: of,
    head: rows,
  })

  it('stands numbers at the right and strings at the left, in keys and values', () => {
    const terminal = fakeTerminal()
    showHeads(terminal, [
      head([
        { key: ['"de"', '9'], value: '1' },
        { key: ['"und"', '10'], value: '1200' },
      ]),
    ])
    expect(terminal.outLines).toEqual(['result: 2 rows', '  de    9     1', '  und  10  1200'])
  })

  it('stands a column at the left in which not everything is a number', () => {
    const terminal = fakeTerminal()
    showHeads(terminal, [
      head([
        { key: ['9'], value: '1' },
        { key: ['"10"'], value: '200' },
        { key: ['null'], value: '-3' },
      ]),
    ])
    expect(terminal.outLines.slice(1)).toEqual(['  9       1', '  "10"  200', '  null   -3'])
  })

  it('says that there are more rows', () => {
    const terminal = fakeTerminal()
    showHeads(terminal, [head([{ key: ['"a"'], value: '1' }], 3), head([], 7)])
    expect(terminal.outLines).toEqual(['result: 3 rows', '  a  1', '  …', 'result: 7 rows'])
  })

  it('fits its lines into the terminal that stdout is', () => {
    const terminal = fakeTerminal({ outColumns: 20 })
    showHeads(terminal, [head([{ key: [JSON.stringify('x'.repeat(100))], value: '12' }])])
    expect(terminal.outLines).toEqual(['result: 1 row', `  ${'x'.repeat(13)}…  12`])
  })

  it('cuts very long cells even without a terminal', () => {
    const terminal = fakeTerminal()
    showHeads(terminal, [head([{ key: [JSON.stringify('x'.repeat(100))], value: '12' }])])
    expect(terminal.outLines[1]).toBe(`  ${'x'.repeat(47)}…  12`)
  })
})
