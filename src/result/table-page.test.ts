import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../test/fixtures/temp-folder.ts'
import { canonicalJson, compareKeys, type Key } from '../record/index.ts'
import { firstRowFrom, readTablePage } from './table-page.ts'

let folder: TempFolder
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

/** A table of these keys. */
function write(keys: readonly Key[]): {
  readonly file: string
  readonly bytes: number
  readonly starts: number[]
} {
  const starts: number[] = []
  let text = ''
  for (const [index, key] of keys.entries()) {
    starts.push(Buffer.byteLength(text))
    text += `{"key":${canonicalJson(key)},"value":${index}}\n`
  }
  writeFileSync(folder.at('t.jsonl'), text)
  return { file: 't.jsonl', bytes: Buffer.byteLength(text), starts }
}

const someKeys = fc
  .uniqueArray(fc.oneof(fc.string({ unit: 'grapheme' }), fc.tuple(fc.string(), fc.nat())), {
    minLength: 1,
    maxLength: 40,
    selector: canonicalJson,
  })
  .map((keys): Key[] => [...keys].sort(compareKeys))

test('readTablePage leads from page to page through every row once', () => {
  fc.assert(
    fc.property(someKeys, fc.integer({ min: 1, max: 7 }), (keys, rowsMax) => {
      const table = write(keys)
      const values: string[] = []
      for (let at: number | null = 0; at !== null; ) {
        const page = readTablePage(folder.path, table, { startByte: at, rowsMax })
        expect(page.rows.length).toBeGreaterThan(0)
        values.push(...page.rows.map(({ value }) => value))
        at = page.nextByte
      }
      expect(values).toEqual(keys.map((_, index) => String(index)))
    }),
    { numRuns: 50 },
  )
})

test('readTablePage begins at the first row that begins there or after, whatever byte is asked for', () => {
  fc.assert(
    fc.property(someKeys, fc.nat(5000), (keys, asked) => {
      const table = write(keys)
      const { rows } = readTablePage(folder.path, table, { startByte: asked, rowsMax: 1 })
      const first = table.starts.findIndex((start) => start >= asked)
      expect(rows.map(({ value }) => value)).toEqual(first === -1 ? [] : [String(first)])
    }),
    { numRuns: 100 },
  )
})

test('firstRowFrom finds where a key is, or would be', () => {
  fc.assert(
    fc.property(someKeys, fc.oneof(fc.string(), fc.tuple(fc.string(), fc.nat())), (keys, wanted) => {
      const table = write(keys)
      const first = keys.findIndex((key) => compareKeys(key, wanted) >= 0)
      expect(firstRowFrom(folder.path, table, wanted)).toBe(first === -1 ? table.bytes : table.starts[first])
    }),
    { numRuns: 100 },
  )
})

test('readTablePage ends before a row that is too long to be shown', () => {
  const table = write(['a', 'b'.repeat(600_000), 'c'])
  const { rows, nextByte } = readTablePage(folder.path, table, { startByte: 0, rowsMax: 10 })
  expect(rows.map(({ value }) => value)).toEqual(['0'])
  expect(nextByte).toBe(table.starts[1])
  expect(readTablePage(folder.path, table, { startByte: table.starts[1] ?? 0, rowsMax: 10 })).toEqual({
    rows: [],
    nextByte: null,
  })
})
