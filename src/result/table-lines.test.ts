import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { type LineFormat, TableLines } from './table-lines.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

function linesOf(text: string, format: LineFormat): string[] {
  const file = folder.at('table')
  writeFileSync(file, text)
  const observed: Buffer[] = []
  const lines = new TableLines(file, format, (chunk) => observed.push(Buffer.from(chunk)))
  const found: string[] = []
  while (lines.next()) found.push(`${lines.line} ${lines.bytes.toString('utf8', lines.start, lines.end)}`)
  lines.close()
  expect(Buffer.concat(observed).toString('utf8')).toBe(text)
  return found
}

describe('TableLines', () => {
  test('gives the rows of jsonl, line by line', () => {
    expect(linesOf('{"a":1}\n{"b":[\n', 'jsonl')).toEqual(['1 {"a":1}', '2 {"b":['])
    expect(linesOf('', 'jsonl')).toEqual([])
    expect(linesOf('cut off', 'jsonl')).toEqual(['1 cut off'])
  })

  test('gives the rows of json without brackets and commas', () => {
    expect(linesOf('[\n{"a":1},\n{"b":2}\n]\n', 'json')).toEqual(['2 {"a":1}', '3 {"b":2}'])
    expect(linesOf('[\n]\n', 'json')).toEqual([])
  })

  test('puts rows together that are longer than it reads at once', () => {
    const rows = [3, 700_000, 1, 262_144, 262_143].map((length, index) => `${index}`.repeat(length))
    const numbered = rows.map((row, index) => `${index + 1} ${row}`)
    expect(linesOf(`${rows.join('\n')}\n`, 'jsonl')).toEqual(numbered)
    const asJson = rows.map((row, index) => `${index + 2} ${row}`)
    expect(linesOf(`[\n${rows.join(',\n')}\n]\n`, 'json')).toEqual(asJson)
  })
})
