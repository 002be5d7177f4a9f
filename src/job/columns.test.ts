import { describe, expect, it } from 'vitest'
import { describeJob } from './describe.ts'
import { count, defineJob, type InputFormat, sum } from './index.ts'

const input = {
  name: 'text',
  unit: 'line',
  recordBytesMax: 1,
  options: {},
  decoder: () => ({ decode: () => '' }),
} as InputFormat<string>

/** What defineJob says of a job with these fields, which the compiler would refuse. */
function refusal(fields: object): string {
  try {
    defineJob({ input, reduce: { lang: count(), day: sum() }, map: () => undefined, ...fields } as never)
    return ''
  } catch (error) {
    return String((error as Error).message)
  }
}

describe('columns of defineJob', () => {
  it('are told in the description, for tables that have names', () => {
    const job = defineJob({
      input,
      reduce: { lang: count<[string, string]>(), day: count<string>() },
      columns: { lang: ['tag', 'lang'] },
      map: () => undefined,
    })
    expect(describeJob(job).tables).toEqual([
      { name: 'day', kind: 'count' },
      { name: 'lang', kind: 'count', columns: ['tag', 'lang'] },
    ])
  })

  it('are a list where there is one table', () => {
    const job = defineJob({ input, reduce: count<string>(), columns: ['word'], map: () => undefined })
    expect(describeJob(job).tables).toEqual([{ name: 'result', kind: 'count', columns: ['word'] }])
  })

  it.each([
    [
      { columns: ['tag'] },
      'Job field "columns" is a list of 1; a job of several tables has names for each of them.',
    ],
    [{ columns: { long: ['a'] } }, 'Job field "columns.long" is of no table of the job.'],
    [{ columns: { lang: 'tag' } }, 'Job field "columns.lang" is the string "tag"; it is a list of names.'],
    [{ columns: { lang: [] } }, 'Job field "columns.lang" is an empty list; it is a list of names.'],
    [{ columns: { lang: ['a', 'A'] } }, 'Job field "columns.lang" names two columns "A".'],
    [
      { columns: { lang: ['Value'] } },
      'Job field "columns.lang" has "Value", which is what every table has.',
    ],
    [{ columns: { lang: ['a"b'] } }, 'Job field "columns.lang" has "a\\"b", which is no name of a column.'],
  ])('refuse %j', (fields, message) => {
    expect(refusal(fields)).toBe(message)
  })
})

describe('charts of defineJob', () => {
  it('are told in the description as they are', () => {
    const charts = [{ kind: 'bars', table: 'lang', x: 'lang', where: { tag: '#flu' } }] as const
    const reduce = { lang: count<[string, string]>(), day: count<string>() }
    const job = defineJob({ input, reduce, columns: { lang: ['tag', 'lang'] }, charts, map: () => undefined })
    expect(describeJob(job).charts).toEqual(charts)
  })

  it.each([
    [{}, 'Job field "charts" is an empty object; it is a list of charts.'],
    [['bars'], 'Job field "charts[0]" is the string "bars"; it is an object.'],
    [[{ kind: 'pie' }], 'Job field "charts[0].kind" is the string "pie".'],
    [[{ kind: 'bars', table: 'lang' }], 'Job field "charts[0].x" is missing.'],
    [[{ kind: 'bars', x: 'lang' }], 'Job field "charts[0].table" is missing.'],
    [[{ kind: 'bars', table: 'x', x: 'lang' }], 'Job field "charts[0].table" is the string "x".'],
    [
      [{ kind: 'bars', table: 'lang', x: 'long' }],
      'Job field "charts[0].x" is "long", which is no column of the table.',
    ],
    [
      [{ kind: 'map', table: 'day', x: 'key', top: 3 }],
      'Job field "charts[0].top" is not one that map have.',
    ],
    [
      [{ kind: 'bars', table: 'day', x: 'key', top: 0 }],
      'Job field "charts[0].top" is the number 0; it is a whole number from 1.',
    ],
    [
      [{ kind: 'bars', table: 'lang', x: 'lang', where: { tga: 'a' } }],
      'Job field "charts[0].where" is "tga", which is no column of the table.',
    ],
    [
      [{ kind: 'bars', table: 'lang', x: 'lang', name: '../x' }],
      'Job field "charts[0].name" is the string "../x"; it is the name of a file.',
    ],
  ])('refuse %j', (charts, message) => {
    expect(refusal({ columns: { lang: ['tag', 'lang'] }, charts })).toBe(message)
  })
})
