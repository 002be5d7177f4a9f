/** What somebody is told who writes a job that cannot be run: what is wrong, and how it should be. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  all,
  count,
  days,
  defineJob,
  groupReduce,
  histogram,
  type InputFormat,
  sum,
  topK,
  variance,
} from './index.ts'

const input: InputFormat<string> = {
  name: 'text',
  unit: 'line',
  recordBytesMax: 1,
  options: {},
  decoder: () => ({ decode: () => '' }),
}
const map = (): void => undefined
const two = { lang: count(), day: sum() }

/** What `make` throws; it has to throw a `job-invalid`. */
function refusal(make: () => unknown): { message: string; wayOut: string | undefined } {
  try {
    make()
  } catch (error) {
    expect(error).toMatchObject({ code: 'job-invalid' })
    return error as { message: string; wayOut: string | undefined }
  }
  throw new Error('It was taken.')
}

const job = (fields: object) => () => defineJob({ input, reduce: count(), map, ...fields } as never)
const jobOfTwo = (fields: object) => job({ reduce: two, ...fields })

describe('defineJob', () => {
  const inputWay = 'Say how bytes become records, for example input: jsonl<Tweet>().'
  const reduceWay =
    'Say how values become results, for example reduce: count(), or reduce: { lang: count() } for named tables.'
  const expectWay = "Say for example expect: days('2020-01-01', '2020-12-31')."
  const paramsWay =
    'Give each parameter a schema, for example params: { limit: z.number().default(10) } with zod.'
  const isFormat = 'a format has "name", "unit" ("line" or "file"), "recordBytesMax", "options" and "decoder"'
  const manyTables = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [`t${index}`, count()]))
  const october = { kind: 'days', from: '2020-10-01', to: '2020-10-31' }

  test.each<[object, string, string]>([
    [{ name: '  ' }, '"name" is the string "  "; it is a text', 'Write one, or leave "name" out.'],
    [{ input: undefined }, '"input" is missing', inputWay],
    [{ input: 'a.zip' }, 'it is a format', `${inputWay} The files are named when the job is run.`],
    [{ input: null }, '"input" is null; it is a format', inputWay],
    [{ input: 5 }, '"input" is the number 5; it is a format', inputWay],
    [{ input: function csv() {} }, 'not called', 'Call it: input: csv().'],
    [
      {
        input: (
          () => () =>
            1
        )(),
      },
      'not called',
      'Call it: input: jsonl().',
    ],
    ...[
      { name: 1 },
      { unit: 'page' },
      { recordBytesMax: '1' },
      { recordBytesMax: 0 },
      { options: null },
      { options: 'none' },
      { decoder: {} },
    ].map((more): [object, string, string] => [{ input: { ...input, ...more } }, isFormat, inputWay]),
    [{ reduce: undefined }, '"reduce" is missing', reduceWay],
    [{ reduce: null }, '"reduce" is null; it is a reducer or an object of reducers', reduceWay],
    [{ reduce: 'count' }, 'it is a reducer or an object of reducers', reduceWay],
    [{ reduce: {} }, 'has no tables', reduceWay],
    [{ reduce: { kind: 'sum' } }, 'lacks the functions of a reducer', reduceWay],
    [{ reduce: { kind: 'group', reduce: 5 } }, 'of kind "group" lacks the functions', reduceWay],
    [{ reduce: { kind: 'other', reduce: () => 0 } }, 'of kind "other" lacks the functions', reduceWay],
    [{ reduce: manyTables }, 'has 256 tables; 255 is the most', 'Put what tells them apart into the key.'],
    [{ reduce: sum }, 'not called', 'Call it, for example sum().'],
    [
      { reduce: (key: string, values: Iterable<number>) => [key, ...values] },
      '"reduce" is a function, not a reducer',
      'For a function of a key and its values say groupReduce((key, values) => …).',
    ],
    [
      { reduce: { words: ([key]: string[]) => key } },
      '"reduce.words" is a function, not a reducer',
      'say groupReduce((key, values) => …).',
    ],
    [
      {
        reduce: (
          () => () =>
            1
        )(),
      },
      'not called',
      'Call it, for example count().',
    ],
    [
      { reduce: { add: map, merge: map } },
      'an object of functions, not a reducer',
      'Wrap it: reducer({ empty, add, merge, finish }).',
    ],
    [
      { reduce: { add: map, merge: 5 } },
      '"reduce.add" is the function "map", not called',
      'for example map()',
    ],
    [
      { reduce: { add: count(), merge: 5 } },
      '"reduce.merge" is the number 5; it is a reducer',
      'merge: count()',
    ],
    [{ reduce: { A: count() } }, 'is no table name', 'A table name is a small letter, then letters, digits'],
    [{ reduce: { 'a-': count() } }, 'is no table name', 'A table name is a small letter'],
    [
      { reduce: { byLang: count(), bylang: count() } },
      '"reduce.bylang" differs from "reduce.byLang" only in its capitals',
      'Rename one of them.',
    ],
    [{ reduce: { manifest: count() } }, 'is no table name', 'Name the table after what it holds.'],
    [
      { reduce: { a: null } },
      '"reduce.a" is null; it is a reducer',
      'Say for example reduce: { a: count() }.',
    ],
    [{ params: null }, '"params" is null', paramsWay],
    [{ params: [] }, '"params" is an empty list', paramsWay],
    [{ params: z.object({}) }, '"params" is one schema', paramsWay],
    [{ params: { '5a': z.string() } }, 'is no parameter name', 'A parameter name is a letter, then letters'],
    [{ params: { 'a b': z.string() } }, 'is no parameter name', 'A parameter name is a letter'],
    ...[
      5,
      null,
      {},
      { '~standard': null },
      { '~standard': 5 },
      { '~standard': { version: 2, validate: map } },
      { '~standard': { version: 1 } },
      { '~standard': { version: 1, validate: 5 } },
      { '~standard': { validate: map } },
    ].map((schema): [object, string, string] => [
      { params: { a: schema } },
      'it is a Standard Schema',
      paramsWay,
    ]),
    ...[
      null,
      5,
      { ...october, kind: 'weeks' },
      { ...october, from: 20201001 },
      { ...october, from: '2020-10-32' },
      { ...october, to: null },
      { ...october, to: '2020-10-00' },
      { ...october, to: '2020-09-30' },
    ].map((expected): [object, string, string] => [
      { expect: expected },
      'it is what days() returns',
      expectWay,
    ]),
    [{ map: undefined }, '"map" is missing', 'Say map(record, emit) { … }.'],
    [{ map: 5 }, '"map" is the number 5; it is a function', 'Say map(record, emit) { … }.'],
    [{ setup: 5 }, '"setup" is the number 5; it is a function', 'Say setup(…) { … }, or leave it out.'],
    [{ map: function* () {} }, 'a generator', 'Leave out the star, and call emit instead of yield.'],
  ])('says what is wrong, and how it should be: case %#', (fields, message, wayOut) => {
    const said = refusal(job(fields))
    expect(said.message).toContain(message)
    expect(said.wayOut).toContain(wayOut)
  })

  test('takes what is just allowed', () => {
    const most = Object.fromEntries(Object.entries(manyTables).slice(0, 255))
    const schema = Object.assign(() => 1, { '~standard': { version: 1, vendor: 'none', validate: map } })
    for (const fields of [
      { reduce: most },
      { params: { 'a-b_5': schema } },
      { expect: days('2020-10-01', '2020-10-01') },
      { input: { ...input, unit: 'file' } },
      { name: 'x', description: 'y' },
    ])
      expect(job(fields)).not.toThrow()
  })
})

