import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, days, isDay } from './expect.ts'

describe('dayOf', () => {
  it.each([
    ['geoTwitter20-03-01.zip', '2020-03-01'],
    ['/data/Twitter dataset/geoTwitter20-12-31.zip', '2020-12-31'],
    ['geoTwitter20-01-01/geoTwitter20-01-01_07:00', '2020-01-01'],
    ['tweets-20220406.zip', '2022-04-06'],
    ['2020-03-01.jsonl.gz', '2020-03-01'],
    ['log_2020_03_01_eu.txt', '2020-03-01'],
    ['pageviews-20200301-120000.gz', '2020-03-01'],
    ['access.log.99-12-31', '1999-12-31'],
    ['68-01-01', '2068-01-01'],
    ['2020-02-29', '2020-02-29'],
    ['1900-02-29', null],
    ['2000-02-29', '2000-02-29'],
    ['2021-02-29', null],
    ['2020-13-01', null],
    ['2020-00-10', null],
    ['2020-04-31', null],
    ['2020-03_01', null],
    ['20-0301', null],
    ['200301', null],
    ['120200301', null],
    ['202003011', null],
    ['2020-03-011', null],
    ['0999-01-01', null],
    ['2020-03-01/readme.txt', null],
    ['readme', null],
    ['', null],
    ['copy-2020-99-99-of-2020-03-01', '2020-03-01'],
    ['20-03-01 and 20-03-02', '2020-03-01'],
  ])('of %j is %j', (name, day) => {
    expect(dayOf(name)).toBe(day)
  })

  it('finds every day of the calendar in every form', () => {
    const anyDay = fc.date({ min: new Date('1970-01-01'), max: new Date('2068-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(anyDay, (date) => {
        const day = date.toISOString().slice(0, 10)
        for (const form of [day, day.replaceAll('-', ''), day.replaceAll('-', '_'), day.slice(2)]) {
          expect(dayOf(`dir/x${form}.zip`)).toBe(day)
        }
      }),
    )
  })
})

describe('isDay', () => {
  it('agrees with the calendar of Date', () => {
    const parts = fc.tuple(
      fc.integer({ min: 1000, max: 2999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    )
    fc.assert(
      fc.property(parts, ([year, month, day]) => {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
        const date = new Date(Date.UTC(year, month - 1, day))
        expect(isDay(text)).toBe(date.toISOString().startsWith(text))
      }),
    )
  })
})

describe('days', () => {
  it('is plain data, frozen', () => {
    const expected = days('2020-01-01', '2020-12-31')
    expect(expected).toStrictEqual({ kind: 'days', from: '2020-01-01', to: '2020-12-31' })
    expect(Object.isFrozen(expected)).toBe(true)
  })

  it('takes a single day', () => {
    expect(days('2020-02-29', '2020-02-29').to).toBe('2020-02-29')
    expect(days('1800-01-01', '2073-10-15').to).toBe('2073-10-15')
  })

  it.each([
    ['2020-02-30', '2020-12-31', /"from" is the string "2020-02-30"/],
    ['2020-01-01', '20201231', /"to" is the string "20201231"/],
    ['2020-12-31', '2020-01-01', /ends "2020-01-01", before it starts, "2020-12-31"/],
    ['1800-01-01', '2073-10-16', /has 100,001 days.*; it may have 100,000/],
  ])('refuses %s to %s', (from, to, message) => {
    expect(() => days(from, to)).toThrow(message)
  })
})
