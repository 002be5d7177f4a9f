/** What the model holds: for each day, its tweets with their language, country and tags. No text yet. */
import { Debts, Steps } from './apportion.ts'
import type { DayFacts, Facts } from './facts.ts'
import { homesOf } from './homes.ts'
import { Random } from './random.ts'
import { type Scales, TagBook } from './tag-book.ts'

export interface TweetPlan {
  readonly language: string
  readonly country: string | null
  /** Tags the text has. One that is part of another (`#corona` of `#coronavirus`) is not listed beside it. */
  readonly tags: readonly string[]
  /** Tags that only the whole text has. */
  readonly tagsOnlyInFull: readonly string[]
}

export interface DayPlan {
  readonly day: string
  /** The tweets of each hour, from 00 to 23. */
  readonly hours: readonly (readonly TweetPlan[])[]
}

export interface PlanOptions extends Scales {
  readonly seed: number
}

/** The tag scale asks for more tweets with tags than the scale has tweets. */
export class TagScaleError extends Error {
  override readonly name = 'TagScaleError'
}

/** Megabytes of each hour of 2020-01-01: how the tweets of a day are spread over it. */
const hourShape = [
  644, 632, 622, 628, 622, 615, 581, 528, 502, 476, 487, 511, 556, 598, 635, 651, 657, 656, 648, 643, 637,
  644, 636, 626,
]

/** Most tags one text has room for. */
const tagsPerTweetMax = 4

/** A tweet while it is being planned: languages and countries by their place in the facts. */
interface Draft {
  language: number
  country: number
  readonly tags: TagBook[]
  readonly tagsOnlyInFull: TagBook[]
}

/** Plans the days of 2020 one after the other: each day owes the next what rounding kept back. */
export class Planner {
  readonly #facts: Facts
  readonly #options: PlanOptions
  readonly #volume = new Steps()
  readonly #hours = new Debts(hourShape.length)
  readonly #languages: Debts
  readonly #countries: Debts
  /** For each language, which countries are its homes. */
  readonly #isHome: readonly (readonly boolean[])[]
  /** The same as the places of these countries in the facts. */
  readonly #homes: readonly (readonly number[])[]
  /** All tags, a tag that contains another beside it. */
  readonly tags: readonly TagBook[]
  #next = 0

  constructor(facts: Facts, options: PlanOptions) {
    this.#facts = facts
    this.#options = options
    this.#languages = new Debts(facts.languages.length)
    this.#countries = new Debts(facts.countries.length)
    this.tags = facts.tags.toSorted().map((tag) => new TagBook(facts, tag, options))
    this.#isHome = facts.languages.map((language) => {
      const homes = homesOf(language)
      return facts.countries.map((country) => country !== null && homes.includes(country))
    })
    this.#homes = this.#isHome.map((isHome) => [...isHome.keys()].filter((country) => isHome[country]))
  }

  /** Plans the next day; null after the last. */
  nextDay(): DayPlan | null {
    const at = this.#next++
    const facts = this.#facts.days[at]
    if (facts === undefined) return null
    const random = new Random(this.#options.seed, 'plan', facts.day)
    const drafts = this.#draftDay(facts, at, random)
    return { day: facts.day, hours: this.#spread(drafts.map((draft) => this.#finish(draft))) }
  }

  #draftDay(facts: DayFacts, at: number, random: Random): Draft[] {
    const { scale } = this.#options
    const tweets = this.#volume.next(facts.tweets / scale)
    this.#languages.owe(facts.languages, scale)
    this.#countries.owe(facts.countries, scale)
    const counts = this.tags.map((tag) => ({ tag, ...tag.nextDay(at) }))
    const drafts = this.#draftTagged(facts.day, counts, tweets)
    drafts.push(...this.#draftUntagged(tweets - drafts.length, random))
    random.shuffle(drafts)
    for (const { tag, onlyInFull } of counts) {
      for (let count = 0; count < onlyInFull; count++) addOnlyInFull(drafts, tag, random)
    }
    return drafts
  }

  /** Deals each tag to as many different tweets as it has, going round the tweets, then finds their language and country. */
  #draftTagged(day: string, counts: readonly { tag: TagBook; short: number }[], tweetsMax: number): Draft[] {
    const size = taggedTweets(day, counts, tweetsMax)
    const drafts = Array.from(
      { length: size },
      (): Draft => ({ language: 0, country: 0, tags: [], tagsOnlyInFull: [] }),
    )
    let turn = 0
    for (const { tag, short } of counts) {
      for (let count = 0; count < short; count++) drafts[turn++ % size]?.tags.push(tag)
    }
    for (const draft of drafts) this.#fillTagged(draft)
    return drafts
  }

  /** The rarest tag says which language and country the tweet is of; the others are owed theirs the more. */
  #fillTagged(draft: Draft): void {
    for (const tag of draft.tags) tag.expectOne()
    const rarest = draft.tags.reduce((left, right) => (right.year < left.year ? right : left))
    draft.language = rarest.languageDue()
    draft.country = rarest.countryDue(this.#isHome[draft.language] ?? [])
    for (const tag of draft.tags) tag.give(draft.language, draft.country)
    this.#languages.pay(draft.language)
    this.#countries.pay(draft.country)
  }

  /** Tweets without a tag: the day's languages and countries that are left, four in five at home where there is room. */
  #draftUntagged(tweets: number, random: Random): Draft[] {
    const languages = this.#languages.settle(tweets)
    const countries = this.#countries.settle(tweets)
    const drafts: Draft[] = []
    const away: number[] = []
    // Small languages first: English is at home in so many countries that it would leave none to others.
    const bySize = languages
      .map((count, language) => ({ count, language }))
      .sort((left, right) => left.count - right.count)
    for (const { count, language } of bySize) {
      const homes = spell(countries, this.#homes[language] ?? [])
      const atHome = random.shuffle(homes).slice(0, Math.round(count * 0.8))
      for (const country of atHome) {
        countries[country]! -= 1
        drafts.push({ language, country, tags: [], tagsOnlyInFull: [] })
      }
      for (let rest = atHome.length; rest < count; rest++) away.push(language)
    }
    const left = random.shuffle(spell(countries, countries.keys()))
    for (const [at, language] of away.entries()) {
      drafts.push({ language, country: left[at] ?? 0, tags: [], tagsOnlyInFull: [] })
    }
    return drafts
  }

  #finish({ language, country, tags, tagsOnlyInFull }: Draft): TweetPlan {
    return {
      language: this.#facts.languages[language] ?? 'und',
      country: this.#facts.countries[country] ?? null,
      tags: tags.map(({ tag }) => tag),
      tagsOnlyInFull: tagsOnlyInFull.map(({ tag }) => tag),
    }
  }

  #spread(tweets: readonly TweetPlan[]): TweetPlan[][] {
    const bytes = hourShape.reduce((sum, hour) => sum + hour, 0)
    this.#hours.owe(hourShape, bytes / tweets.length)
    let start = 0
    return this.#hours.settle(tweets.length).map((count) => {
      start += count
      return tweets.slice(start - count, start)
    })
  }
}

