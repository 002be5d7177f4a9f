import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyKey, anyValue } from '../../../test/fixtures/keys-and-values.ts'
import { type GivenResult, input, writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { encodeKey } from '../../record/index.ts'
import type { CommittedResult } from '../../run/index.ts'
import { tableFormats } from '../format/row-writer.ts'
import { readManifest, sealManifest, type UnsealedManifest } from '../manifest.ts'
import { type Verification, verifyResult } from './verify-result.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let turn = 0
/** A new result, and what its journal says. */
function put(given: GivenResult): CommittedResult {
  turn += 1
  return writeTestResult(folder.at(`result-${turn}`), given)
}

function verify(directory: string, committed: CommittedResult | null = null): Verification {
  return verifyResult(directory, { committed })
}

function kinds({ findings }: Verification): string[] {
  return findings.map(({ kind, file }) => `${kind} ${file}`)
}

/** Edits a manifest and seals it again. */
function reseal(directory: string, change: (manifest: UnsealedManifest) => object): void {
  const { manifestSha256: _, ...unsealed } = readManifest(directory)
  const changed = { ...unsealed, ...change(unsealed) }
  writeFileSync(join(directory, 'manifest.json'), sealManifest(changed).text)
}

/** Puts another text in place of a table's, and all that the manifest says of it right, but for its rows. */
function forge(directory: string, text: string): void {
  writeFileSync(join(directory, 'result.jsonl'), text)
  reseal(directory, ({ tables }) => ({
    tables: tables.map((table) => ({
      ...table,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  }))
}

const words = {
  tables: {
    result: [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const,
  },
}

/** What is written here; DuckDB writes parquet, and `test/cli/query.test.ts` has `verify` look at that. */
const textFormats = tableFormats.filter((format) => format !== 'parquet')

describe('verifyResult', () => {
  test('finds nothing wrong with any result that is written, in any format', () => {
    const rows = fc.uniqueArray(fc.tuple(anyKey, anyValue), {
      maxLength: 8,
      selector: ([key]) => encodeKey(key).toString('hex'),
    })
    fc.assert(
      fc.property(rows, rows, fc.constantFrom(...textFormats), (one, other, format) => {
        const { directory, digest, ...committed } = put({ tables: { one, other }, format })
        const found = verify(directory, { directory, digest, ...committed })
        expect(found.findings).toEqual([])
        const isTold = format === 'jsonl' || format === 'json'
        expect(found.digest).toEqual({ stated: digest, recomputed: isTold ? digest : null })
        expect(found.unchecked).toHaveLength(isTold ? 0 : 2)
        expect(found.tables.map(({ rows: count }) => count)).toEqual([one.length, other.length])
        rmSync(directory, { recursive: true })
      }),
      { numRuns: 120 },
    )
  })

  test.each(textFormats)('finds every flip of a bit of a table in %s, and a byte more or less', (format) => {
    const { directory } = put({ ...words, format })
    const file = join(directory, `result.${format}`)
    const whole = readFileSync(file)
    const damages = [
      ...Array.from(whole, (_, at) => flipped(whole, at, 1 << (at % 8))),
      whole.subarray(0, -1),
      whole.subarray(1),
      Buffer.concat([whole, Buffer.from('\n')]),
      Buffer.alloc(0),
    ]
    for (const [index, damaged] of damages.entries()) {
      writeFileSync(file, damaged)
      expect(kinds(verify(directory)), `damage ${index}`).toContain(`changed result.${format}`)
    }
    writeFileSync(file, whole)
    expect(kinds(verify(directory))).toEqual([])
  })

  test('names files that are missing, and those that do not belong', () => {
    const { directory } = put({ tables: { one: [], other: [] } })
    rmSync(join(directory, 'one.jsonl'))
    writeFileSync(join(directory, 'one.csv'), '')
    mkdirSync(join(directory, '.hidden'))
    const found = verify(directory)
    expect(kinds(found)).toEqual(['missing one.jsonl', 'stray .hidden', 'stray one.csv'])
    expect(found.digest.recomputed).toBe(null)
    rmSync(join(directory, 'manifest.json'))
    expect(kinds(verify(directory))).toEqual(['missing manifest.json'])
  })

  test('does not wait for what is no file', () => {
    const { directory } = put(words)
    rmSync(join(directory, 'result.jsonl'))
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(directory, 'result.jsonl')])
    expect(kinds(verify(directory))).toEqual(['unreadable result.jsonl'])
  })

  test('checks tables against a manifest that was changed, and never outside of the result', () => {
    const { directory } = put(words)
    const file = join(directory, 'manifest.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"records": 10', '"records": 11'))
    expect(kinds(verify(directory))).toEqual(['changed manifest.json'])
    expect(verify(directory).manifest).toBe(null)
    writeFileSync(file, text.replaceAll('result.jsonl', '../result.jsonl'))
    const outside = verify(directory)
    expect(kinds(outside)).toEqual(['changed manifest.json'])
    expect(outside.tables).toEqual([])
    expect(outside.unchecked).toHaveLength(1)
    writeFileSync(file, '[]')
    expect(kinds(verify(directory))).toEqual(['changed manifest.json'])
  })

  test('finds rows that were taken away although size and hash were set right', () => {
    const { directory } = put(words)
    const text = readFileSync(join(directory, 'result.jsonl'), 'utf8')
    forge(directory, text.split('\n').slice(1).join('\n'))
    expect(kinds(verify(directory))).toEqual(['rows result.jsonl', 'digest manifest.json'])
    reseal(directory, ({ tables }) => ({ tables: tables.map((table) => ({ ...table, rows: 2 })) }))
    expect(kinds(verify(directory))).toEqual(['digest manifest.json'])
  })

  test('finds by its journal what was forged throughout', () => {
    const committed = put(words)
    const { directory } = committed
    const lines = readFileSync(join(directory, 'result.jsonl'), 'utf8').split('\n')
    forge(directory, lines.slice(1).join('\n'))
    const { recomputed } = verify(directory).digest
    reseal(directory, ({ tables }) => ({
      digest: recomputed,
      tables: tables.map((table) => ({ ...table, rows: 2 })),
    }))
    expect(kinds(verify(directory))).toEqual([])
    const found = verify(directory, committed)
    expect(kinds(found)).toEqual([
      'claim manifest.json',
      'claim manifest.json',
      'claim manifest.json',
      'changed result.jsonl',
      'rows result.jsonl',
    ])
    expect(found.digest.stated).toBe(committed.digest)
  })

  test('finds by its journal a manifest that was edited and sealed again', () => {
    const committed = put({ ...words, inputs: [input({ records: 10 })] })
    reseal(committed.directory, () => ({ counters: { found: 3 } }))
    expect(kinds(verify(committed.directory))).toEqual([])
    expect(verify(committed.directory, committed).findings).toEqual([
      {
        kind: 'claim',
        file: 'manifest.json',
        message: 'manifest.json is wrong: it is not the manifest that its run wrote.',
      },
    ])
  })

  test('finds rows out of order, twice, and lines that are no rows', () => {
    const { directory } = put(words)
    const [a, b, c] = readFileSync(join(directory, 'result.jsonl'), 'utf8').split('\n')
    forge(directory, `${a}\n${c}\n${b}\n`)
    expect(verify(directory).findings).toMatchObject([
      {
        kind: 'order',
        message: 'result.jsonl, line 3 has a key that does not come after the one before it.',
      },
      { kind: 'digest' },
    ])
    forge(directory, `${a}\n${b}\n${b}\n`)
    expect(kinds(verify(directory))).toEqual(['order result.jsonl', 'digest manifest.json'])
    forge(directory, `${a}\n\n${b}\n`)
    expect(verify(directory).findings).toMatchObject([
      { kind: 'row', message: 'result.jsonl, line 2 is not of the form {"key":…,"value":…}.' },
      { kind: 'digest' },
    ])
  })

  test.each([
    ['records', { records: 11 }],
    ['rejected', { rejected: 1 }],
    ['bytes', { bytes: 5 }],
    ['complete', { completeness: { complete: false, accepted: [], series: null, notes: [] } }],
  ])('finds that a manifest contradicts itself in %s', (name, manifest) => {
    const { findings } = verify(put({ ...words, manifest }).directory)
    expect(findings).toMatchObject([{ kind: 'claim', message: expect.stringContaining(name) }])
  })

  test('finds a table that the job does not have, and one that is not there', () => {
    const { directory } = put({ tables: { one: [], other: [] } })
    reseal(directory, ({ tables }) => ({ tables: tables.slice(0, 1) }))
    rmSync(join(directory, 'other.jsonl'))
    expect(kinds(verify(directory))).toEqual(['claim manifest.json', 'digest manifest.json'])
  })

  test('tells how far it is', () => {
    const { directory, tables } = put({ tables: { one: [['x', 'y'.repeat(600_000)]], other: [['x', 1]] } })
    const told: (readonly [number, number])[] = []
    verifyResult(directory, { committed: null, onProgress: (done, total) => told.push([done, total]) })
    const total = tables.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(told.length).toBeGreaterThan(3)
    expect(told.at(-1)).toEqual([total, total])
  })

  test('refuses a result of another version', () => {
    const { directory } = put({ ...words, manifest: { version: 2 as 1 } })
    expect(() => verify(directory)).toThrow(/version this tallyman cannot read/)
  })
})

function flipped(whole: Buffer, at: number, bit: number): Buffer {
  const damaged = Buffer.from(whole)
  damaged[at]! ^= bit
  return damaged
}
