import { expect, test } from 'vitest'
import { dayFromNumber, dayNumber, daysBetween, weekdayOf } from './days.ts'

test('days are counted from 1970-01-01, in both directions', () => {
  expect(['1970-01-01', '1970-01-02', '1969-12-31', '2020-02-29', '2000-03-01'].map(dayNumber)).toEqual([
    0, 1, -1, 18_321, 11_017,
  ])
  for (const day of ['0001-01-01', '1969-12-31', '2020-02-29', '9999-12-31'])
    expect(dayFromNumber(dayNumber(day))).toBe(day)
})

test('daysBetween has both ends, a leap day, and nothing where the end comes first', () => {
  expect(daysBetween('2020-02-27', '2020-03-01')).toEqual([
    '2020-02-27',
    '2020-02-28',
    '2020-02-29',
    '2020-03-01',
  ])
  expect(daysBetween('2020-01-01', '2020-01-01')).toEqual(['2020-01-01'])
  expect([daysBetween('2020-01-02', '2020-01-01'), daysBetween('2020-01-09', '2020-01-01')]).toEqual([[], []])
})

test('weekdayOf is the same for the same weekday, also before 1970, and 0 to 6 through the week', () => {
  // 1970-01-04 was a Sunday.
  expect(daysBetween('1970-01-04', '1970-01-10').map(weekdayOf)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(weekdayOf('1969-12-28')).toBe(weekdayOf('1970-01-04'))
  expect(weekdayOf('2020-12-31')).toBe(weekdayOf('1970-01-01'))
})