/** How many tweets of a day share its tags: eight for ten tags, more or less where there are too few tweets. */
function taggedTweets(
  day: string,
  counts: readonly { tag: TagBook; short: number }[],
  tweetsMax: number,
): number {
  const tags = counts.reduce((sum, { short }) => sum + short, 0)
  // A tweet has a tag once, and not the tag that is part of it besides; the two are neighbours in `counts`.
  const most = Math.max(0, ...counts.map(({ short }, at) => short + (counts[at + 1]?.short ?? 0)))
  const least = Math.max(most, Math.ceil(tags / tagsPerTweetMax))
  if (least > tweetsMax) {
    throw new TagScaleError(
      `The model has ${tweetsMax} tweets on ${day}, too few for its ${tags} tags: say a larger --tag-scale or a smaller --scale.`,
    )
  }
  return Math.min(tweetsMax, Math.max(least, Math.round(tags * 0.8)))
}

/** Puts a tag into the whole text of a tweet that does not have it. Where there is none, the tag is left out. */
function addOnlyInFull(drafts: readonly Draft[], tag: TagBook, random: Random): void {
  // A text that ends in the middle of a tag is a case of its own: `#corona…` whose whole text says `#coronavirus`.
  const cut = drafts.filter(
    ({ tags, tagsOnlyInFull }) => tagsOnlyInFull.length === 0 && isCutOf(tags, tag.tag),
  )
  const candidates = cut.length > 0 && random.chance(0.2) ? cut : drafts
  for (let tries = 0; tries < 20 && candidates.length > 0; tries++) {
    const draft = random.pick(candidates)
    const present = [...draft.tags, ...draft.tagsOnlyInFull]
    const isFull = draft.tagsOnlyInFull.length === tagsPerTweetMax
    if (isFull || present.some((other) => other.tag.includes(tag.tag))) continue
    draft.tagsOnlyInFull.push(tag)
    return
  }
}

function isCutOf(tags: readonly TagBook[], longer: string): boolean {
  const [only] = tags
  return tags.length === 1 && only !== undefined && longer !== only.tag && longer.startsWith(only.tag)
}

/** Counts at these places written out: [2, 0, 1] at all three is 0, 0, 2. */
function spell(counts: readonly number[], places: Iterable<number>): number[] {
  const written: number[] = []
  for (const at of places) for (let left = counts[at] ?? 0; left > 0; left--) written.push(at)
  return written
}
