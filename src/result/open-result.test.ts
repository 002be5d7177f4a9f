import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyKey, anyValue } from '../../test/fixtures/keys-and-values.ts'
import { type GivenResult, writeTestResult } from '../../test/fixtures/results.ts'
import { tempFolder } from '../../test/fixtures/temp-folder.ts'
import { canonicalJson, compareKeys, type Key, type Scalar } from '../record/index.ts'
import { openResult } from './open-result.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let turn = 0
function put(given: GivenResult): string {
  turn += 1
  const directory = folder.at(`result-${turn}`)
  writeTestResult(directory, given)
  return directory
}

async function rowsOf(directory: string, table = 'result'): Promise<{ key: Key; value: unknown }[]> {
  const rows: { key: Key; value: unknown }[] = []
  for await (const row of openResult(directory).tables[table] ?? []) rows.push(row)
  return rows
}

describe('openResult', () => {
  test('gives rows in key order, looks keys up, and says how many there are', async () => {
    const directory = put({
      tables: {
        lang: [
          [['b', 'en'], 2],
          [['a', 'ko'], 1],
        ],
        day: [['2020-01-01', { n: 10n ** 20n }]],
      },
    })
    const { tables, manifest } = openResult(directory)
    expect(Object.keys(tables)).toEqual(['day', 'lang'])
    expect(manifest.completeness.complete).toBe(true)
    expect(tables.lang?.rows).toBe(2)
    expect(await rowsOf(directory, 'lang')).toEqual([
      { key: ['a', 'ko'], value: 1 },
      { key: ['b', 'en'], value: 2 },
    ])
    expect(await tables.lang?.get(['a', 'ko'])).toBe(1)
    expect(await tables.lang?.get(['a', 'en'])).toBeUndefined()
    expect(await tables.day?.get('2020-01-01')).toEqual({ n: 10n ** 20n })
  })

  test('finds every key of any table, and none that is not there', async () => {
    const anyTable = fc.uniqueArray(fc.tuple(anyKey, anyValue), {
      maxLength: 40,
      comparator: ([a], [b]) => compareKeys(a, b) === 0,
    })
    await fc.assert(
      fc.asyncProperty(anyTable, anyKey, async (given, other) => {
        const directory = put({ tables: { result: given } })
        const { result } = openResult(directory).tables
        const texts = new Map<string, string[]>()
        for (const [key, value] of given) {
          const text = canonicalJson(key)
          texts.set(text, [...(texts.get(text) ?? []), canonicalJson(value)])
        }
        for (const key of [...given.map(([key]) => key), other]) {
          const values = texts.get(canonicalJson(key)) ?? []
          if (values.length > 1) await expect(result?.get(key)).rejects.toThrow(/two keys that are written/)
          else expect(canonicalJson(await result?.get(key))).toBe(values[0] ?? 'null')
        }
        expect((await rowsOf(directory)).map(({ key }) => canonicalJson(key))).toEqual(
          [...given].sort(([a], [b]) => compareKeys(a, b)).map(([key]) => canonicalJson(key)),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('finds numbers so large that their digits are those of another integer, and bigints beside them', async () => {
    const powers = [53, 54, 64, 69, 80, 1023]
    const near = powers.flatMap((power) => {
      const digits = BigInt(
        canonicalJson(2 ** power)
          .replace(/e.*/, '')
          .replace('.', ''),
      )
      return [2 ** power, ...[-1n, 0n, 1n, 2n, 384n].map((more) => 2n ** BigInt(power) + more), digits]
    })
    const anyLarge = fc.constantFrom<Scalar>(
      ...near,
      0,
      1,
      1n,
      'a',
      5e-324,
      Number.MAX_VALUE,
      BigInt(Number.MAX_VALUE),
    )
    const anyKeys = fc.uniqueArray(
      fc.oneof(anyLarge, fc.tuple(anyLarge), fc.tuple(fc.constant('a'), anyLarge)),
      { minLength: 1, maxLength: 12, comparator: (a, b) => compareKeys(a, b) === 0 },
    )
    await fc.assert(
      fc.asyncProperty(anyKeys, async (keys) => {
        const { result } = openResult(put({ tables: { result: keys.map((key, at) => [key, at]) } })).tables
        const texts = keys.map((key) => canonicalJson(key))
        for (const [at, key] of keys.entries()) {
          const isTwice = texts.filter((text) => text === texts[at]).length > 1
          if (isTwice) await expect(result?.get(key)).rejects.toThrow(/two keys that are written/)
          else expect(await result?.get(key)).toBe(at)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('finds keys in lines that are longer than what is read at a time', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `${'x'.repeat((index * 977) % 20_000)}${index}`)
    const { result } = openResult(put({ tables: { result: keys.map((key) => [key, key.length]) } })).tables
    for (const key of keys) expect(await result?.get(key)).toBe(key.length)
    expect(await result?.get('x')).toBeUndefined()
  })

  test('reads json as well, and refuses what cannot be read back', async () => {
    const rows = [
      ['a', 1],
      ['b', 2],
    ] as const
    expect(await rowsOf(put({ tables: { result: rows }, format: 'json' }))).toHaveLength(2)
    const asCsv = put({ tables: { result: rows }, format: 'csv' })
    await expect(rowsOf(asCsv)).rejects.toThrow('Table result cannot be read back from csv.')
    await expect(openResult(asCsv).tables.result?.get('a')).rejects.toThrow('cannot be looked up in csv')
  })

  test('refuses what is no key', async () => {
    const { result } = openResult(put({ tables: { result: [['a', 1]] } })).tables
    await expect(result?.get(Number.NaN)).rejects.toMatchObject({ code: 'key-invalid' })
  })

  test('finds the result of a run in its folder', () => {
    const run = folder.at('run')
    mkdirSync(run)
    writeTestResult(join(run, 'result'), { tables: { result: [['a', 1]] } })
    expect(openResult(run).directory).toBe(join(run, 'result'))
    expect(() => openResult(folder.at('nowhere'))).toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  test('does not give a table that was changed for one that was written', async () => {
    const changed = put({
      tables: {
        result: [
          ['a', 1],
          ['b', 2],
        ],
      },
    })
    const file = join(changed, 'result.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('2', '3'))
    await expect(rowsOf(changed)).rejects.toMatchObject({ code: 'file-damaged' })
    const cut = put({
      tables: {
        result: [
          ['a', 1],
          ['b', 2],
        ],
      },
    })
    truncateSync(join(cut, 'result.jsonl'), 20)
    await expect(openResult(cut).tables.result?.get('a')).rejects.toThrow(
      /has 20 bytes, and was written with/,
    )
    appendFileSync(join(changed, 'manifest.json'), ' ')
    expect(() => openResult(changed)).toThrow(expect.objectContaining({ code: 'file-damaged' }))
  })
})
