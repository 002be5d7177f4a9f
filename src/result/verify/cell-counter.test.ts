import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKey, anyPoint, anyValue } from '../../../test/fixtures/keys-and-values.ts'
import { canonicalJson } from '../../record/index.ts'
import { csvWriter, tsvWriter } from '../format/column-rows.ts'
import { findColumns } from '../format/row-writer.ts'
import { CellCounter } from './cell-counter.ts'

function counted(format: 'csv' | 'tsv', text: string, chunkBytes: number): CellCounter {
  const counter = new CellCounter(format)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) counter.push(bytes.subarray(at, at + chunkBytes))
  return counter
}

describe('CellCounter', () => {
  test.each(['csv', 'tsv'] as const)('counts the rows of every %s table that is written', (format) => {
    const flat = fc.record({ n: fc.integer(), 'a,"\t\r\n': fc.string({ unit: anyPoint }) })
    const rows = fc.oneof(
      fc.array(fc.tuple(anyKey, anyValue), { maxLength: 6 }),
      fc.array(fc.tuple(anyKey, flat), { maxLength: 6 }),
    )
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (pairs, chunkBytes) => {
        const table = pairs.map(([key, value]) => ({
          key,
          keyJson: canonicalJson(key),
          valueJson: canonicalJson(value),
        }))
        const writer = (format === 'csv' ? csvWriter : tsvWriter)(findColumns(table, null))
        const text = writer.head + table.map((row) => writer.row(row)).join('') + writer.tail
        const counter = counted(format, text, chunkBytes)
        expect(counter.lines).toBe(table.length + 1)
        expect(counter.unevenLine).toBe(null)
        expect(counter.isWhole).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('finds the first row whose cells are not as many as the head says', () => {
    expect(counted('csv', 'key,value\r\na,1\r\nb\r\nc,1,2\r\n', 4).unevenLine).toBe(3)
    expect(counted('csv', 'key,value\r\n"a,b",1\r\n', 4).unevenLine).toBe(null)
    expect(counted('tsv', 'key\tvalue\na\t1\t\n', 4).unevenLine).toBe(2)
  })

  test('tells whether the last row is whole', () => {
    expect(counted('csv', 'key,value\r\na,1', 4).isWhole).toBe(false)
    expect(counted('csv', 'key,value\r\n"a\r\n', 4).isWhole).toBe(false)
    expect(counted('tsv', 'key\tvalue\na\t1', 4).isWhole).toBe(false)
    expect(counted('tsv', '', 4).isWhole).toBe(true)
  })
})