describe('charts of defineJob', () => {
  const columns = { lang: ['tag', 'lang'] }
  const bars = { kind: 'bars', table: 'lang', x: 'lang' }
  const mend = 'Mend it, or leave it out.'
  const charts = (chart: object) => jobOfTwo({ columns, charts: [{ ...bars, ...chart }] })

  test.each<[object, string, string]>([
    [{ kind: 'pie' }, 'charts[0].kind" is the string "pie"', 'There are "bars", "lines", "heat"'],
    [{ x: undefined }, 'charts[0].x" is missing', 'Name the column that x is.'],
    [{ kind: 'heat' }, 'charts[0].y" is missing', 'Name the column that y is.'],
    [{ table: undefined }, 'charts[0].table" is missing', 'The job has "day", "lang".'],
    [{ table: 5 }, 'charts[0].table" is the number 5; it is a text', mend],
    [{ table: 'tag' }, 'charts[0].table" is the string "tag"', 'The job has "day", "lang".'],
    [{ titel: 'x' }, 'charts[0].titel" is not one that bars have', 'Did you mean "title"? They have '],
    [{ elephant: 'x' }, 'charts[0].elephant" is not one that bars have', 'They have '],
    [{ title: 5 }, 'charts[0].title" is the number 5; it is a text', mend],
    [{ unit: ' ' }, 'charts[0].unit" is the string " "; it is a text', mend],
    [{ value: null }, 'charts[0].value" is null; it is a text', mend],
    [{ name: 'a/b' }, 'it is the name of a file', mend],
    [{ name: '.a' }, 'it is the name of a file', mend],
    [{ name: ' a' }, 'it is the name of a file', mend],
    [{ log: 'yes' }, 'charts[0].log" is the string "yes"; it is true or false', mend],
    [{ top: 1.5 }, 'charts[0].top" is the number 1.5; it is a whole number from 1', mend],
    [{ top: '3' }, 'charts[0].top" is the string "3"; it is a whole number from 1', mend],
    ...[
      5,
      null,
      ['a'],
      { tag: [] },
      { tag: undefined },
      { tag: {} },
      { tag: ['a', {}] },
      { lang: 1, tag: {} },
    ].map((where): [object, string, string] => [{ where }, 'it is an object such as { tag: ', mend]),
    [
      { x: 'lnag' },
      'charts[0].x" is "lnag", which is no column',
      'Did you mean "lang"? It has "tag", "lang".',
    ],
    [{ x: 'elephant' }, 'charts[0].x" is "elephant", which is no column', 'It has "tag", "lang".'],
    [{ kind: 'heat', y: 'z' }, 'charts[0].y" is "z", which is no column', 'It has "tag", "lang".'],
    [{ series: 'z' }, 'charts[0].series" is "z", which is no column', 'It has "tag", "lang".'],
    [{ facet: 'z' }, 'charts[0].facet" is "z", which is no column', 'It has "tag", "lang".'],
    [{ where: { z: 1 } }, 'charts[0].where" is "z", which is no column', 'It has "tag", "lang".'],
  ])('says what is wrong, and how it should be: case %#', (chart, message, wayOut) => {
    const said = refusal(charts(chart))
    expect(said.message).toContain(message)
    expect(said.wayOut?.startsWith(wayOut)).toBe(true)
  })

  test('are a list of not too many objects', () => {
    const example = expect.stringContaining("kind: 'bars', x: 'lang' }")
    for (const wrong of [5, null, [null], [5], [[]], Array(101).fill(bars)])
      expect(refusal(jobOfTwo({ columns, charts: wrong })).wayOut).toEqual(example)
    expect(jobOfTwo({ columns, charts: Array(100).fill(bars) })).not.toThrow()
  })

  test('may say all that there is', () => {
    for (const more of [
      { title: 'x', unit: 'tweets', value: 'n', log: true, top: 1, series: 'tag', facet: 'tag' },
      { where: { tag: null, lang: ['en', 5, true] } },
      { name: 'Zürich 2_a.b-c', title: undefined },
      { name: '5' },
      { kind: 'lines', stacked: false },
      { kind: 'bars', table: 'day', x: 'anything' },
    ])
      expect(charts(more)).not.toThrow()
    for (const chart of [
      { kind: 'map', x: 'key' },
      { kind: 'histogram', bins: 5 },
    ])
      expect(job({ charts: [chart] })).not.toThrow()
    expect(refusal(job({ charts: [{ kind: 'histogram', bins: 0 }] })).message).toContain(
      'charts[0].bins" is the number 0; it is a whole number from 1',
    )
  })
})

