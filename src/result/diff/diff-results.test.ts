import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { anyKey } from '../../../test/fixtures/keys-and-values.ts'
import { type GivenResult, type GivenRows, input, writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { canonicalJson, compareKeys, encodeKey, type Key } from '../../record/index.ts'
import { diffResults, type ResultsDiff, type TableDiff } from './diff-results.ts'
import { sayFactChanges } from './say-diff.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

let turn = 0
function put(given: GivenResult): string {
  turn += 1
  const directory = folder.at(`result-${turn}`)
  writeTestResult(directory, given)
  return directory
}

function diff(before: GivenResult, after: GivenResult, rowsMax = 100): ResultsDiff {
  return diffResults(put(before), put(after), { rowsMax })
}

function ofRows(before: GivenRows, after: GivenRows, rowsMax = 100): TableDiff | undefined {
  return diff({ tables: { result: before } }, { tables: { result: after } }, rowsMax).tables[0]
}

const anySmallValue = fc.oneof(
  fc.nat({ max: 3 }),
  fc.bigInt({ min: 2n ** 64n, max: 2n ** 64n + 2n }),
  fc.constant('x'),
)
const placed = fc.uniqueArray(
  fc.record({ key: anyKey, before: fc.option(anySmallValue), after: fc.option(anySmallValue) }),
  {
    selector: ({ key }) => encodeKey(key).toString('hex'),
    maxLength: 15,
  },
)

/** Whether all numbers in the keys are other ones in their text as well. Where not, a table's rows may be taken in two ways. */
function areToldApart(all: readonly { key: Key }[]): boolean {
  const elements = all.flatMap(({ key }) => (Array.isArray(key) ? [key, ...key] : [key]))
  const encoded = new Set(elements.map((one) => encodeKey(one).toString('hex')))
  return new Set(elements.map(textOf)).size === encoded.size
}

function textOf(key: Key): string {
  return canonicalJson(Array.isArray(key) ? key.map((one) => (one === 0 ? 0 : one)) : key === 0 ? 0 : key)
}

function rowsOf(
  all: readonly { key: Key; before: unknown; after: unknown }[],
  side: 'before' | 'after',
): GivenRows {
  return all.filter((one) => one[side] !== null).map((one) => [one.key, one[side]] as const)
}

describe('diffResults', () => {
  test('tells of any two tables what became of each key', () => {
    fc.assert(
      fc.property(placed, fc.constantFrom('jsonl', 'json'), (all, format) => {
        fc.pre(areToldApart(all))
        const directories = [
          put({ tables: { result: rowsOf(all, 'before') } }),
          put({ tables: { result: rowsOf(all, 'after') }, format: format === 'json' ? 'json' : 'jsonl' }),
        ] as const
        const { isSame, tables } = diffResults(...directories, { rowsMax: 100 })
        const expected = expectedChanges(all)
        expect(isSame).toBe(expected.length === 0)
        const [table] = tables
        const found = table?.kind === 'different' ? table.largest : []
        const told = found.map(({ kind, key, before, after }) => `${kind} ${textOf(key)} ${before} ${after}`)
        expect(told.sort()).toEqual(expected.sort())
        for (const directory of directories) rmSync(directory, { recursive: true })
      }),
      { numRuns: 200 },
    )
  })

  test('compares tables of keys that JSON does not tell apart, whatever they are', () => {
    const near = fc.constantFrom<Key>(
      ...['Infinity', Infinity, '-Infinity', -Infinity, 1, 1n, 'A', [1, 2], [1n, 1], ['Infinity', 1]],
      ...[[Infinity, 2], ['A', 3], 2 ** 53, 2n ** 53n],
    )
    const rows = fc
      .uniqueArray(near, { selector: (key) => encodeKey(key).toString('hex') })
      .map((keys) => keys.map((key) => [key, 1] as const))
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const table = ofRows(before, after)
        if (table?.kind !== 'different') {
          expect(before.map(([key]) => canonicalJson(key)).sort()).toEqual(
            after.map(([key]) => canonicalJson(key)).sort(),
          )
          return
        }
        expect(table.removed + table.changed + table.same).toBe(before.length)
        expect(table.added + table.changed + table.same).toBe(after.length)
      }),
      { numRuns: 200 },
    )
  })

  test('tells integers beyond 2^53 and lone surrogates apart', () => {
    const table = ofRows(
      [
        [9007199254740993n, 1],
        ['\ud800', 1],
        ['b', 9007199254740993n],
      ],
      [
        [9007199254740995n, 1],
        ['\ud801', 1],
        ['b', 9007199254740994n],
      ],
    )
    expect(table).toMatchObject({ added: 2, removed: 2, changed: 1, same: 0 })
    expect(
      table?.kind === 'different' ? table.largest.map(({ key, difference }) => [key, difference]) : [],
    ).toEqual([
      [9007199254740993n, -1n],
      [9007199254740995n, 1n],
      ['b', 1n],
      ['\ud800', -1n],
      ['\ud801', 1n],
    ])
  })

  test('lists the largest changes first, then what is no number in key order, and no more than asked for', () => {
    const before = [
      ['a', 1],
      ['b', 5],
      ['c', { n: 1 }],
      ['d', 7],
      ['e', 'x'],
    ] as const
    const after = [
      ['a', 2],
      ['b', 50],
      ['c', { n: 2 }],
      ['f', -100],
      ['e', 1.5],
    ] as const
    const keys = (rowsMax: number): unknown => {
      const table = ofRows(before, after, rowsMax)
      return table?.kind === 'different' && table.largest.map(({ kind, key }) => `${kind} ${key}`)
    }
    expect(keys(100)).toEqual(['added f', 'changed b', 'removed d', 'changed a', 'changed c', 'changed e'])
    expect(keys(2)).toEqual(['added f', 'changed b'])
    expect(keys(0)).toEqual([])
  })

  test('tells of tables that only one of them has', () => {
    const { tables, isSame } = diff(
      { tables: { one: [['a', 1]], both: [['a', 1]] } },
      { tables: { both: [['a', 1]], other: [] } },
    )
    expect(isSame).toBe(false)
    expect(tables).toEqual([
      { kind: 'same', name: 'both', rows: 1 },
      { kind: 'removed', name: 'one', rows: 1 },
      { kind: 'added', name: 'other', rows: 0 },
    ])
  })

  test('compares csv and tsv by their digests, and says what to do about the rows', () => {
    const rows: GivenRows = [['a', 1]]
    const same = diff(
      { tables: { result: rows }, format: 'csv' },
      { tables: { result: rows }, format: 'jsonl' },
    )
    expect(same).toMatchObject({ isSame: true, tables: [{ kind: 'same' }] })
    const other = diff(
      { tables: { result: rows }, format: 'csv' },
      { tables: { result: [['a', '1']] }, format: 'csv' },
    )
    expect(other.isSame).toBe(false)
    expect(other.tables).toMatchObject([{ kind: 'not-compared', rowsBefore: 1, rowsAfter: 1 }])
    expect(other.tables[0]).toMatchObject({ why: expect.stringContaining('--format jsonl') })
  })

  test('refuses a table that is not as it was written, also where the digests are the same', () => {
    const [a, b, c] = [[['a', 1]], [['a', 1]], [['a', 2]]].map((result) =>
      put({ tables: { result: result as never } }),
    )
    const file = join(a ?? '', 'result.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('1', '3'))
    for (const other of [b, c]) {
      expect(() => diffResults(a ?? '', other ?? '', { rowsMax: 1 })).toThrow(
        /was changed after it was written/,
      )
      expect(() => diffResults(other ?? '', a ?? '', { rowsMax: 1 })).toThrow(
        /was changed after it was written/,
      )
    }
    writeFileSync(file, 'no row\n')
    expect(() => diffResults(a ?? '', c ?? '', { rowsMax: 1 })).toThrow(/line 1 is not of the form/)
    writeFileSync(file, '{"key":"b","value":1}\n{"key":"a","value":1}\n')
    expect(() => diffResults(a ?? '', c ?? '', { rowsMax: 1 })).toThrow(
      /line 2 has a key that does not come after/,
    )
  })

  test('tells inputs, code, parameters, versions, completeness and counters that changed, and nothing else', () => {
    const result: GivenRows = [['a', 1]]
    const lacking = {
      kind: 'input',
      name: 'b',
      message: 'b is missing.',
      wayOut: null,
      accepted: true,
    } as const
    const { facts, inputs, isSame } = diff(
      { tables: { result }, inputs: [input()] },
      {
        tables: { result },
        inputs: [input({ records: 11, bytes: 101 })],
        manifest: {
          versions: { tallyman: '0.2.0', node: 'v20.0.0' },
          counters: { seen: 2 },
          surroundings: 'Asia/Seoul, ko_KR',
          filesRead: [{ path: '/stop.txt', sizeBytes: 5, mtimeNs: '7' }],
          completeness: { complete: false, accepted: [lacking], series: null, notes: [] },
          run: {
            id: 'run-2',
            isolation: 'thread',
            confinement: null,
            workers: 9,
            mapTasks: 3,
            partitions: 1,
            createdAt: 5,
          },
        },
      },
    )
    expect(isSame).toBe(true)
    expect(inputs.changed).toHaveLength(1)
    expect(facts).toEqual([
      {
        of: 'surroundings',
        name: 'time zone and language',
        before: 'UTC, en_US',
        after: 'Asia/Seoul, ko_KR',
      },
      { of: 'version', name: 'tallyman', before: '0.1.0', after: '0.2.0' },
      { of: 'completeness', name: 'complete', before: true, after: false },
      { of: 'completeness', name: 'accepted', before: [], after: ['b is missing.'] },
      { of: 'total', name: 'records', before: 10, after: 11 },
      { of: 'total', name: 'bytes', before: 100, after: 101 },
      {
        of: 'file-read',
        name: '/stop.txt',
        before: undefined,
        after: { sizeBytes: 5, mtimeNs: '7' },
      },
      { of: 'counter', name: 'seen', before: undefined, after: 2 },
    ])
    expect(sayFactChanges(facts, (json) => json)).toEqual(
      expect.arrayContaining([
        'time zone and language: "UTC, en_US" → "Asia/Seoul, ko_KR"',
        '/stop.txt, which the job reads itself: not read → 5 B of 1970-01-01T00:00:00.000Z',
      ]),
    )
  })

  test('tells a parameter that is null from one that is not there', () => {
    const of = (params: Record<string, unknown>): GivenResult => {
      const job = {
        path: 'j',
        file: '/j',
        description: { tables: [{ name: 'result' }] } as never,
        codeSha256: 'c',
      }
      return { tables: { result: [] }, manifest: { job: { ...job, params } } }
    }
    const { facts } = diff(of({ a: null, b: 1, c: [1] }), of({ b: 2, c: [1] }))
    expect(facts).toEqual([
      { of: 'parameter', name: 'a', before: null, after: undefined },
      { of: 'parameter', name: 'b', before: 1, after: 2 },
    ])
  })
})

function expectedChanges(all: readonly { key: Key; before: unknown; after: unknown }[]): string[] {
  return all
    .toSorted((a, b) => compareKeys(a.key, b.key))
    .flatMap(({ key, before, after }) => {
      const [a, b] = [before, after].map((value) => (value === null ? null : canonicalJson(value)))
      if (a === b) return []
      return [`${a === null ? 'added' : b === null ? 'removed' : 'changed'} ${textOf(key)} ${a} ${b}`]
    })
}
