import { expect, test } from 'vitest'
import { dayFromNumber, dayNumber, daysBetween, weekdayOf } from './discover/days.ts'
import { shellWord } from './shell-word.ts'

test.each([
  ['in/a-b_c@1.txt', 'in/a-b_c@1.txt'],
  ['50%+x=y:z,', '50%+x=y:z,'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$HOME `x` "y"', '\'$HOME `x` "y"\''],
  ['\\n', "'\\n'"],
  ['Übung', "'Übung'"],
  ['a\nb', "$'a\\x0ab'"],
  ["it's\ta\\b", "$'it\\'s\\x09a\\\\b'"],
  ['a\u2028b', "$'a\\xe2\\x80\\xa8b'"],
])('%j is typed in a shell as %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})

test('days are numbered from 1970 on, without time zones', () => {
  expect([dayNumber('1970-01-01'), dayNumber('1969-12-31'), dayNumber('2020-03-01')]).toEqual([0, -1, 18_322])
  expect([dayFromNumber(0), dayFromNumber(18_321), dayFromNumber(-1)]).toEqual([
    '1970-01-01',
    '2020-02-29',
    '1969-12-31',
  ])
})

test('days between two days are both of them and all others', () => {
  expect(daysBetween('2020-02-28', '2020-03-01')).toEqual(['2020-02-28', '2020-02-29', '2020-03-01'])
  expect(daysBetween('2020-02-28', '2020-02-28')).toEqual(['2020-02-28'])
  expect(daysBetween('2020-02-28', '2020-02-27')).toEqual([])
  expect(daysBetween('2020-02-28', '2020-02-20')).toEqual([])
})

test('equal days of the week are the same, one after the other, before 1970 too', () => {
  // A Sunday, and Sundays long before and after.
  for (const sunday of ['2020-01-05', '1969-12-28', '1900-01-07']) expect(weekdayOf(sunday)).toBe(0)
  const week = daysBetween('1969-12-28', '1970-01-03').map(weekdayOf)
  expect(week).toEqual([0, 1, 2, 3, 4, 5, 6])
})
