import { afterAll, describe, expect, test } from 'vitest'
import { planDrawings } from '../../../test/fixtures/drawings.ts'
import { type GivenResult, input, writeTestResult } from '../../../test/fixtures/results.ts'
import { tempFolder } from '../../../test/fixtures/temp-folder.ts'
import type { Chart } from '../../job/index.ts'
import { planCharts } from './draw-charts.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
let results = 0

async function plan(given: GivenResult, chart: Chart, where = {}) {
  const place = folder.at(`result-${results++}`)
  writeTestResult(place, given)
  const [drawing] = await planDrawings(place, [chart], { where })
  return drawing!
}

const langs: GivenResult = {
  tables: {
    lang: [
      [['#a', 'de'], 3],
      [['#a', 'en'], 10],
      [['#a', null], 2],
      [['#a', ''], 1],
      [['#b', 'en'], 4],
    ],
  },
}

function dated(
  days: readonly string[],
  missing: readonly string[],
  rows: GivenResult['tables'],
): GivenResult {
  const series = { pattern: 'x-YYYY-MM-DD', from: days[0]!, to: days.at(-1)!, missing }
  const accepted = missing.map((name) => ({
    kind: 'input' as const,
    name,
    message: `${name}: missing.`,
    wayOut: null,
    accepted: true,
  }))
  return {
    tables: rows,
    inputs: days.filter((day) => !missing.includes(day)).map((day) => input({ path: `in/x-${day}.jsonl` })),
    manifest: { completeness: { complete: missing.length === 0, accepted, series, notes: [] } },
  }
}

const week = ['2020-03-01', '2020-03-02', '2020-03-03', '2020-03-04', '2020-03-05']

