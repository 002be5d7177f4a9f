/** One worker's share of the model: every so many days. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answers, countTweet, emptyAnswers } from './answer.ts'
import { archiveName, writeArchive } from './archive.ts'
import { strikesOf } from './defects.ts'
import { readFacts } from './facts.ts'
import type { ModelOptions } from './options.ts'
import { Planner } from './plan.ts'

export interface ShareOrder {
  readonly options: ModelOptions
  /** Where the tables of facts are, and where archives go. */
  readonly factsDir: string
  readonly datasetDir: string
  /** Which share this is, from 0, of how many. */
  readonly share: number
  readonly shares: number
}

export interface ShareReport {
  readonly answers: Answers
  readonly archives: number
  readonly zipBytes: number
  readonly jsonBytes: number
  readonly tweets: number
  readonly notTweets: number
}

/** What a thread answers: its report, or why the model cannot be made as asked. */
export type ShareOutcome = ShareReport | { readonly problem: string }

/** Tweets of the year for each user: about what a public stream of geotagged tweets has. */
const tweetsPerUser = 20

/** Plans the year up to the model's last day, as every worker does, so that none waits for another, and writes its own days. */
export function writeShare({ options, factsDir, datasetDir, share, shares }: ShareOrder): ShareReport {
  const facts = readFacts(factsDir)
  const planner = new Planner(facts, options)
  const days = daysOf(
    facts.days.map(({ day }) => day),
    options,
  )
  const strikes = strikesOf(options.defects, days)
  const users = Math.ceil(
    facts.days.reduce((sum, { tweets }) => sum + tweets, 0) / options.scale / tweetsPerUser,
  )
  const answers = emptyAnswers()
  const totals = { archives: 0, zipBytes: 0, jsonBytes: 0, tweets: 0, notTweets: 0 }
  for (let left = facts.days.findIndex(({ day }) => day === days.at(-1)); left >= 0; left--) {
    const plan = planner.nextDay()
    if (plan === null) break
    const { day } = plan
    const at = days.indexOf(day)
    if (at === -1 || at % shares !== share) continue
    const archive = writeArchive(plan, {
      seed: options.seed,
      users,
      defects: strikes.filter((strike) => strike.day === day).map(({ defect }) => defect),
      onTweet: (tweet) => countTweet(answers, tweet, day, facts.tags),
    })
    totals.jsonBytes += archive.jsonBytes
    totals.tweets += archive.tweets
    totals.notTweets += archive.notTweets
    if (archive.bytes === null) continue
    writeFileSync(join(datasetDir, `${archiveName(day)}.zip`), archive.bytes)
    totals.archives += 1
    totals.zipBytes += archive.bytes.length
  }
  return { answers, ...totals }
}

/** The days of the model, of all days of the year. */
export function daysOf(
  all: readonly string[],
  { from, days }: Pick<ModelOptions, 'from' | 'days'>,
): string[] {
  const first = all.indexOf(from)
  return all.slice(first, first + days)
}
