import { Debts, Steps } from './apportion.ts'
import type { Facts } from './facts.ts'

/** A tag that fewer tweets would have than this in the year is scaled by less than the others, to have this many … */
const tagTweetsLeast = 20

/** … as far as its scale stays within this much of the volume's: else a rare tag's busiest day has too few tweets. */
const scaleRatioMax = 10_000

export interface Scales {
  /** One tweet of the model stands for this many. */
  readonly scale: number
  /** One tweet with a tag stands for this many, or fewer for rare tags. */
  readonly tagScale: number
}

/** Whole texts have this much more of a tag than texts cut at 140 characters, as measured for #coronavirus in English. */
const moreInFullText = 0.78

/** One tag: how many tweets get it each day, and which languages and countries are due to get it next. */
export class TagBook {
  readonly tag: string
  /** One tweet of the model stands for this many. */
  readonly scale: number
  /** Tweets of the year with this tag. */
  readonly year: number
  readonly #perDay: readonly number[]
  readonly #short = new Steps()
  readonly #onlyInFull = new Steps()
  readonly #languages: Owing
  readonly #countries: Owing

  constructor(facts: Facts, tag: string, scales: Scales) {
    this.tag = tag
    this.#perDay = facts.days.map(({ tags }) => withoutLonger(facts.tags, tags, tag))
    this.year = total(this.#perDay)
    this.scale = tagScaleOf(this.year, scales)
    this.#languages = owing(facts.tags, facts.tagLanguages, tag)
    this.#countries = owing(facts.tags, facts.tagCountries, tag)
  }

  /** How many tweets of the next day have the tag in their text, and how many more only in their whole text. */
  nextDay(day: number): { short: number; onlyInFull: number } {
    const tweets = (this.#perDay[day] ?? 0) / this.scale
    return { short: this.#short.next(tweets), onlyInFull: this.#onlyInFull.next(tweets * moreInFullText) }
  }

  /** One more tweet with the tag is to come: its language and country are owed. */
  expectOne(): void {
    for (const { debts, perTweet } of [this.#languages, this.#countries]) debts.owe(perTweet, 1)
  }

  /** The language that is owed the tag most, by its place in the facts. */
  languageDue(): number {
    return this.#languages.debts.largest()
  }

  /** The country that is owed the tag most, by its place in the facts; homes of the tweet's language come first. */
  countryDue(isHome: readonly boolean[]): number {
    return this.#countries.debts.largest((at) => (isHome[at] ? 1 : 0))
  }

  /** The tweet is planned. */
  give(language: number, country: number): void {
    this.#languages.debts.pay(language)
    this.#countries.debts.pay(country)
  }
}

interface Owing {
  readonly debts: Debts
  /** What each language or country is owed of one tweet. */
  readonly perTweet: readonly number[]
}

function owing(tags: readonly string[], counts: readonly (readonly number[])[], tag: string): Owing {
  const names = (counts[0] ?? []).map((_, name) => {
    const byTag = counts.map((of) => of[name] ?? 0)
    return withoutLonger(tags, byTag, tag)
  })
  const all = Math.max(1, total(names))
  return { debts: new Debts(names.length), perTweet: names.map((count) => count / all) }
}

/**
 * Tweets with the tag but with no longer tag that contains it: every text with `#coronavirus` has `#corona` too, so
 * planning both would count it twice.
 */
function withoutLonger(tags: readonly string[], counts: readonly number[], tag: string): number {
  return tags.reduce(
    (rest, other, at) => (other !== tag && other.includes(tag) ? rest - (counts[at] ?? 0) : rest),
    counts[tags.indexOf(tag)] ?? 0,
  )
}

function tagScaleOf(tweetsInYear: number, { scale, tagScale }: Scales): number {
  return Math.max(1, scale / scaleRatioMax, Math.min(tagScale, tweetsInYear / tagTweetsLeast))
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
