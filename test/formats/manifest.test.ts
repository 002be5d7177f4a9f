/** Reads the page about results, and holds the code to it: every field, the tables in each format, the digest, the seal. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Manifest, tableFormats, writeResult } from '../../src/result/index.ts'
import { inspectBytes } from '../../src/result/manifest.ts'
import { blockOf, quotedIn, readPage, tableOf } from '../fixtures/pages.ts'
import { execute, makeWorkplace } from '../fixtures/real-runs.ts'
import { readTypes } from '../fixtures/type-members.ts'

const page = readPage('manifest.md')
const text = blockOf(page, 'text manifest.json')
const manifest: Manifest = JSON.parse(text)
const tables = { lang: blockOf(page, 'text lang.jsonl'), tag: blockOf(page, 'text tag.jsonl') }

function sha256(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('')).digest('hex')
}

describe('docs/formats/manifest.md', () => {
  test('describes every field of a manifest', () => {
    const { properties, kinds } = readTypes({ 'result/manifest.ts': ['Manifest'] }).get('Manifest')!
    // The plan's page describes the job, and lists kinds of reducers.
    const quoted = quotedIn(page + readPage('plan.md'))
    expect([...properties, ...kinds].filter((name) => !quoted.has(name))).toEqual([])
    expect(tableOf(page, 'field').map(([field]) => field)).toEqual(
      Object.keys(manifest).map((name) => `\`${name}\``),
    )
  })

  test('names every format', () => {
    for (const format of tableFormats) expect(page).toContain(`TABLE.${format}`)
  })

  test('has the digest that it says how to compute', () => {
    expect(manifest.digest).toBe(`sha256:${sha256('table lang\n', tables.lang, 'table tag\n', tables.tag)}`)
  })

  test('has the rows, bytes and hash of each table', () => {
    for (const { name, rows, bytes, sha256: hash } of manifest.tables) {
      const table = tables[name as keyof typeof tables]
      expect([rows, bytes, hash]).toEqual([
        table.split('\n').length - 1,
        Buffer.byteLength(table),
        sha256(table),
      ])
    }
  })

  test('has the seal that it says how to compute, over the bytes as they stand', () => {
    const [head] = text.split('  "manifestSha256"')
    expect(manifest.manifestSha256).toBe(sha256(head ?? ''))
    expect(inspectBytes(Buffer.from(text))).toEqual({ kind: 'whole', manifest })
  })

  test('has the tables and the manifest that a run of its job makes, in every format', async () => {
    const { folder, write, prepare } = makeWorkplace()
    write('songs.job.ts', blockOf(page, 'ts'))
    write('songs.jsonl', blockOf(page, 'text songs.jsonl'))
    const run = await prepare({ job: 'songs.job.ts', inputs: ['songs.jsonl'] })
    expect((await execute(run)).phase).toBe('reduce')
    for (const format of tableFormats) {
      const target = folder.at(format)
      await writeResult(run, { target, format, headRows: 10 })
      expect(readdirSync(target).sort()).toEqual([`lang.${format}`, 'manifest.json', `tag.${format}`])
      const written = readFileSync(join(target, `tag.${format}`), 'utf8')
      if (format === 'parquet') expect(written.slice(0, 4)).toBe('PAR1')
      else {
        const expected = blockOf(page, `text tag.${format}`)
        expect(written).toBe(format === 'csv' ? expected.replaceAll('\n', '\r\n') : expected)
      }
      const made: Manifest = JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8'))
      expect(Object.keys(made)).toEqual(Object.keys(manifest))
      expect(made).toMatchObject({
        digest: manifest.digest,
        tableFormat: format,
        completeness: manifest.completeness,
        records: manifest.records,
        readBytes: manifest.readBytes,
        job: { path: 'songs.job.ts', description: manifest.job.description },
        inputs: [{ ...manifest.inputs[0], mtimeNs: expect.stringMatching(/^\d+$/) }],
      })
      if (format === 'jsonl') expect(made.tables).toEqual(manifest.tables)
    }
  })
})
