import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days } from '../../job/index.ts'
import { readDatedName } from './dated-name.ts'
import { dayFromNumber, dayNumber, daysBetween, weekdayOf } from './days.ts'
import { type Candidate, planSeries } from './series.ts'

/** Files that one directory or pattern led to. */
function found(...paths: readonly string[]): Candidate[] {
  return paths.map((path) => ({ path, named: false, foundBy: [0] }))
}

function named(...paths: readonly string[]): Candidate[] {
  return paths.map((path) => ({ path, named: true, foundBy: [] }))
}

function tweets(from: string, to: string): string[] {
  return daysBetween(from, to).map((day) => `t/geoTwitter${day.slice(2)}.zip`)
}

function without(paths: readonly string[], ...gone: readonly string[]): string[] {
  return paths.filter((path) => !gone.some((part) => path.includes(part)))
}

describe('days', () => {
  test('are counted as the calendar does', () => {
    expect(daysBetween('2020-02-28', '2020-03-01')).toEqual(['2020-02-28', '2020-02-29', '2020-03-01'])
    expect(daysBetween('2020-01-01', '2020-12-31')).toHaveLength(366)
    expect(daysBetween('2020-01-02', '2020-01-01')).toEqual([])
    expect(weekdayOf('1970-01-04')).toBe(0)
    expect(weekdayOf('1969-12-31')).toBe(3)
    expect(dayFromNumber(dayNumber('1999-12-31') + 1)).toBe('2000-01-01')
  })
})

describe('readDatedName', () => {
  test.each([
    ['t/geoTwitter20-03-01.zip', '2020-03-01', 'geoTwitterYY-MM-DD.zip'],
    ['tweets-20220406.zip', '2022-04-06', 'tweets-YYYYMMDD.zip'],
    ['a_2020_03_01_b', '2020-03-01', 'a_YYYY_MM_DD_b'],
    ['access-2020-03-01.17.gz', '2020-03-01', 'access-YYYY-MM-DD.N.gz'],
    ['220-03-01 20-03-01', '2020-03-01', 'N-N-N YY-MM-DD'],
  ])('%s', (path, day, pattern) => {
    expect(readDatedName(path)).toMatchObject({ day, pattern })
  })

  test('names the file of another day', () => {
    expect(readDatedName('t/x20-03-01_7.zip')?.nameOn('2021-12-31')).toBe('x21-12-31_7.zip')
  })
})

