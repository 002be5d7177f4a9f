import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKey, anyPoint, anyValue } from '../../test/fixtures/keys-and-values.ts'
import { canonicalLine } from '../../test/fixtures/results.ts'
import { ByteWriter, canonicalJson, encodeKey, type Key } from '../record/index.ts'
import { readRow, splitRow, writeRowLine } from './canonical-row.ts'

function read(line: string): unknown {
  const bytes = Buffer.from(`before${line}after`)
  return readRow(bytes, 'before'.length, bytes.length - 'after'.length)
}

/** What is written of a record of a part file. */
function written(key: Key, value: unknown): string {
  const keyBytes = encodeKey(key)
  const bytes = Buffer.concat([keyBytes, Buffer.from(canonicalJson(value))])
  const out = new ByteWriter()
  const middle = keyBytes.length
  writeRowLine(out, { bytes, keyStart: 0, keyEnd: middle, valueStart: middle, valueEnd: bytes.length })
  return out.copy().toString()
}

describe('writeRowLine', () => {
  test('has the key, then the value, without white space, ended by LF', () => {
    expect(written('de', { n: 1 })).toBe('{"key":"de","value":{"n":1}}\n')
  })

  test('keeps digits, and the sign of a value that is zero', () => {
    const lines = [
      written(['#corona', 'de'], 9007199254740993n),
      written('"\n\t\\', { n: null, s: '' }),
      written(0, -0),
      written('\ud800', [Number.NaN, '\udc00']),
    ]
    expect(lines).toEqual([
      '{"key":["#corona","de"],"value":9007199254740993}\n',
      '{"key":"\\"\\n\\t\\\\","value":{"n":null,"s":""}}\n',
      '{"key":0,"value":-0}\n',
      '{"key":"\\ud800","value":["NaN","\\udc00"]}\n',
    ])
  })

  test('writes lines that hold no line break, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyPoint }), fc.string(), (key, value) => {
        const line = written(key, value)
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(JSON.parse(line)).toEqual({ key, value })
      }),
    )
  })
})

describe('readRow', () => {
  test('finds key and value of every row that is written', () => {
    fc.assert(
      fc.property(anyKey, anyValue, (key, value) => {
        const [keyJson, valueJson] = [canonicalJson(key), canonicalJson(value)]
        const bytes = Buffer.from(canonicalLine({ keyJson, valueJson }))
        const row = readRow(bytes, 0, bytes.length - 1)
        if (typeof row === 'string') throw new Error(row)
        expect(canonicalJson(row.key)).toBe(keyJson)
        expect(bytes.toString('utf8', row.valueStart, row.valueEnd)).toBe(valueJson)
      }),
      { numRuns: 500 },
    )
  })

  test('is not led astray by a key that looks like the end of one', () => {
    for (const key of [',"value":', '"value":1}', ['a', 'value'], ['value', ':'], '\\', '\\",']) {
      const line = `{"key":${canonicalJson(key)},"value":1}`
      expect(read(line), line).toMatchObject({ key })
    }
  })

  test('keeps integers and lone surrogates exact', () => {
    expect(read('{"key":[9007199254740993,"\\ud800"],"value":1}')).toMatchObject({
      key: [9007199254740993n, '\ud800'],
    })
  })

  test.each([
    ['', 'is not of the form'],
    ['{}', 'is not of the form'],
    ['{"key":1,"value":2', 'is not of the form'],
    ['{"kez":1,"value":2}', 'is not of the form'],
    ['{"key":1}', 'has no "value"'],
    ['{"key":1,"value":}', 'has an empty value'],
    ['{"key":01,"value":2}', 'has a key that is no JSON'],
    ['{"key":,"value":2}', 'has a key that is no JSON'],
    ['{"key":{"a":1},"value":2}', 'has a key that is no scalar'],
    ['{"key":[1,[2]],"value":2}', 'has a key that is no scalar'],
  ])('says what is wrong with %j', (line, what) => {
    expect(read(line)).toContain(what)
  })

  test('does not look beyond the row for its value', () => {
    const bytes = Buffer.from('{"key":1}\n{"key":2,"value":3}\n')
    expect(readRow(bytes, 0, '{"key":1}'.length)).toContain('has no "value"')
  })
})

function lineOf(key: Key, value: unknown): string {
  return canonicalLine({ keyJson: canonicalJson(key), valueJson: canonicalJson(value) })
}

describe('splitRow', () => {
  test('gives the key and the value of a line as the JSON they are', () => {
    expect(splitRow('{"key":"de","value":3}\n')).toEqual({ key: ['"de"'], value: '3' })
    expect(splitRow('{"key":9007199254740993,"value":{"n":-0}}')).toEqual({
      key: ['9007199254740993'],
      value: '{"n":-0}',
    })
  })

  test('gives each element of a tuple', () => {
    expect(splitRow('{"key":["#a","d,e",null,1.5,true],"value":[1,[2]]}\n')).toEqual({
      key: ['"#a"', '"d,e"', 'null', '1.5', 'true'],
      value: '[1,[2]]',
    })
    expect(splitRow('{"key":[],"value":null}\n')).toEqual({ key: [], value: 'null' })
  })

  test.each(['"', '\\', '\\"', '","value":', '{"key":', ']', '}', '[,]', '\\\\"', '\ud800', '\n'])(
    'is not led astray by a text of %j',
    (text) => {
      const json = JSON.stringify(text)
      expect(splitRow(lineOf(text, text))).toEqual({ key: [json], value: json })
      expect(splitRow(lineOf([text, text], { [text]: [text] }))).toEqual({
        key: [json, json],
        value: canonicalJson({ [text]: [text] }),
      })
    },
  )

  test('gives back the JSON texts of every canonical line, with and without its line feed', () => {
    const scalar = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', '\\', ',', ':', '[', ']', '{', '}', 'a', '\n', '\ud800') }),
      fc.string({ unit: anyPoint }),
      fc.double(),
      fc.bigInt(),
      fc.constantFrom(null, true, false),
    )
    const key = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }))
    fc.assert(
      fc.property(key, fc.jsonValue(), (key, value) => {
        const line = lineOf(key, value)
        const expected = {
          key: Array.isArray(key) ? key.map(canonicalJson) : [canonicalJson(key)],
          value: canonicalJson(value),
        }
        expect(splitRow(line)).toEqual(expected)
        expect(splitRow(line.slice(0, -1))).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})
