import { statSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { canonicalLine } from '../../test/fixtures/results.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { canonicalJson, type Key } from '../record/index.ts'
import { readHead } from './table-head.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

function lineOf(key: Key, value: unknown): string {
  return canonicalLine({ keyJson: canonicalJson(key), valueJson: canonicalJson(value) })
}

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
