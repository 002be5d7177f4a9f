import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasDuckDb } from '../../../test/fixtures/optional.ts'
import { writeTestResult } from '../../../test/fixtures/results.ts'
import { type TempFolder, tempFolder } from '../../../test/fixtures/temp-folder.ts'
import { requires } from '../../../test/requires.ts'
import { compareKeys, type Key } from '../../record/index.ts'
import { openResult } from '../open-result.ts'
import { loadNatively, type TableFile } from './load-natively.ts'
import { loadTable } from './load-tables.ts'
import { plainCell } from './plain-cell.ts'

type Rows = readonly (readonly [Key, unknown])[]

describe.skipIf(!requires('DuckDB', hasDuckDb()))('loadNatively', { timeout: 120_000 }, () => {
  let folder: TempFolder
  let connection: DuckDBConnection
  let turn = 0
  beforeAll(async () => {
    folder = tempFolder()
    const { DuckDBInstance } = await import('@duckdb/node-api')
    connection = await (await DuckDBInstance.create(':memory:')).connect()
  })
  afterAll(() => {
    connection?.closeSync()
    folder.remove()
  })

  /** The table's columns and rows as a query sees them, loaded either way; null where DuckDB does not take it. */
  async function load(
    directory: string,
    how: 'natively' | 'by cells',
    named: readonly string[] | null = null,
  ): Promise<{ readonly columns: unknown; readonly rows: unknown } | null> {
    const { manifest, tables } = openResult(directory)
    const [stated] = manifest.tables
    const table = tables.result
    if (stated === undefined || table === undefined) throw new Error('There is no table.')
    const description = {
      name: 'result',
      kind: 'count' as const,
      ...(named === null ? {} : { columns: named }),
    }
    const file: TableFile = {
      name: 'result',
      path: join(directory, stated.file),
      rows: stated.rows,
      sha256: stated.sha256,
    }
    await connection.run('DROP TABLE IF EXISTS result')
    const columns =
      how === 'natively'
        ? await loadNatively(connection, file, description)
        : (await loadTable(connection, table, description, null)).columns
    if (columns === null) return null
    const answer = await connection.runAndReadAll('FROM result')
    const types = answer.columnTypes().map(String)
    return { columns: { columns, types }, rows: answer.getRows().map((row) => row.map(plainCell)) }
  }

  function write(rows: Rows): string {
    turn += 1
    const directory = folder.at(`result-${turn}`)
    writeTestResult(directory, { tables: { result: rows } })
    return directory
  }

  async function expectSame(rows: Rows, named: readonly string[] | null = null): Promise<boolean> {
    const directory = write(rows)
    const native = await load(directory, 'natively', named)
    if (native !== null) expect(native).toEqual(await load(directory, 'by cells', named))
    return native !== null
  }

  it('takes a folder whose name looks like a column for a folder', async () => {
    for (const name of ['value=0.5', 'value=5', 'key=a', 'KEY=b', 'value=null']) {
      const directory = folder.at(name, 'result')
      mkdirSync(folder.at(name))
      writeTestResult(directory, {
        tables: {
          result: [
            ['x', 1],
            ['y', 2],
          ],
        },
      })
      const native = await load(directory, 'natively')
      expect(native?.rows).toEqual((await load(directory, 'by cells'))?.rows)
      expect(native?.rows).toHaveLength(2)
    }
  })

  it.each<[string, Rows, boolean]>([
    [
      'texts',
      [
        ['a', 'x'],
        ['b"\\\n', 'ü 日本'],
        ['c', null],
      ],
      true,
    ],
    [
      'tuples',
      [
        [['a', 1], 1],
        [['a', 2], -5],
        [['b', null], 2 ** 53 - 1],
      ],
      true,
    ],
    [
      'fractions',
      [
        ['a', 0.1],
        ['b', 3],
        ['c', 1e300],
        ['d', -2.5e-8],
      ],
      true,
    ],
    [
      'booleans',
      [
        [true, false],
        [false, true],
      ].sort() as unknown as Rows,
      true,
    ],
    [
      'texts like numbers',
      [
        ['1', 'NaN'],
        ['2', 'Infinity'],
      ],
      true,
    ],
    ['nothing but null', [['a', null]], true],
    ['controls', [['a\u0001', 1]], false],
    ['NUL', [['a\u0000b', 1]], false],
    ['half a surrogate pair', [['\ud83d', 1]], false],
    [
      'minus zero',
      [
        ['a', -0],
        ['b', 1],
      ],
      false,
    ],
    ['minus zero in a key', [[['a', -0], 1]], false],
    ['integers beyond 64 bits', [['a', 2n ** 70n]], false],
    [
      'integers beyond doubles',
      [
        ['a', 2 ** 53 - 1],
        ['b', 0.5],
      ],
      false,
    ],
    [
      'mixed keys',
      [
        ['a', 1],
        [1, 1],
      ],
      false,
    ],
    [
      'mixed tuples',
      [
        [['a'], 1],
        [['a', 'b'], 1],
      ],
      false,
    ],
    [
      'a scalar among tuples',
      [
        ['a', 1],
        [['a', 'b'], 1],
      ],
      false,
    ],
    [
      'number words among numbers',
      [
        ['a', 1],
        ['b', Number.NaN],
      ],
      false,
    ],
    ['objects', [['a', { x: 1, y: 'b' }]], false],
    ['lists', [['a', [1, 2]]], false],
    ['no row', [], false],
  ])('takes %s or leaves it, and changes nothing', async (_what, rows, isTaken) => {
    const sorted = [...rows].sort(([a], [b]) => compareKeys(a, b))
    expect(await expectSame(sorted)).toBe(isTaken)
  })

  it('names columns as the job does, those too that no key has', async () => {
    expect(await expectSame([[['a', 1], 1]], ['word', 'n', 'more'])).toBe(true)
    expect(await expectSame([['a', 1]], ['wo"rd'])).toBe(true)
  })

  it('never loads anything else than what loading cell by cell does', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('NaN', '-0', '1e5', 'null', ':-0,', '\\u', '日'),
    )
    const number = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
    )
    const column = fc.constantFrom(text, fc.integer(), number, fc.boolean(), fc.constant(null))
    const elements = fc.array(column, { minLength: 1, maxLength: 3 })
    const rows = fc
      .tuple(elements, column, fc.boolean())
      .chain(([kinds, value, isScalar]) =>
        fc.array(
          fc.tuple(
            isScalar
              ? (kinds[0] ?? text)
              : fc.oneof({ weight: 20, arbitrary: fc.tuple(...kinds) }, { weight: 1, arbitrary: text }),
            fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
          ),
          { minLength: 1, maxLength: 12 },
        ),
      )
    let taken = 0
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const unique = new Map(given.map((row) => [JSON.stringify(row[0], bigText), row]))
        const sorted = [...unique.values()].sort(([a], [b]) =>
          compareKeys(a as Key, b as Key),
        ) as unknown as Rows
        if (await expectSame(sorted)) taken += 1
      }),
      { numRuns: 150 },
    )
    expect(taken).toBeGreaterThan(20)
  })

  it('takes nothing that is not as it was written, or whose name is a pattern', async () => {
    const directory = write([['a', 1]])
    writeFileSync(join(directory, 'result.jsonl'), '{"key":"a","value":2}\n')
    expect(await load(directory, 'natively')).toBeNull()
    const odd = folder.at('result-[1]')
    writeTestResult(odd, { tables: { result: [['a', 1]] } })
    expect(await load(odd, 'natively')).toBeNull()
  })
})

function bigText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value
}
