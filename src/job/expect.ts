import { TallymanError } from '../errors.ts'
import { showCount } from '../quantities.ts'
import { showValue } from './show-value.ts'

/** The days a job's inputs must cover. */
export interface ExpectedDays {
  readonly kind: 'days'
  /** First day, YYYY-MM-DD. */
  readonly from: string
  /** Last day, YYYY-MM-DD, inclusive. */
  readonly to: string
}

const dayMs = 86_400_000
/** 273 years: each day that is missing is told, and stands in the journal. */
const daysMax = 100_000

/** What a job expects of its inputs. */
export type Expectation = ExpectedDays

/**
 * Expects an input for every day from `from` to `to`, both inclusive, in the form YYYY-MM-DD (Gregorian calendar). Which day
 * an input is of is read from its name, see `dayOf`. A result is not committed while a day is missing.
 *
 * Throws `job-invalid` for what is no day of the calendar, when `to` comes before `from`, and for more than 100,000 days.
 *
 * @example
 * ```ts
 * import { days } from 'tallyman'
 *
 * console.log(days('2020-01-01', '2020-12-31')) // { kind: 'days', from: '2020-01-01', to: '2020-12-31' }
 * ```
 */
export function days(from: string, to: string): ExpectedDays {
  const wayOut = "Say for example days('2020-01-01', '2020-12-31')."
  for (const [name, day] of [
    ['from', from],
    ['to', to],
  ]) {
    if (typeof day !== 'string' || !isDay(day)) {
      throw new TallymanError(
        'job-invalid',
        `days() "${name}" is ${showValue(day)}, which is no day in the form YYYY-MM-DD.`,
        { wayOut },
      )
    }
  }
  if (to < from) {
    throw new TallymanError('job-invalid', `days() ends "${to}", before it starts, "${from}".`, { wayOut })
  }
  const count = (Date.parse(to) - Date.parse(from)) / dayMs + 1
  if (count > daysMax) {
    throw new TallymanError(
      'job-invalid',
      `days() has ${showCount(count)} days, from "${from}" to "${to}"; it may have ${showCount(daysMax)}.`,
      { wayOut },
    )
  }
  return Object.freeze({ kind: 'days', from, to })
}

/** Is this a day of the Gregorian calendar, YYYY-MM-DD? */
export function isDay(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const [, year, month, day] = match
  return isCalendarDay(Number(year), Number(month), Number(day))
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const last = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return day <= last
}

/** YYYY-MM-DD, YYYYMMDD or YYYY_MM_DD, and YY-MM-DD; more digits before or after make it something else. */
const datePattern = /(?<!\d)(?:(\d{4})([-_]?)(\d{2})\2(\d{2})|(\d{2})-(\d{2})-(\d{2}))(?!\d)/g

/**
 * The day in a file's name: the first one that is a day of the calendar in the last part of the path, written YYYY-MM-DD,
 * YYYYMMDD, YYYY_MM_DD or YY-MM-DD. Two digits are a year as in POSIX: 69–99 in the 1900s, 00–68 in the 2000s; years of
 * four digits run from 1000 to 2999.
 *
 * @returns YYYY-MM-DD, or null where the name has no day
 *
 * @example
 * ```ts
 * import { dayOf } from 'tallyman'
 *
 * console.log(dayOf('Twitter dataset/geoTwitter20-03-01.zip')) // 2020-03-01
 * console.log(dayOf('tweets-20220406.zip')) // 2022-04-06
 * console.log(dayOf('2020-02-30.jsonl')) // null
 * ```
 */
export function dayOf(name: string): string | null {
  if (name !== lastDay.name) lastDay = { name, day: findDay(name) }
  return lastDay.day
}

/** A map asks for each record of a file. */
let lastDay: { readonly name: string; readonly day: string | null } = { name: '', day: null }

function findDay(name: string): string | null {
  const base = name.slice(name.lastIndexOf('/') + 1)
  for (const [, year, , month, day, shortYear, shortMonth, shortDay] of base.matchAll(datePattern)) {
    const found =
      shortYear === undefined
        ? `${year}-${month}-${day}`
        : `${centuryOf(shortYear)}${shortYear}-${shortMonth}-${shortDay}`
    if (isDay(found) && /^[12]/.test(found)) return found
  }
  return null
}

function centuryOf(shortYear: string): string {
  return Number(shortYear) >= 69 ? '19' : '20'
}