describe('columns of defineJob', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `c${index}`)

  test.each<[unknown, string, string]>([
    [['tag'], '"columns" is a list of 1; a job of several tables', "columns: { day: ['tag', 'lang'] }"],
    [null, '"columns" is null; a job of several tables', "columns: { day: ['tag', 'lang'] }"],
    ['tag', '"columns" is the string "tag"; a job of several tables', "columns: { day: ['tag', 'lang'] }"],
    [{ long: ['a'] }, '"columns.long" is of no table', 'The job has "day", "lang".'],
    [
      { lang: 5 },
      '"columns.lang" is the number 5; it is a list of names',
      "Say for example lang: ['tag', 'lang'], a",
    ],
    [
      { lang: ['a', 5] },
      '"columns.lang" is a list of 2; it is a list of names',
      "Say for example lang: ['tag'",
    ],
    [{ lang: ['5a'] }, 'which is no name of a column', 'Begin it with a letter.'],
    [{ lang: names(1000) }, 'it is a list of names', "Say for example lang: ['tag'"],
  ])('says what is wrong, and how it should be: case %#', (columns, message, wayOut) => {
    const said = refusal(jobOfTwo({ columns }))
    expect(said.message).toContain(message)
    expect(said.wayOut).toContain(wayOut)
  })

  test('may be left out for a table', () => {
    expect(jobOfTwo({ columns: { lang: ['a', 'Größe 2'], day: undefined } })).not.toThrow()
    expect(refusal(job({ columns: 'tag' })).wayOut).toContain("Say for example columns: ['tag', 'lang']")
  })
})

