import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Key } from '../../record/index.ts'
import { csvWriter, tsvWriter } from './column-rows.ts'
import { findColumns, type RowWriter } from './row-writer.ts'

type Rows = readonly (readonly [Key, unknown])[]

function textOf(rows: Rows, writerOf: typeof csvWriter): string {
  const made = rows.map(([key, value]) => ({
    key,
    keyJson: canonicalJson(key),
    valueJson: canonicalJson(value),
  }))
  const writer: RowWriter = writerOf(findColumns(made, null))
  return writer.head + made.map((row) => writer.row(row)).join('') + writer.tail
}

const csvLines = (rows: Rows): string[] => textOf(rows, csvWriter).split('\r\n')
const tsvLines = (rows: Rows): string[] => textOf(rows, tsvWriter).split('\n')

/** RFC 4180, read as PostgreSQL's COPY does: an empty cell without quotes is absent. Every cell of every line. */
function parseCsv(text: string): (string | null)[][] {
  const lines: (string | null)[][] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  let line: (string | null)[] = []
  let end = 0
  for (let match = cell.exec(text); match !== null; match = cell.exec(text)) {
    const [, quoted, bare, separator] = match
    line.push(quoted === undefined ? bare || null : quoted.replaceAll('""', '"'))
    if (separator !== ',') {
      lines.push(line)
      line = []
    }
    end = cell.lastIndex
  }
  expect(end).toBe(text.length)
  return lines
}

/** The text format of PostgreSQL's COPY. */
function parseTsv(text: string): (string | null)[][] {
  const letters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) =>
      line
        .split('\t')
        .map((cell) =>
          cell === '\\N' ? null : cell.replaceAll(/\\(.)/g, (_, letter) => letters[letter] ?? '?'),
        ),
    )
}

describe('csvWriter', () => {
  test('writes a head and a line a row, ended by CRLF', () => {
    expect(
      textOf(
        [
          ['de', 3],
          ['en', 5],
        ],
        csvWriter,
      ),
    ).toBe('key,value\r\nde,3\r\nen,5\r\n')
  })

  test('tells null from the empty text', () => {
    expect(
      csvLines([
        [null, null],
        ['', ''],
        [['', null], 1],
      ]).slice(0, 4),
    ).toEqual(['key_1,key_2,value', ',,', '"",,""', '"",,1'])
  })

  test('puts quotes around what has a comma, a quote or a line break, and around nothing else', () => {
    expect(
      csvLines([
        ['a,b', 'say "hi"'],
        ['tab\there', ' spaces '],
        ["it's", 'x;y'],
      ]).slice(1, 4),
    ).toEqual(['"a,b","say ""hi"""', 'tab\there, spaces ', "it's,x;y"])
    expect(textOf([['a\nb', 'c\r\nd']], csvWriter)).toBe('key,value\r\n"a\nb","c\r\nd"\r\n')
  })

  test('keeps the digits of numbers, however many', () => {
    expect(
      csvLines([
        [9007199254740993n, 18446744073709551616n],
        [-1n, { exact: 9007199254740993n, half: 0.1, huge: 1e300 }],
      ]),
    ).toEqual([
      'key,value',
      '9007199254740993,18446744073709551616',
      '-1,"{""exact"":9007199254740993,""half"":0.1,""huge"":1e+300}"',
      '',
    ])
    expect(csvLines([[1, { a: 9007199254740993n, b: -1e-7 }]])).toEqual([
      'key,a,b',
      '1,9007199254740993,-1e-7',
      '',
    ])
  })

  test('writes the key -0 as 0, since they are one key, and the value -0 as -0', () => {
    expect(csvLines([[-0, -0]])[1]).toBe('0,-0')
    expect(csvLines([[[-0], { x: -0 }]])[1]).toBe('0,-0')
  })

  test('writes booleans, infinities and NaN as words', () => {
    expect(
      csvLines([
        [true, false],
        [Number.POSITIVE_INFINITY, Number.NaN],
      ]).slice(1, 3),
    ).toEqual(['true,false', 'Infinity,NaN'])
  })

  test('gives each element of a tuple a column, as many as the longest key has', () => {
    expect(
      csvLines([
        ['alone', 1],
        [[], 2],
        [['a'], 3],
        [['a', 'b', 'c'], 4],
        [['a', null, 'c'], 5],
      ]),
    ).toEqual(['key_1,key_2,key_3,value', 'alone,,,1', ',,,2', 'a,,,3', 'a,b,c,4', 'a,,c,5', ''])
  })

  test('gives each property a column where all values have the same ones, all of them scalars', () => {
    expect(
      csvLines([
        ['a', { count: 2, mean: 0.5, first: 'x,"y"' }],
        ['b', { count: 0, mean: null, first: '' }],
      ]),
    ).toEqual(['key,count,mean,first', 'a,2,0.5,"x,""y"""', 'b,0,,""', ''])
  })

  test.each<[string, unknown[], string[]]>([
    ['other properties', [{ a: 1 }, { b: 1 }], ['"{""a"":1}"', '"{""b"":1}"']],
    [
      'another order of properties',
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ['"{""a"":1,""b"":2}"', '"{""b"":2,""a"":1}"'],
    ],
    ['a property more', [{ a: 1 }, { a: 1, b: 2 }], ['"{""a"":1}"', '"{""a"":1,""b"":2}"']],
    ['a list in a property', [{ a: 1 }, { a: [1, 2] }], ['"{""a"":1}"', '"{""a"":[1,2]}"']],
    ['an object in a property', [{ a: { b: null } }, { a: 1 }], ['"{""a"":{""b"":null}}"', '"{""a"":1}"']],
    ['no property', [{}, {}], ['{}', '{}']],
    ['a scalar', [{ a: 1 }, 7], ['"{""a"":1}"', '7']],
    ['null', [{ a: 1 }, null], ['"{""a"":1}"', '']],
    ['a list', [[1, 'x'], []], ['"[1,""x""]"', '[]']],
    ['a property called as the key is', [{ key: 1 }, { key: 2 }], ['"{""key"":1}"', '"{""key"":2}"']],
  ])('writes values as JSON in one column where one has %s', (_, values, cells) => {
    const lines = csvLines(values.map((value, index) => [index, value] as const))
    expect(lines).toEqual(['key,value', ...cells.map((cell, index) => `${index},${cell}`), ''])
  })

  test('names no two columns alike, in whatever width keys are', () => {
    expect(csvLines([[['a', 'b'], { key_2: 1 }]])[0]).toBe('key_1,key_2,value')
    expect(csvLines([[['a'], { key_2: 1, key: 2 }]])[0]).toBe('key_1,key_2,key')
  })

  test('takes names and texts apart that hold all that JSON has signs for', () => {
    const value = { 'a":1,"b': '}{', '\\': '\\"', ',': '],[', '': 'é\u2028😀', __proto__: 'not a property' }
    expect(parseCsv(textOf([['k', value]], csvWriter))).toEqual([
      ['key', 'a":1,"b', '\\', ',', ''],
      ['k', '}{', '\\"', '],[', 'é\u2028😀'],
    ])
    const own = JSON.parse('{"__proto__":1,"constructor":"c"}')
    expect(csvLines([['k', own]])).toEqual(['key,__proto__,constructor', 'k,1,c', ''])
  })

  test('writes only a head for a table without rows', () => {
    expect(textOf([], csvWriter)).toBe('key,value\r\n')
  })
})

