import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKey, anyValue } from '../../test/fixtures/keys-and-values.ts'
import { canonicalJson } from '../record/index.ts'
import { canonicalLine } from './format/json-rows.ts'
import { readRow } from './table-row.ts'

function read(line: string): unknown {
  const bytes = Buffer.from(`before${line}after`)
  return readRow(bytes, 'before'.length, bytes.length - 'after'.length)
}

describe('readRow', () => {
  test('finds key and value of every row that is written', () => {
    fc.assert(
      fc.property(anyKey, anyValue, (key, value) => {
        const [keyJson, valueJson] = [canonicalJson(key), canonicalJson(value)]
        const line = canonicalLine({ key, keyJson, valueJson })
        const bytes = Buffer.from(line)
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
