import { describe, expect, test } from 'vitest'
import { canonicalJson, type Key } from '../../record/index.ts'
import { jsonWriter } from './json-rows.ts'
import type { ResultRow, RowWriter } from './row-writer.ts'

function row(key: Key, value: unknown): ResultRow {
  return { key, keyJson: canonicalJson(key), valueJson: canonicalJson(value) }
}

function textOf(writer: RowWriter, rows: readonly ResultRow[]): string {
  return writer.head + rows.map((each) => writer.row(each)).join('') + writer.tail
}

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
