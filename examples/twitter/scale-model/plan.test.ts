import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type DayFacts, readFacts } from './facts.ts'
import { Planner, TagScaleError, type TweetPlan } from './plan.ts'

const facts = readFacts(fileURLToPath(new URL('../facts/', import.meta.url)))
const options = { scale: 20_000, tagScale: 1000, seed: 1 }

function planYear(planOptions = options): { day: string; tweets: TweetPlan[] }[] {
  const planner = new Planner(facts, planOptions)
  return facts.days.map(() => {
    const plan = planner.nextDay()
    return { day: plan?.day ?? '', tweets: plan?.hours.flat() ?? [] }
  })
}

function total(of: (day: DayFacts) => number | undefined): number {
  return facts.days.reduce((sum, day) => sum + (of(day) ?? 0), 0)
}

function countBy<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

describe('readFacts', () => {
  it('holds the year that six solutions agree on', () => {
    expect(facts.days).toHaveLength(366)
    expect(total(({ tweets }) => tweets)).toBe(1_304_111_268)
    expect(facts.days[0]).toMatchObject({ day: '2020-01-01', tweets: 3_930_907 })
    expect(total(({ tags }) => tags[facts.tags.indexOf('#coronavirus')])).toBe(842_641)
    expect(total(({ countries }) => countries[facts.countries.indexOf(null)])).toBe(754_568)
    expect(total(({ countries }) => countries[facts.countries.indexOf('')])).toBe(1_523_686)
  })

  it('has for each day as many languages and countries as tweets', () => {
    for (const { day, tweets, languages, countries } of facts.days) {
      const sum = (counts: readonly number[]): number => counts.reduce((left, right) => left + right, 0)
      expect({ day, languages: sum(languages), countries: sum(countries) }).toEqual({
        day,
        languages: tweets,
        countries: tweets,
      })
    }
  })
})

describe('Planner', () => {
  const year = planYear()
  const tweets = year.flatMap((day) => day.tweets)

  it('keeps the volume of each day and of the year to one tweet', () => {
    expect(tweets).toHaveLength(Math.round(1_304_111_268 / options.scale))
    for (const [at, { tweets: planned }] of year.entries()) {
      expect(Math.abs(planned.length - (facts.days[at]?.tweets ?? 0) / options.scale)).toBeLessThanOrEqual(1)
    }
  })

  it('keeps every language and country of the year to one tweet', () => {
    const languages = countBy(tweets.map(({ language }) => language))
    for (const [at, language] of facts.languages.entries()) {
      const share = total((day) => day.languages[at]) / options.scale
      expect(Math.abs((languages.get(language) ?? 0) - share), language).toBeLessThanOrEqual(1)
    }
    const countries = countBy(tweets.map(({ country }) => country))
    for (const [at, country] of facts.countries.entries()) {
      const share = total((day) => day.countries[at]) / options.scale
      expect(Math.abs((countries.get(country) ?? 0) - share), String(country)).toBeLessThanOrEqual(1)
    }
  })

  it('gives each tag its tweets of the year, and rare ones about twenty', () => {
    const count = (tag: string): number =>
      tweets.filter(({ tags }) => tags.some((text) => text.includes(tag))).length
    expect(count('#coronavirus')).toBe(843)
    expect(count('#corona')).toBe(1150)
    expect(count('#covid19')).toBe(1072)
    expect(count('#코로나바이러스')).toBe(20)
    expect(count('#covid-2019')).toBe(12)
  })

  it('gives tags to the languages that wrote them', () => {
    const korean = tweets.filter(({ tags }) => tags.includes('#코로나바이러스'))
    expect(korean.filter(({ language }) => language === 'ko').length).toBeGreaterThanOrEqual(17)
  })

  it('never lists a tag beside one that contains it', () => {
    expect(tweets.filter(({ tags }) => tags.includes('#corona') && tags.includes('#coronavirus'))).toEqual([])
  })

  it('plans the same year for a seed, and another order of it for another', () => {
    expect(isDeepStrictEqual(planYear(), year)).toBe(true)
    const other = planYear({ ...options, seed: 2 })
    expect(other).not.toEqual(year)
    expect(other.map((day) => day.tweets.length)).toEqual(year.map((day) => day.tweets.length))
  })

  it('refuses a tag scale that asks for more tags than there are tweets', () => {
    expect(() => planYear({ ...options, tagScale: 10 })).toThrow(TagScaleError)
  })
})