describe('tsvWriter', () => {
  test('writes a head and a line a row, ended by LF', () => {
    expect(textOf([['de', 3]], tsvWriter)).toBe('key\tvalue\nde\t3\n')
  })

  test('tells null from the empty text, and from the text \\N', () => {
    expect(
      tsvLines([
        [null, null],
        ['', ''],
        ['\\N', '\\N'],
      ]).slice(1, 4),
    ).toEqual(['\\N\t\\N', '\t', '\\\\N\t\\\\N'])
  })

  test('escapes tabs, line breaks and backslashes, and puts no quotes', () => {
    expect(tsvLines([['a\tb\nc\rd\\e', 'say "hi", x']])[1]).toBe('a\\tb\\nc\\rd\\\\e\tsay "hi", x')
  })

  test('gives tuples and objects columns as csv does', () => {
    expect(
      tsvLines([
        [['a', 1], { n: 1n, 'tab\t': null }],
        [['b'], { n: 2n, 'tab\t': '' }],
      ]),
    ).toEqual(['key_1\tkey_2\tn\ttab\\t', 'a\t1\t1\t\\N', 'b\t\\N\t2\t', ''])
  })
})

/** What a cell holds when it is read again: null, or a text. */
function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : canonicalJson(value)
}

describe('csvWriter and tsvWriter', () => {
  const scalar = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\t', '\\', 'N', 'a', '{', '}', ':') }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
  )
  const keys = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))

  test('write cells that are read back as what they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, scalar), { minLength: 1, maxLength: 5 }), (rows) => {
        const width = Math.max(1, ...rows.map(([key]) => (Array.isArray(key) ? key.length : 1)))
        const expected = rows.map(([key, value]) => {
          const elements = Array.isArray(key) ? key : [key]
          return [...Array.from({ length: width }, (_, at) => cellOf(elements[at])), cellOf(value)]
        })
        expect(parseCsv(textOf(rows, csvWriter)).slice(1)).toEqual(expected)
        expect(parseTsv(textOf(rows, tsvWriter)).slice(1)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('take flat objects apart into the cells of their properties', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 })
    const table = names.chain((properties) =>
      fc
        .array(fc.tuple(...properties.map(() => scalar)), { minLength: 1, maxLength: 3 })
        .map((rows) =>
          rows.map((cells) => Object.fromEntries(properties.map((name, at) => [name, cells[at]]))),
        ),
    )
    fc.assert(
      fc.property(table, (values) => {
        const fields = Object.keys(values[0] ?? {})
        fc.pre(!fields.includes('key'))
        const rows = values.map((value, index) => [index, value] as const)
        const expected = values.map((value, index) => [
          String(index),
          ...fields.map((name) => cellOf(value[name])),
        ])
        expect(parseCsv(textOf(rows, csvWriter))).toEqual([['key', ...fields], ...expected])
        expect(parseTsv(textOf(rows, tsvWriter))).toEqual([['key', ...fields], ...expected])
      }),
      { numRuns: 300 },
    )
  })

  test('write half of a character as SQL shows it, so that two of them are two', () => {
    const rows = [
      ['\ud800', 'a\udc00'],
      ['\ud801', '\ud83d\ude00'],
    ] as const
    const asBytes = (writer: Parameters<typeof textOf>[1]) =>
      Buffer.from(textOf(rows, writer)).toString('utf8')
    expect(asBytes(csvWriter)).toBe('key,value\r\n\\ud800,a\\udc00\r\n\\ud801,\ud83d\ude00\r\n')
    expect(parseTsv(asBytes(tsvWriter))[1]).toEqual(['\\ud800', 'a\\udc00'])
  })
})