describe('planSeries without expected days', () => {
  test('names each gap, and the file that would fill it', () => {
    const files = without(tweets('2020-01-01', '2020-12-31'), '20-02-20', '20-12-30')
    const { series, problems, read } = planSeries(found(...files), null)
    expect(series).toEqual({
      pattern: 'geoTwitterYY-MM-DD.zip',
      from: '2020-01-01',
      to: '2020-12-31',
      missing: ['2020-02-20', '2020-12-30'],
    })
    expect(read).toHaveLength(364)
    expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '2020-02-20 input-missing',
      '2020-12-30 input-missing',
    ])
    expect(problems[0]?.message).toBe(
      '2020-02-20: no file holds this day; "geoTwitter20-02-20.zip" would be expected.',
    )
    expect(problems[0]?.wayOut).toContain('--accept 2020-02-20')
  })

  test('finds gaps in days that are kept partly in one form, partly in another', () => {
    const files = [
      ...daysBetween('2020-01-01', '2020-01-05').map((day) => `t/tweets-${day}.jsonl.gz`),
      ...daysBetween('2020-01-07', '2020-01-09').map((day) => `t/tweets-${day}.jsonl`),
      't/tweets-2020-01-10.zip',
      't/tweets-2020-01-12.zip',
    ]
    const { series, problems, read, ignored } = planSeries(found(...files), null)
    expect(series).toEqual({
      pattern: 'tweets-YYYY-MM-DD{.jsonl,.jsonl.gz,.zip}',
      from: '2020-01-01',
      to: '2020-01-12',
      missing: ['2020-01-06', '2020-01-11'],
    })
    expect(problems.map(({ path }) => path)).toEqual(['2020-01-06', '2020-01-11'])
    expect([read.length, ignored]).toEqual([10, []])
  })

  test('names a day that is there in two forms, and takes two forms of all days for two series', () => {
    const packed = daysBetween('2020-01-01', '2020-01-09').map((day) => `t/x-${day}.1.log.gz`)
    const open = daysBetween('2020-01-08', '2020-01-12').map((day) => `t/x-${day}.1.log`)
    const twice = planSeries(found(...packed, ...open.slice(1)), null)
    expect(twice.problems.map(({ message }) => message)).toEqual([
      '2020-01-09: several files hold this day, and all are read, so that it counts more than once: "t/x-2020-01-09.1.log.gz", "t/x-2020-01-09.1.log".',
    ])
    const copies = packed.map((path) => path.slice(0, -3))
    const both = planSeries(found(...packed, ...copies), null)
    expect(both.series?.pattern).toBe('x-YYYY-MM-DD.N.log')
    expect(both.problems.map(({ path }) => path)).toEqual(['x-YYYY-MM-DD.N.log.gz'])
    expect(both.read).toHaveLength(9)
  })

  test('finds gaps whether files were found or named', () => {
    const files = without(tweets('2020-01-01', '2020-01-31'), '20-01-17')
    expect(planSeries(named(...files), null).series?.missing).toEqual(['2020-01-17'])
  })

  test('sees no gap in a series of working days, and one where a working day lacks', () => {
    const working = daysBetween('2020-01-01', '2020-06-30').filter((day) => ![0, 6].includes(weekdayOf(day)))
    const files = working.map((day) => `quotes-${day}.csv`)
    expect(planSeries(found(...files), null).problems).toEqual([])
    expect(planSeries(found(...without(files, '2020-03-11')), null).series?.missing).toEqual(['2020-03-11'])
  })

  test('takes one missing weekday for a gap, and only what is missing every week for a day of rest', () => {
    const week = tweets('2026-01-01', '2026-01-08')
    for (const gone of ['26-01-03', '26-01-04', '26-01-05', '26-01-07'])
      expect(planSeries(found(...without(week, gone)), null).series?.missing).toEqual([`20${gone}`])
    const threeMondays = ['26-01-05', '26-01-12', '26-01-19']
    const weeks = tweets('2026-01-01', '2026-01-24').filter(
      (path) => !threeMondays.some((day) => path.includes(day)),
    )
    expect(planSeries(found(...weeks), null).series?.missing).toEqual(threeMondays.map((day) => `20${day}`))
  })

  test('takes no series from two files, or from days far apart', () => {
    expect(planSeries(found('a-2020-01-01', 'a-2020-01-03'), null).series).toBeNull()
    const monthly = ['01', '02', '03', '04', '05'].map((month) => `a-2020-${month}-01`)
    expect(planSeries(found(...monthly), null)).toMatchObject({ series: null, problems: [] })
  })

  test('leaves out what does not fit, but not what was named', () => {
    const files = tweets('2020-01-01', '2020-01-05')
    const odd = ['t/README.md', 't/tweets-20220406.zip', 't/geoTwitter20-01-01 (1).zip']
    const plan = planSeries(found(...files, ...odd), null)
    expect(plan.read.map(({ path }) => path)).toEqual(files)
    expect(plan.ignored).toEqual(
      odd.map((path) => ({ path, reason: 'does not fit the series "geoTwitterYY-MM-DD.zip" (5 files)' })),
    )
    expect(plan.problems).toEqual([])
    const both = planSeries([...found(...files), ...named(...odd)], null)
    expect(both.ignored).toEqual([])
    expect(both.read).toHaveLength(8)
    expect(both.notes).toHaveLength(3)
  })

  test('keeps everything where the series is the lesser part', () => {
    const parts = Array.from({ length: 10 }, (_, index) => `t/part-${index}.jsonl`)
    const plan = planSeries(found(...tweets('2020-01-01', '2020-01-05'), ...parts), null)
    expect(plan.ignored).toEqual([])
  })

  test('asks which of two series is meant', () => {
    const january = daysBetween('2020-01-01', '2020-01-31')
    const files = january.flatMap((day) => [`logs/access-${day}.gz`, `logs/error-${day}.gz`])
    const plan = planSeries(found(...files), null)
    expect(plan.problems).toEqual([
      expect.objectContaining({
        path: 'error-YYYY-MM-DD.gz',
        message: expect.stringContaining('31 files of this pattern are a second series'),
        wayOut: expect.stringContaining("'access-*.gz' 'error-*.gz'"),
      }),
    ])
    expect(plan.read).toHaveLength(31)
    const byPattern = files.map((path) => ({ path, named: false, foundBy: [path.includes('error') ? 1 : 0] }))
    expect(planSeries(byPattern, null)).toMatchObject({ problems: [], ignored: [] })
  })

  test('takes numbered pieces of a day for one series', () => {
    const files = daysBetween('2020-01-01', '2020-01-04').flatMap((day) => [
      `a-${day}T00.gz`,
      `a-${day}T01.gz`,
    ])
    expect(planSeries(found(...files), null)).toMatchObject({
      problems: [],
      ignored: [],
      series: { missing: [] },
    })
  })

  test('names a day that several files hold', () => {
    const files = tweets('2020-01-01', '2020-01-05')
    const plan = planSeries(found(...files, 'backup/geoTwitter20-01-03.zip'), null)
    expect(plan.problems).toEqual([
      expect.objectContaining({
        path: '2020-01-03',
        message: expect.stringContaining('"t/geoTwitter20-01-03.zip", "backup/geoTwitter20-01-03.zip"'),
      }),
    ])
    const year = tweets('2020-01-01', '2020-12-31')
    const copies = year.map((path) => path.replace('t/', 'copy/'))
    const [problem, ...others] = planSeries(found(...year, ...copies), null).problems
    expect(others).toEqual([])
    expect(problem).toMatchObject({
      path: 'geoTwitterYY-MM-DD.zip',
      message: expect.stringContaining('366 days'),
    })
  })

  test('finds exactly the days taken out of a year, whatever the order of the files', () => {
    const year = tweets('2020-01-01', '2020-12-31')
    const inner = fc.uniqueArray(fc.integer({ min: 1, max: 364 }), { maxLength: 100 })
    fc.assert(
      fc.property(inner, fc.infiniteStream(fc.nat()), (gone, luck) => {
        const kept = year.filter((_, index) => !gone.includes(index))
        const shuffled = kept
          .map((path) => ({ path, luck: luck.next().value }))
          .sort((left, right) => left.luck - right.luck)
          .map(({ path }) => path)
        const expected = gone
          .sort((left, right) => left - right)
          .map((index) => dayFromNumber(18_262 + index))
        expect(planSeries(found(...shuffled), null).series?.missing).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })
})

describe('planSeries with expected days', () => {
  const january = days('2020-01-01', '2020-01-31')

  test('wants every day, also at the ends', () => {
    const plan = planSeries(found(...tweets('2020-01-02', '2020-01-30')), january)
    expect(plan.problems.map(({ path }) => path)).toEqual(['2020-01-01', '2020-01-31'])
    expect(plan.series).toMatchObject({ from: '2020-01-01', to: '2020-01-31' })
  })

  test('does not read other days, named or not', () => {
    const files = [...found(...tweets('2020-01-01', '2020-01-31')), ...named('t/geoTwitter18-07-01.zip')]
    const plan = planSeries(files, january)
    expect(plan.problems).toEqual([])
    expect(plan.ignored).toEqual([
      {
        path: 't/geoTwitter18-07-01.zip',
        reason: 'is dated 2018-07-01; the job expects 2020-01-01 to 2020-01-31',
      },
    ])
  })

  test('says so where the day is there under another name', () => {
    const files = without(tweets('2020-01-01', '2020-01-31'), '20-01-20')
    const plan = planSeries(found(...files, 't/tweets-20200120.zip', 't/README'), january)
    expect(plan.read).toHaveLength(30)
    expect(plan.problems[0]?.message).toContain('not read: "t/tweets-20200120.zip"')
  })

  test('misses all of them where nothing is dated', () => {
    const plan = planSeries(found('t/sample.jsonl'), january)
    expect(plan.read).toHaveLength(1)
    expect(plan.problems).toHaveLength(31)
    expect(plan.problems[0]?.message).toBe('2020-01-01: no file holds this day.')
  })
})
