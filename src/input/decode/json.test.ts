import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactly, jsonText, mutate, mutation } from '../../../test/fixtures/json-texts.ts'
import { requires } from '../../../test/requires.ts'
import { RecordRejection } from '../../job/index.ts'
import { parseJson } from './json.ts'
import { jsonl } from './jsonl.ts'

type Outcome = { value: unknown } | { rejected: string; atByte: number | null }

function outcomeOf(parse: () => unknown): Outcome {
  try {
    return { value: parse() }
  } catch (error) {
    if (error instanceof RecordRejection) return { rejected: error.message, atByte: error.atByte }
    if (error instanceof SyntaxError) return { rejected: error.message, atByte: null }
    throw error
  }
}

const severalLines =
  "a value over several lines is no JSON lines: jq -c . writes it as one, jq -c '.[]' each element of an array"

/** All parsers see the text in the middle of other bytes. */
function within(text: string | Buffer): { bytes: Buffer; start: number; end: number } {
  const inner = Buffer.from(text)
  return {
    bytes: Buffer.concat([Buffer.from('{"['), inner, Buffer.from('"1}]')]),
    start: 3,
    end: 3 + inner.length,
  }
}

function strict(text: string | Buffer, integers: 'exact' | 'number' = 'exact'): Outcome {
  const { bytes, start, end } = within(text)
  return outcomeOf(() => parseJson(bytes, start, end, integers))
}

const decoders = { exact: jsonl().decoder(), number: jsonl({ integers: 'number' }).decoder() }

function fast(text: string | Buffer, integers: 'exact' | 'number' = 'exact'): Outcome {
  const { bytes, start, end } = within(text)
  return outcomeOf(() => decoders[integers].decode(bytes, start, end))
}

function native(text: string): Outcome {
  return outcomeOf(() => JSON.parse(text))
}

/** Both parsers accept what `JSON.parse` accepts, with its value, and agree with each other in everything. */
function expectSame(text: string): void {
  const reference = native(text)
  const slow = strict(text, 'number')
  if ('value' in reference) expect('value' in slow && exactly(slow.value)).toBe(exactly(reference.value))
  else expect(slow).toHaveProperty('rejected')
  if (text.trim() === '') return
  expect(outcomeText(fast(text, 'number'))).toBe(outcomeText(slow))
  expect(outcomeText(fast(text, 'exact'))).toBe(outcomeText(strict(text, 'exact')))
}

function outcomeText(outcome: Outcome): string {
  return 'value' in outcome ? exactly(outcome.value) : `${outcome.atByte} ${outcome.rejected}`
}