describe('planCharts', () => {
  test('bars are sorted, those left out are summed and said, and all add up to the table', async () => {
    const { content, notes, subtitle } = await plan(langs, { kind: 'bars', x: 'key_2', top: 2 })
    expect(content).toEqual({
      kind: 'bars',
      series: [''],
      panels: [
        {
          title: null,
          bars: [
            { label: 'en', parts: [14], total: 14 },
            { label: 'de', parts: [3], total: 3 },
          ],
        },
      ],
    })
    expect(notes).toEqual(['2 others, together 3.'])
    expect(subtitle).toBe('table lang · added up over key_1 · 5 rows')
  })

  test('null and the empty text are two bars, told apart', async () => {
    const { content } = await plan(langs, { kind: 'bars', x: 'key_2', where: { key_1: '#a' } })
    expect(content).toMatchObject({
      panels: [{ bars: [{ label: 'en' }, { label: 'de' }, { label: '(null)' }, { label: '(empty)' }] }],
    })
    const words: GivenResult = {
      tables: {
        t: [
          [null, 3],
          ['(null)', 2],
          ['(empty)', 1],
        ],
      },
    }
    expect((await plan(words, { kind: 'bars', x: 'key' })).content).toMatchObject({
      panels: [{ bars: [{ label: '(null)' }, { label: '"(null)"' }, { label: '"(empty)"' }] }],
    })
  })

  test('what reads alike is told apart, and is not added up', async () => {
    const alike: GivenResult = {
      tables: {
        t: [
          [null, 8],
          [true, 7],
          [5, 6],
          ['"(null)"', 5],
          ['(null)', 4],
          ['5', 3],
          ['null', 2],
          ['true', 1],
        ],
      },
    }
    const labels = ['(null)', 'true', '5', '"\\"(null)\\""', '"(null)"', '"5"', 'null', '"true"']
    expect((await plan(alike, { kind: 'bars', x: 'key' })).content).toMatchObject({
      panels: [{ bars: labels.map((label, index) => ({ label, total: 8 - index })) }],
    })
    // Lines have no place for null, and say so.
    const { content, notes } = await plan(alike, { kind: 'lines', x: 'key' })
    expect(content).toMatchObject({
      axis: { kind: 'names', places: ['true', '5', '"\\"(null)\\""', '"(null)"', '"5"', 'null', '"true"'] },
      panels: [{ values: [[7, 6, 5, 4, 3, 2, 1]] }],
    })
    expect(notes).toEqual(['Without key: 8.'])
  })

  test('conditions of the command line come over those of the chart, in the title as well', async () => {
    const chart: Chart = { kind: 'bars', x: 'key_2', where: { key_1: '#a' }, title: 'Languages of {key_1}' }
    expect(await plan(langs, chart, { key_1: [{ typed: '#b' }] })).toMatchObject({
      title: 'Languages of #b',
      content: { panels: [{ bars: [{ label: 'en', total: 4 }] }] },
    })
  })

  test('a day without data is a gap, an absent count on a day that was read is 0', async () => {
    const days = dated(week, ['2020-03-03'], {
      day: [
        [['#a', '2020-03-02'], 5],
        [['#b', '2020-03-04'], 2],
      ],
    })
    const { content, marks, warnings } = await plan(days, { kind: 'lines', x: 'key_2', series: 'key_1' })
    expect(content).toMatchObject({
      axis: { kind: 'days', places: week },
      series: ['#a', '#b'],
      panels: [
        {
          values: [
            [0, 5, null, 0, 0],
            [0, 0, null, 2, 0],
          ],
        },
      ],
    })
    expect(marks).toEqual([{ mark: 'gap', words: '1 day without data, a gap in the lines.' }])
    expect(warnings).toEqual(['Incomplete: without 2020-03-03.'])
  })

  test('in a heat map a missing day is a gap, and a day on which something was not counted has 0', async () => {
    const days = dated(week, ['2020-03-03'], {
      day: [
        [['#a', '2020-03-02'], 5],
        [['#b', '2020-03-04'], 2],
      ],
    })
    const { content, marks } = await plan(days, { kind: 'heat', x: 'key_2', y: 'key_1' })
    expect(content).toMatchObject({ xs: week, ys: ['#a', '#b'], gaps: { xs: [2], ys: [] } })
    const cells = content.kind === 'heat' ? content.panels[0]!.cells : []
    expect(cells.filter(([x]) => x === 2)).toEqual([])
    expect(cells.filter(([, , value]) => value === 0)).toHaveLength(6)
    expect(cells.filter(([, , value]) => value !== 0)).toEqual([
      [1, 0, 5],
      [3, 1, 2],
    ])
    expect(marks).toEqual([{ mark: 'gap', words: '1 day without data.' }])
  })

  test('of what is no count nothing is known where no row is', async () => {
    const rows = { tables: { t: [[['a', 'x'], 1] as const, [['b', 'y'], 2] as const] } }
    const describe = { tables: [{ name: 't', kind: 'mean' as const }] }
    const { content } = await plan({ ...rows, describe }, { kind: 'heat', x: 'key_1', y: 'key_2' })
    expect(content.kind === 'heat' ? content.panels[0]!.cells : []).toHaveLength(2)
  })

  test('on a logarithmic scale bars begin below the least one; what has no logarithm is said', async () => {
    const rows: GivenResult = {
      tables: {
        t: [
          ['a', 100],
          ['b', 1],
          ['c', 0],
          ['d', -5],
        ],
      },
    }
    const { logFrom, notes, unit } = await plan(rows, { kind: 'bars', x: 'key', log: true })
    expect(logFrom).toBe(0.1)
    expect(unit).toBe('count, logarithmic')
    expect(notes).toEqual([
      'Logarithmic scale: ten times as much is always one step more; bars begin at 0.1.',
      'Without a bar, as 0 and less have no logarithm: c 0; d -5.',
    ])
    const lines = await plan(rows, { kind: 'lines', x: 'key', log: true })
    expect(lines.notes).toContain('2 values of 0 or less have no logarithm and are not drawn.')
    expect((await plan(rows, { kind: 'heat', x: 'key', y: 'key', log: true })).notes[0]).toContain(
      'Logarithmic',
    )
    expect((await plan(rows, { kind: 'map', x: 'key', log: true })).notes.join()).toContain('Logarithmic')
  })

  test('what is stacked has no logarithmic scale', async () => {
    const bars: Chart = { kind: 'bars', x: 'key_2', series: 'key_1', log: true }
    await expect(plan(langs, bars)).rejects.toMatchObject({
      message: 'Chart lang: parts that stand on each other have no lengths on a logarithmic scale.',
      wayOut: 'Leave out log, or series; a facet in its place is a panel for each.',
    })
    const lines: Chart = { kind: 'lines', x: 'key_2', stacked: true, log: true }
    await expect(plan(langs, lines)).rejects.toMatchObject({ wayOut: 'Leave out log, or stacked.' })
  })

  test('whole numbers above 2^53 lose no digit', async () => {
    const [odd, long] = [9007199254740993n, 123456789012345678901234567890n]
    const rows: GivenResult = {
      tables: {
        t: [
          [['a', 'x'], odd],
          [['b', 'x'], long],
          [['b', 'y'], 1],
        ],
      },
    }
    const { content, notes } = await plan(rows, { kind: 'bars', x: 'key_1', top: 1 })
    expect(content).toMatchObject({ panels: [{ bars: [{ label: 'b', total: long + 1n }] }] })
    expect(notes).toEqual(['1 other, together 9,007,199,254,740,993.'])
    expect((await plan(rows, { kind: 'heat', x: 'key_1', y: 'key_2' })).content).toMatchObject({
      panels: [{ cells: expect.arrayContaining([[1, 0, odd]]) }],
    })
  })

  test('a value that is no finite number is left out, and said', async () => {
    const rows: GivenResult = {
      tables: {
        t: [
          ['a', 1],
          ['b', Number.POSITIVE_INFINITY],
          ['c', Number.NaN],
          ['d', Number.NaN],
        ],
      },
    }
    const { content, notes } = await plan(rows, { kind: 'bars', x: 'key' })
    expect(content).toMatchObject({ panels: [{ bars: [{ label: 'a' }] }] })
    expect(notes).toEqual(['Not drawn: 1 row of Infinity, 2 rows of NaN.'])
    const none: GivenResult = { tables: { t: [['b', Number.POSITIVE_INFINITY]] } }
    for (const chart of [{ kind: 'bars', x: 'key' }, { kind: 'histogram' }] as const)
      await expect(plan(none, chart)).rejects.toMatchObject({
        message: 'Chart t: no row of table t has a finite value.',
      })
  })

  test('a chart that cannot be drawn keeps no other from it', async () => {
    const place = folder.at(`result-${results++}`)
    const { tables } = langs
    writeTestResult(place, { tables: { ...tables, text: [['a', 'no number']], far: [['a', 1]] } })
    const charts: Chart[] = [
      { kind: 'bars', table: 'text', x: 'key' },
      { kind: 'bars', table: 'lang', x: 'key_2' },
      { kind: 'bars', table: 'lang', x: 'none' },
      { kind: 'bars', table: 'gone', x: 'key' },
      { kind: 'bars', table: 'far', x: 'key' },
    ]
    const planned = await planCharts(place, charts, { isNewer: true })
    expect(planned.map((one) => ('refused' in one ? one.refused.message : one.name))).toEqual([
      'Table text cannot be drawn: its value is "no number", no number.',
      'lang',
      expect.stringContaining('none'),
      'The result has no table "gone".',
      'far',
    ])
    expect(planned[1]).toMatchObject({
      notes: ['Drawn by charts and names of columns that are newer than the result.'],
    })
  })

  test('lines begin where the series does, not where the tag is first seen', async () => {
    const days = dated(week, [], { day: [['2020-03-05', 1]] })
    expect(await plan(days, { kind: 'lines', x: 'key' })).toMatchObject({
      content: { panels: [{ values: [[0, 0, 0, 0, 1]] }] },
    })
  })

  test('without dated inputs a day is known by any row of the table', async () => {
    const rows: GivenResult = {
      tables: {
        day: [
          [['#a', '2020-03-01'], 1],
          [['#b', '2020-03-02'], 1],
          [['#a', '2020-03-04'], 1],
        ],
      },
    }
    const { content } = await plan(rows, { kind: 'lines', x: 'key_2', where: { key_1: '#a' } })
    expect(content).toMatchObject({ panels: [{ values: [[1, 0, null, 1]] }] })
  })

  test('rejected records are in every picture, with their number', async () => {
    const { warnings } = await plan(
      { ...langs, inputs: [input({ rejected: 3 })] },
      { kind: 'bars', x: 'key_2' },
    )
    expect(warnings).toEqual(['3 of 13 records were rejected and are not counted.'])
  })

  test('what cannot be added up is refused, with what to say', async () => {
    const manifest = {
      job: {
        path: 'm.job.ts',
        file: '/m.job.ts',
        params: {},
        codeSha256: '',
        description: {
          name: null,
          description: null,
          tables: [{ name: 'lang', kind: 'mean' as const, columns: ['tag', 'lang'] }],
          input: { name: 'text', unit: 'line' as const, recordBytesMax: 1, options: {} },
          params: [],
          expect: null,
        },
      },
    }
    await expect(plan({ ...langs, manifest }, { kind: 'bars', x: 'lang' })).rejects.toMatchObject({
      message:
        'Table lang has several rows for one place in the picture, and results of mean() cannot be added up.',
      wayOut: 'Choose one: --where tag=VALUE.',
    })
  })

  test('countries are known by two and three letters; what is on no map is said', async () => {
    const rows: GivenResult = {
      tables: {
        c: [
          ['US', 3],
          ['usa', 1],
          ['SG', 2],
          ['GF', 1],
          [null, 5],
          ['??', 1],
        ],
      },
    }
    const { content, notes } = await plan(rows, { kind: 'map', x: 'key' })
    expect(content).toEqual({
      kind: 'map',
      panels: [
        {
          title: null,
          values: [
            ['SG', 2],
            ['US', 4],
          ],
        },
      ],
    })
    expect(notes).toEqual(['Not on the map: (null) 5, ?? 1, GF 1.'])
  })

  test('a histogram has each row in one bin', async () => {
    const rows: GivenResult = { tables: { n: Array.from({ length: 100 }, (_, n) => [n, n * 0.7] as const) } }
    const { content } = await plan(rows, { kind: 'histogram' })
    const bins = content.kind === 'histogram' ? content.panels[0]!.bins : []
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(100)
    for (const { from, to, count } of bins)
      expect(
        rows.tables.n!.filter(([, v]) => Number(v) >= from && (Number(v) < to || to === bins.at(-1)!.to))
          .length,
      ).toBe(count)
  })

  test('many series are the largest and the others as one', async () => {
    const rows: GivenResult = {
      tables: {
        t: Array.from({ length: 20 }, (_, n) => [[`s${String(n).padStart(2, '0')}`, 'x'], n + 1] as const),
      },
    }
    const { content } = await plan(rows, { kind: 'bars', x: 'key_2', series: 'key_1' })
    expect(content).toMatchObject({
      series: ['s19', 's18', 's17', 's16', 's15', 's14', 's13', '13 others'],
      panels: [{ bars: [{ parts: [20, 19, 18, 17, 16, 15, 14, 91], total: 210 }] }],
    })
  })

  test('a column or a row that is not there is an error with what there is', async () => {
    await expect(plan(langs, { kind: 'bars', x: 'lang' })).rejects.toMatchObject({
      wayOut: expect.stringContaining('key_1, key_2, value'),
    })
    await expect(
      plan(langs, { kind: 'bars', x: 'key_2' }, { key_1: [{ typed: '#c' }] }),
    ).rejects.toMatchObject({ message: 'Chart lang: no row of table lang is #c.' })
  })
})