describe('reducers that are made wrong', () => {
  const histogramWay = 'Say histogram({ edges: [0, 10, 100] }) with ascending edges, or histogram({ from: 0'
  const topWay = 'Say for example topK(10, { by: (tweet) => tweet.likes }).'
  const allWay = 'Say for example all({ total: sum(), largest: max() }).'

  test.each<[string, () => unknown, string, string | undefined]>([
    [
      'topK(0)',
      () => topK(0),
      'topK() takes a whole number from 1; it got the number 0.',
      'Say how many values',
    ],
    [
      'topK(1.5)',
      () => topK(1.5),
      'it got the number 1.5.',
      'Say how many values to keep, for example topK(10).',
    ],
    ['topK(1, null)', () => topK(1, null as never), 'topK() options are null; they are an object.', topWay],
    ['topK(1, 5)', () => topK(1, 5 as never), 'topK() options are the number 5; they are an object.', topWay],
    [
      'topK by',
      () => topK(1, { by: 'x' } as never),
      'option "by" is the string "x"; it is a function',
      topWay,
    ],
    [
      'topK smallest',
      () => topK(1, { smallest: 1 } as never),
      '"smallest" is the number 1; it is true',
      undefined,
    ],
    [
      'variance',
      () => variance({ sample: 1 } as never),
      'option "sample" is the number 1; it is true',
      undefined,
    ],
    [
      'groupReduce',
      () => groupReduce(5 as never),
      'groupReduce() got the number 5; it takes a function',
      'Say groupR',
    ],
    ['histogram()', () => histogram(undefined as never), 'histogram() options are undefined.', histogramWay],
    ['histogram(null)', () => histogram(null as never), 'histogram() options are null.', histogramWay],
    [
      'from',
      () => histogram({ from: '0', to: 1, bins: 1 } as never),
      'option "from" is the string "0"',
      histogramWay,
    ],
    [
      'from',
      () => histogram({ from: -Infinity, to: 1, bins: 1 }),
      'option "from" is the number -Inf',
      histogramWay,
    ],
    ['to', () => histogram({ from: 0, to: Number.NaN, bins: 1 }), 'option "to" is NaN.', histogramWay],
    ['to', () => histogram({ from: 0, to: 0, bins: 1 }), 'edge 2, 0, does not come after 0.', histogramWay],
    [
      'bins',
      () => histogram({ from: 0, to: 1, bins: 0 }),
      '"bins" is the number 0, which is no whole',
      histogramWay,
    ],
    [
      'bins',
      () => histogram({ from: 0, to: 1, bins: 65_537 }),
      'no whole number from 1 to 65536',
      histogramWay,
    ],
    [
      'edges',
      () => histogram({ edges: [0] }),
      'edges are a list of 1, which is no list of 2 to 65537',
      histogramWay,
    ],
    ['edges', () => histogram({ edges: 5 as never }), 'edges are the number 5', histogramWay],
    ['edges', () => histogram({ edges: [0, '1'] as never }), 'edge 2 is the string "1".', histogramWay],
    ['edges', () => histogram({ edges: [0, 1, 1] }), 'edge 3, 1, does not come after 1.', histogramWay],
    ['all()', () => all(undefined as never), 'all() got undefined; it takes an object of reducers.', allWay],
    ['all({})', () => all({}), 'all() got an empty object; it takes an object of reducers.', allWay],
    ['all([])', () => all([sum()] as never), 'all() got a list of 1; it takes an object', allWay],
    ['all', () => all({ a: 5 } as never), 'all() field "a" is the number 5, not a reducer.', allWay],
    ['all', () => all({ a: null } as never), 'all() field "a" is null, not a reducer.', allWay],
    [
      'all',
      () => all({ a: { kind: 'x' } } as never),
      'all() field "a" is an object with "kind", not a',
      allWay,
    ],
    ['all', () => all(JSON.parse('{"__proto__":1}')), 'all() field "__proto__" has a name', allWay],
    [
      'all of groupReduce',
      () => all({ a: groupReduce(() => 0) } as never),
      'all() field "a" is a groupReduce, which cannot be combined with others.',
      'Give groupReduce a table of its own',
    ],
  ])('say what is wrong: %s', (_, make, message, wayOut) => {
    const said = refusal(make)
    expect(said.message).toContain(message)
    if (wayOut === undefined) expect(said.wayOut).toBeUndefined()
    else expect(said.wayOut).toContain(wayOut)
  })

  test('take as many bins as there may be', () => {
    expect(() => histogram({ from: 0, to: 1, bins: 65_536 })).not.toThrow()
    expect(() => histogram({ edges: Array.from({ length: 65_537 }, (_, index) => index) })).not.toThrow()
  })
})
