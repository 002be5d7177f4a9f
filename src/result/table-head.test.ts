import { statSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyPoint } from '../../test/fixtures/keys-and-values.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { canonicalJson, type Key } from '../record/index.ts'
import { canonicalLine } from './format/json-rows.ts'
import { readHead, splitRow } from './table-head.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

function lineOf(key: Key, value: unknown): string {
  return canonicalLine({ key, keyJson: canonicalJson(key), valueJson: canonicalJson(value) })
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

describe('readHead', () => {
  function head(lines: readonly string[], rowsMax: number) {
    writeFileSync(folder.at('t.jsonl'), lines.join(''))
    const bytes = statSync(folder.at('t.jsonl')).size
    return readHead(
      folder.path,
      { name: 't', file: 't.jsonl', rows: lines.length, bytes, sha256: '' },
      rowsMax,
    )
  }

  test('gives as many rows as are asked for, and says how many there are', () => {
    const lines = ['a', 'b', 'c'].map((key) => lineOf(key, 1))
    expect(head(lines, 2)).toEqual({
      table: 't',
      file: 't.jsonl',
      rows: 3,
      head: [
        { key: ['"a"'], value: '1' },
        { key: ['"b"'], value: '1' },
      ],
    })
    expect(head(lines, 10).head).toHaveLength(3)
    expect(head([], 10).head).toEqual([])
  })

  test('leaves out a row that is cut off by what it reads, in the middle of a character or not', () => {
    for (const letter of ['x', 'ä', '😀']) {
      const long = lineOf('b', letter.repeat(256 * 1024))
      expect(head([lineOf('a', 1), long, lineOf('c', 1)], 10).head).toEqual([{ key: ['"a"'], value: '1' }])
      expect(head([long], 10).head).toEqual([])
    }
  })
})
