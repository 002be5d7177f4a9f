import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { canonicalJson, encodeKey, type Key, RecordFileWriter } from '../../src/record/index.ts'
import { openRowLines } from '../../src/result/row-lines.ts'
import { writeTable } from '../../src/result/write-table.ts'
import { anyPoint } from '../fixtures/keys-and-values.ts'

const folder = mkdtempSync(join(tmpdir(), 'tallyman-rows-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = fc.oneof(
  fc.string({ unit: anyPoint, maxLength: 5 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '오', '"', '\\', '\n', '\0', '\ud800', '\ud55c', '😀'),
    maxLength: 40,
  }),
  fc.integer({ min: 0, max: 70 }).map((length) => 'x'.repeat(length)),
  fc.constantFrom('y'.repeat(70_000), 'z'.repeat(140_000)),
)
const scalar = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, true, 1.5, 7n, -3) },
)
const key: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))
const value = fc.oneof(fc.nat(), fc.constantFrom(null, 'v'.repeat(66_000), { a: [1, 'é"'] }))

/** Part files of rows, dealt by turns. */
function writeParts(rows: readonly (readonly [Key, unknown])[], count: number): string[] {
  const encoded = rows
    .map(([key, value]) => ({ key: encodeKey(key), value: Buffer.from(canonicalJson(value)) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  return Array.from({ length: count }, (_, part) => {
    const chunks: Buffer[] = []
    const writer = new RecordFileWriter({ write: (chunk) => void chunks.push(Buffer.from(chunk)) }, 'part')
    for (const { key, value } of encoded.filter((_, index) => index % count === part))
      writer.append(key, 0, key.length, value, 0, value.length)
    writer.finish()
    const file = join(folder, `${part}.part`)
    writeFileSync(file, Buffer.concat(chunks))
    return file
  })
}

function linesOf(
  files: readonly string[],
  bytesMin: number,
): { readonly text: string; readonly rows: number } {
  const lines = openRowLines(files, bytesMin)
  let [text, rows] = ['', 0]
  try {
    for (let next = lines.next(); next !== null; next = lines.next()) {
      text += next.bytes.toString('utf8', next.start, next.end)
      rows += next.rows
    }
  } finally {
    lines.close()
  }
  return { text, rows }
}

describe('openRowLines', () => {
  it('gives the same lines in a kernel and without, whatever keys there are', () => {
    const rows = fc.uniqueArray(fc.tuple(key, value), {
      selector: ([key]) => encodeKey(key).toString('hex'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (list, count) => {
        const files = writeParts(list, count)
        const plain = linesOf(files, Number.POSITIVE_INFINITY)
        expect(linesOf(files, 0)).toEqual(plain)
        expect(plain.rows).toBe(list.length)
      }),
      { numRuns: 200 },
    )
  })

  it('gives the same lines of files of many blocks', () => {
    const list = Array.from({ length: 30_000 }, (_, number): [Key, unknown] => [
      number % 10 === 0
        ? [`word "${number}"`, number]
        : number % 3 === 0
          ? [`word ${number}`, 'é']
          : `w${number}`,
      number,
    ])
    const files = writeParts(list, 5)
    expect(linesOf(files, 0)).toEqual(linesOf(files, Number.POSITIVE_INFINITY))
  })

  it.each([97, 128, 512])('loses no row of %i files', (count) => {
    const list = Array.from({ length: 12_000 }, (_, number): [Key, unknown] => [`w${number}`, number])
    const files = writeParts(list, count)
    const lines = linesOf(files, 0)
    expect(lines.rows).toBe(list.length)
    expect(lines).toEqual(linesOf(files, Number.POSITIVE_INFINITY))
  })

  it('refuses more files than a kernel has room for', () => {
    const [file = ''] = writeParts([['a', 1]], 1)
    expect(() => openRowLines(Array<string>(865).fill(file), 0)).toThrow('865 files')
  })
})

describe('writeTable', () => {
  it('refuses a table that has not the rows that were counted', async () => {
    const files = writeParts([['a', 1]], 1)
    const target = {
      staging: folder,
      format: 'jsonl',
      writer: null,
      headRows: 1,
      digest: createHash('sha256'),
      stop: undefined,
    } as const
    const said = 'Table few got 1 rows, and its part files have 2.'
    await expect(writeTable('few', { files, rows: 2 }, target)).rejects.toThrow(said)
    expect((await writeTable('right', { files, rows: 1 }, target)).table.rows).toBe(1)
  })
})
