import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { rangeSplit } from '../../../test/fixtures/splits.ts'
import type { RecordSource } from '../../flow/index.ts'
import { openSplit, text } from '../../input/index.ts'
import { onlyRecord } from './only-record.ts'

const lines = Array.from({ length: 3000 }, (_, index) => `line ${index} ${'x'.repeat(index % 1500)}`)

async function recordsOf(source: RecordSource): Promise<{ record: unknown; line: number }[]> {
  const reader = await source.open()
  const records: { record: unknown; line: number }[] = []
  while (await reader.nextChunk())
    for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next())
      records.push({ record: reader.record, line: reader.line })
  await reader.close()
  return records
}

it('onlyRecord gives the one record that begins at a byte, wherever it lies, and none where none begins', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-only-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'lines.txt')
  await writeFile(file, `${lines.join('\n')}\n`)
  const format = text()
  const source: RecordSource = {
    ordinal: 0,
    path: file,
    member: null,
    fromStart: true,
    open: () => openSplit(rangeSplit(file), format, format.decoder()),
  }
  const startOf = (index: number): number =>
    lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0)
  for (const index of [0, 1, 1234, 2999])
    expect(await recordsOf(onlyRecord(source, startOf(index)))).toEqual([
      { record: lines[index], line: index + 1 },
    ])
  expect(await recordsOf(onlyRecord(source, startOf(5) + 1))).toEqual([])
  expect(await recordsOf(onlyRecord(source, 10 ** 9))).toEqual([])
})
