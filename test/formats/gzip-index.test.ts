/** docs/formats/gzip-index.md: its example is written by the code, and read as the page says. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { IndexWriter, readIndexCuts, readWindow } from '../../src/input/source/gzip-index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tallyman-index-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = readFileSync(new URL('../../docs/formats/gzip-index.md', import.meta.url), 'utf8')
const table = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
const window = Buffer.from('one\ntwo\nthree\n')

describe('docs/formats/gzip-index.md', () => {
  const chunks: Buffer[] = []
  const writer = new IndexWriter({
    write: (chunk) => chunks.push(Buffer.from(chunk)),
    close: () => undefined,
  })
  const place = writer.addWindow(window)
  writer.finish(table)
  writer.close()
  const bytes = Buffer.concat(chunks)
  const [cut] = table.cuts

  it('has the index that the code writes', () => {
    expect(cut.block).toMatchObject(place)
    expect(cut.block.memberCrc32).toBe(crc32(window))
    const path = join(folder, 'index')
    writeFileSync(path, bytes)
    expect(readIndexCuts(path, table.fileBytes)).toEqual(table.cuts)
    expect(readWindow(path, cut.block)).toEqual(window)
  })

  it('says how to read it', () => {
    const magic = 'tallyman gzip index 1\n'
    expect(bytes.subarray(0, magic.length).toString()).toBe(magic)
    const tail = bytes.subarray(-36)
    const json = bytes.subarray(-36 - tail.readUInt32LE(0), -36)
    expect(createHash('sha256').update(json).digest()).toEqual(tail.subarray(4))
    expect(JSON.parse(json.toString())).toEqual(table)
    const { windowByte, windowBytes } = cut.block
    expect(inflateRawSync(bytes.subarray(windowByte, windowByte + windowBytes))).toEqual(window)
  })
})
