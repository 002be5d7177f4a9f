/**
 * The right answer, counted while the model is written: from what each tweet was planned to hold, not from its text. In
 * the form of a result of tallyman, so that `cmp` compares them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TweetPlan } from './plan.ts'

type Key = readonly (string | null)[]

/** One table: key in JSON → tweets. */
export type Counts = Map<string, number>

/** The tables `lang`, `country` and `day`. */
export interface Tables {
  readonly lang: Counts
  readonly country: Counts
  readonly day: Counts
}

/** The answers for `text` cut at 140 characters, and for the whole text. */
export interface Answers {
  readonly short: Tables
  readonly full: Tables
}

export function emptyAnswers(): Answers {
  const tables = (): Tables => ({ lang: new Map(), country: new Map(), day: new Map() })
  return { short: tables(), full: tables() }
}

/** Counts one tweet. `allTags` are the tags that are looked for. */
export function countTweet(answers: Answers, plan: TweetPlan, day: string, allTags: readonly string[]): void {
  countIn(answers.short, plan.tags, plan, day, allTags)
  countIn(answers.full, [...plan.tags, ...plan.tagsOnlyInFull], plan, day, allTags)
}

function countIn(
  tables: Tables,
  written: readonly string[],
  { language, country }: TweetPlan,
  day: string,
  allTags: readonly string[],
): void {
  const found = allTags.filter((tag) => written.some((text) => text.includes(tag)))
  for (const tag of ['_all', ...found]) {
    add(tables.lang, [tag, language], 1)
    add(tables.country, [tag, country], 1)
    add(tables.day, [tag, day], 1)
  }
}

function add(counts: Counts, key: Key, by: number): void {
  const json = JSON.stringify(key)
  counts.set(json, (counts.get(json) ?? 0) + by)
}

/** Adds the counts of `right` to those of `left`. */
export function addAnswers(left: Answers, right: Answers): void {
  for (const text of ['short', 'full'] as const) {
    for (const table of ['lang', 'country', 'day'] as const) {
      for (const [key, count] of right[text][table]) {
        const counts = left[text][table]
        counts.set(key, (counts.get(key) ?? 0) + count)
      }
    }
  }
}

/** Writes `answer/` and `answer-full-text/` into the folder. */
export function writeAnswers(answers: Answers, outDir: string): void {
  for (const [name, tables] of [
    ['answer', answers.short],
    ['answer-full-text', answers.full],
  ] as const) {
    mkdirSync(join(outDir, name), { recursive: true })
    for (const table of ['lang', 'country', 'day'] as const) {
      writeFileSync(join(outDir, name, `${table}.jsonl`), rowsOf(tables[table]))
    }
  }
}

/** One `{"key":[…],"value":N}` a line, in key order. */
function rowsOf(counts: Counts): string {
  const rows = Array.from(counts, ([json, value]) => ({ key: JSON.parse(json) as Key, value }))
  rows.sort((left, right) => compareKeys(left.key, right.key))
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** null comes first, strings by code point: the order of their UTF-8. */
function compareKeys(left: Key, right: Key): number {
  for (const [at, value] of left.entries()) {
    const other = right[at] ?? null
    if (value === other) continue
    if (value === null) return -1
    if (other === null) return 1
    return Buffer.compare(Buffer.from(value), Buffer.from(other))
  }
  return 0
}