describe('parseJson and jsonl', () => {
  test('accept and give what JSON.parse does, on generated JSON', () => {
    fc.assert(fc.property(jsonText, expectSame), { numRuns: 4000 })
  })

  test('accept and give what JSON.parse does, on JSON that was mutated', () => {
    fc.assert(
      fc.property(jsonText, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
        // Bytes cannot hold a lone surrogate, so such a text is not the one the parsers see.
        expectSame(Buffer.from(mutate(text, mutations)).toString())
      }),
      { numRuns: 8000 },
    )
  })

  test.each([
    ['', 'expected a JSON value, found the end of the record', 0],
    ['[', `expected a value in an array, found the end of the record; ${severalLines}`, 1],
    [' [ {\r', `expected a property name in double quotes, found the end of the record; ${severalLines}`, 5],
    ['[1', 'expected "," or "]" after an array element, found the end of the record', 2],
    ['{"a":1', 'expected "," or "}" after a property, found the end of the record', 6],
    ['{"a" 1}', 'expected ":" after a property name, found "1"', 5],
    ['{"a":}', 'expected a value after ":", found "}"', 5],
    ["{'a':1}", 'expected a property name in double quotes, found "\'"', 1],
    ['{"a":1,}', 'expected a property name in double quotes, found "}"', 7],
    ['[1,]', 'expected a value in an array, found "]"', 3],
    ['[1 2]', 'expected "," or "]" after an array element, found "2"', 3],
    ['[01]', 'expected "," or "]" after an array element, found "1"', 2],
    ['-', 'expected a digit, found the end of the record', 1],
    ['1.', 'expected a digit after the decimal point, found the end of the record', 2],
    ['1e+', 'expected a digit of the exponent, found the end of the record', 3],
    ['nul', 'expected "null", found the end of the record', 3],
    ['{} {}', 'expected the end of the record after its value, found "{"', 3],
    ['"ab', 'expected the closing quote of a string, found the end of the record', 3],
    ['"a\tb"', 'expected an escape, since strings hold no raw control characters, found byte 0x09', 2],
    ['"\\x"', 'expected one of "\\/bfnrtu after a backslash, found "x"', 2],
    ['"\\u12G4"', 'expected four hexadecimal digits after \\u, found "G"', 5],
    ['日', 'expected a JSON value, found "日"', 0],
    ['\ufeff{}', 'expected a JSON value, found "\ufeff"', 0],
    ['NaN', 'expected a JSON value, found "N"', 0],
  ])('rejects %j, saying what was expected and found, and the byte', (text, rejected, atByte) => {
    expect(strict(text)).toEqual({ rejected, atByte })
    if (text !== '') expect(fast(text)).toEqual({ rejected, atByte })
  })

  test.each([
    String.raw`"\"\\\/\b\f\n\r\t"`,
    String.raw`"\u0041\u00e9\uD83D\uDE00\uabcd\uFFFF"`,
    String.raw`"é\n한\\😀"`,
    'true',
    'false',
    'null',
    '-0',
    '-12.5e-3',
    '[true,false,null,"",{},[],{"false":false}]',
  ])('parseJson reads %s as JSON.parse does', (text) => {
    const bytes = Buffer.from(`"${text}"`)
    expect(parseJson(bytes, 1, bytes.length - 1, 'exact')).toStrictEqual(JSON.parse(text))
  })

  test.each([
    String.raw`"\v"`,
    String.raw`"\u00g1"`,
    String.raw`"\u00`,
    'tru',
    'falsy',
    'nul',
    '-',
    '"',
    '"\\',
    '+1',
  ])('parseJson rejects %s', (text) => {
    const bytes = Buffer.from(text)
    expect(() => parseJson(bytes, 0, bytes.length, 'exact')).toThrow(RecordRejection)
  })

  test('count the byte of a rejection in bytes, not characters', () => {
    expect(fast('{"é日":tru}')).toEqual({ rejected: 'expected "true", found "}"', atByte: 12 })
  })

  test('integers beyond ±2^53 written plainly are exact bigints; everything else is a number', () => {
    for (const parse of [strict, fast]) {
      expect(parse('[9007199254740992,-9007199254740992]')).toEqual({ value: [2 ** 53, -(2 ** 53)] })
      expect(parse('[9007199254740993,-9007199254740993]')).toEqual({
        value: [9007199254740993n, -9007199254740993n],
      })
      expect(parse('9007199254740994')).toEqual({ value: 9007199254740994n })
      expect(parse(' -12345678901234567890 ')).toEqual({ value: -12345678901234567890n })
      expect(parse('[12345678901234567890.0,12345678901234567890e0]')).toEqual({
        value: [12345678901234567000, 12345678901234567000],
      })
      expect(parse('9007199254740993', 'number')).toEqual({ value: 9007199254740992 })
    }
  })

  test('long integers come back from every depth, also where earlier records had them elsewhere', () => {
    const decoder = jsonl().decoder()
    const big = 1234567890123456789n
    const shapes: [string, unknown][] = [
      [
        `{"id":${big},"user":{"id":${big}},"list":[${big},{"id":${big}}]}`,
        { id: big, user: { id: big }, list: [big, { id: big }] },
      ],
      [`{"other":${big}}`, { other: big }],
      [`[${big},[${big}]]`, [big, [big]]],
      [
        `{"id":{"id":${big}},"user":${big},"list":{"0":${big}}}`,
        { id: { id: big }, user: big, list: { 0: big } },
      ],
      [`{"id":${big},"id":1,"user":2}`, { id: 1, user: 2 }],
      [`{"id":"x","user":null,"list":[]}`, { id: 'x', user: null, list: [] }],
      [`{"text":"a,${big},b","id":${big}}`, { text: `a,${big},b`, id: big }],
      [`{"text":"\\u0080\\u00801","id":${big}}`, { text: '\x80\x801', id: big }],
      [`{"text":"\x80\x801","id":${big}}`, { text: '\x80\x801', id: big }],
      [`${big}`, big],
    ]
    for (const [text, value] of [...shapes, ...shapes.reverse()]) {
      const bytes = Buffer.from(text)
      expect(decoder.decode(bytes, 0, bytes.length)).toEqual(value)
    }
  })

  test.each(['\\u0080\\u0080', '\x80\x80', '\x80\\u0080', '\\u0080\x80'])(
    'a string that looks like a marked integer (%j) stays a string, also where integers have been',
    (spelling) => {
      const decoder = jsonl().decoder()
      const decode = (text: string) => decoder.decode(Buffer.from(text), 0, Buffer.byteLength(text))
      expect(decode('{"a":9007199254740993,"b":[9007199254740993]}')).toEqual({
        a: 9007199254740993n,
        b: [9007199254740993n],
      })
      for (const rest of [
        '"b":[9007199254740993]',
        '"b":[9007199254740993],"b":[]',
        '"b":"é","c":9007199254740993',
      ]) {
        const text = `{"a":"${spelling}1",${rest}}`
        expect(decode(text)).toHaveProperty('a', '\x80\x801')
        expect(exactly(decode(text))).toBe(outcomeText(strict(text)))
      }
    },
  )

  test('data with endless different keys stays right', () => {
    const decoder = jsonl().decoder()
    for (let index = 0; index < 1000; index++) {
      const bytes = Buffer.from(`{"k${index}":{"id":9007199254740993}}`)
      expect(decoder.decode(bytes, 0, bytes.length)).toEqual({ [`k${index}`]: { id: 9007199254740993n } })
    }
  })

  test('__proto__ is a property like any other', () => {
    for (const parse of [strict, fast]) {
      const outcome = parse('{"__proto__":{"id":9007199254740993,"polluted":1}}')
      const value = 'value' in outcome ? outcome.value : null
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(Object.entries(value ?? {})).toEqual([['__proto__', { id: 9007199254740993n, polluted: 1 }]])
    }
    const decoder = jsonl().decoder()
    for (const text of [
      '{"__proto__":{"id":9007199254740993}}',
      '{"a":{"id":9007199254740993}}',
      '{"__proto__":9007199254740993}',
      '{}',
    ]) {
      decoder.decode(Buffer.from(text), 0, text.length)
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('1,000 levels are a record, 1,001 are rejected at the one too many', () => {
    const nested = (levels: number, open: string, close: string, inner: string) =>
      open.repeat(levels) + inner + close.repeat(levels)
    for (const [open, close] of [
      ['[', ']'],
      ['{"":', '}'],
      ['{"":[', ']}'],
    ] as const) {
      const perRepeat = open.length === 5 ? 2 : 1
      for (const parse of [strict, fast]) {
        expect(parse(nested(1000 / perRepeat, open, close, '1'))).toHaveProperty('value')
        const tooDeep = parse(nested(1000 / perRepeat, open, close, '{}'))
        expect(tooDeep).toEqual({
          rejected: 'the record is nested deeper than 1,000 levels',
          atByte: (1000 / perRepeat) * open.length,
        })
        expect(parse(nested(100_000, open, close, '1'))).toHaveProperty('rejected')
      }
    }
    const many = `[${Array.from({ length: 3000 }, () => '{"a":[]}').join(',')}]`
    expect(fast(many)).toEqual(native(many))
  })

  test('what is not UTF-8 is rejected with its byte', () => {
    for (const parse of [strict, fast]) {
      expect(parse(Buffer.from([0x22, 0x61, 0xff, 0x22]))).toEqual({
        rejected: 'byte 0xff is not valid UTF-8 there',
        atByte: 2,
      })
      expect(parse(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toMatchObject({ atByte: 1 })
    }
  })

  test('lone surrogate escapes are kept', () => {
    for (const parse of [strict, fast])
      expect(parse('"\\ud800x\\udc00\\ud83d\\ude00"')).toEqual({ value: '\ud800x\udc00😀' })
  })
})

const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url))

function jsonFilesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.(json|ndjson)$|bitly.*example\.txt$/.test(join(entry.parentPath, entry.name)),
    )
    .map((entry) => join(entry.parentPath, entry.name))
}

describe.skipIf(!requires('The folder ../shared/data with real JSON', existsSync(data)))(
  'parseJson on real data',
  () => {
    test('agrees with JSON.parse on every file and line', () => {
      let texts = 0
      for (const file of jsonFilesBelow(data)) {
        const content = readFileSync(file, 'utf8')
        const whole = native(content)
        for (const text of 'value' in whole ? [content] : content.split('\n').filter((line) => line !== '')) {
          expectSame(text)
          texts += 1
        }
      }
      expect(texts).toBeGreaterThan(100)
    })
  },
)
