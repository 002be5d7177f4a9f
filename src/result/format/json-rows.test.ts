import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPoint } from '../../../test/fixtures/keys-and-values.ts'
import { canonicalJson, type Key } from '../../record/index.ts'
import { canonicalLine } from '../canonical-row.ts'
import { jsonlWriter, jsonWriter } from './json-rows.ts'
import type { ResultRow, RowWriter } from './row-writer.ts'

function row(key: Key, value: unknown): ResultRow {
  return { key, keyJson: canonicalJson(key), valueJson: canonicalJson(value) }
}

function textOf(writer: RowWriter, rows: readonly ResultRow[]): string {
  return writer.head + rows.map((each) => writer.row(each)).join('') + writer.tail
}

const rows = [
  row(['#corona', 'de'], 9007199254740993n),
  row('"\n\t\\', { n: null, s: '' }),
  row(0, -0),
  row('\ud800', [Number.NaN, '\udc00']),
]

describe('canonicalLine', () => {
  test('has the key, then the value, without white space, ended by LF', () => {
    expect(canonicalLine(row('de', { n: 1 }))).toBe('{"key":"de","value":{"n":1}}\n')
  })

  test('keeps digits, and the sign of a value that is zero', () => {
    expect(rows.map(canonicalLine)).toEqual([
      '{"key":["#corona","de"],"value":9007199254740993}\n',
      '{"key":"\\"\\n\\t\\\\","value":{"n":null,"s":""}}\n',
      '{"key":0,"value":-0}\n',
      '{"key":"\\ud800","value":["NaN","\\udc00"]}\n',
    ])
  })
})

describe('jsonlWriter', () => {
  test('writes nothing but canonical lines', () => {
    expect(textOf(jsonlWriter(), rows)).toBe(rows.map(canonicalLine).join(''))
    expect(textOf(jsonlWriter(), [])).toBe('')
  })

  test('writes lines that hold no line break, whatever the texts are', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyPoint }), fc.string(), (key, value) => {
        const line = canonicalLine(row(key, value))
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(JSON.parse(line)).toEqual({ key, value })
      }),
    )
  })
})

describe('jsonWriter', () => {
  test('writes one array, a row a line', () => {
    expect(textOf(jsonWriter(), [row('a', 1), row('b', 2)])).toBe(
      '[\n{"key":"a","value":1},\n{"key":"b","value":2}\n]\n',
    )
  })

  test('writes an empty array for a table without rows', () => {
    expect(JSON.parse(textOf(jsonWriter(), []))).toEqual([])
  })

  test('begins anew for every table', () => {
    expect(textOf(jsonWriter(), [row('a', 1)])).toBe(textOf(jsonWriter(), [row('a', 1)]))
  })
})
