import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { TableLines } from '../table-lines.ts'
import { checkRows, type RowCheck } from './row-checker.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

function row(key: string, value: string): string {
  return `{"key":"${key}","value":"${value}"}`
}

/** Checks rows of json, and returns the digest over them besides. */
function check(rows: readonly string[], lineBytesMax?: number): RowCheck & { readonly digest: string } {
  const file = folder.at('table.json')
  writeFileSync(file, `[\n${rows.join(',\n')}\n]\n`)
  const digest = createHash('sha256')
  const lines = new TableLines(file, 'json', () => undefined, lineBytesMax)
  const found = checkRows(lines, 'table.json', digest)
  lines.close()
  return { ...found, digest: digest.digest('hex') }
}

describe('checkRows', () => {
  test('hands every row to the digest as its canonical line, whatever its length', () => {
    const lengths = [0, 1, 65_000, 131_000, 131_072, 400_000, 3, 65_536]
    const rows = lengths.map((length, index) => row(`${index}`, 'x'.repeat(length)))
    const canonical = rows.map((one) => `${one}\n`).join('')
    expect(check(rows)).toEqual({
      rows: rows.length,
      findings: [],
      longLine: null,
      digest: createHash('sha256').update(canonical).digest('hex'),
    })
  })

  test('counts a row that is too long to be held, and says where it is', () => {
    const rows = [row('a', 'x'), row('b', 'x'.repeat(500_000)), row('c', 'x'.repeat(500_000)), row('d', 'x')]
    expect(check(rows, 100_000)).toMatchObject({ rows: 4, findings: [], longLine: 3 })
  })

  test('finds the first row of each kind that is wrong', () => {
    const { findings } = check([row('b', ''), row('a', ''), 'x', row('a', ''), 'y', row('c', '')])
    expect(findings.map(({ message }) => message)).toEqual([
      'table.json, line 3 has a key that does not come after the one before it.',
      'table.json, line 4 is not of the form {"key":…,"value":…}.',
    ])
  })
})
