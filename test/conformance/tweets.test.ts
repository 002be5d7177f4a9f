import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../requires.ts'
import { timeoutMs } from './cases.ts'
import { dataDir, expectStatus, manifestOf, type Outcome, projectDir, rowsOf, Scratch } from './scratch.ts'

const tweets = join(dataDir, 'tweets')
const emptyArchive = 'geoTwitter21-01-01.empty-dir.zip'
const hashtagsJob = join(projectDir, 'examples/twitter/hashtags.job.ts')

type Counts = Record<string, Record<string, number>>

/** What EXPECTED.json says of an archive, as far as it is used here. */
interface Expected {
  readonly 'course.fixed_all': { readonly lang: Counts; readonly country: Counts }
  readonly 'course.fixed_all_fulltext': { readonly lang: Counts; readonly country: Counts }
  readonly tweets: number
}

/** Rows of a table as text, so that order does not matter and a doubled key shows. */
type Rows = readonly string[]

function expectedOf(folder: string): [archive: string, expected: Expected][] {
  const all: Record<string, Expected> = JSON.parse(readFileSync(join(tweets, 'EXPECTED.json'), 'utf8'))
  return Object.entries(all).filter(([archive]) => archive.startsWith(`${folder}/`))
}

/** What the tables must hold: the archives' counts added up; in countries, "null" is written for a place that is null. */
function expectedTables(folder: string, way: 'course.fixed_all' | 'course.fixed_all_fulltext') {
  const [lang, country, day] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ]
  for (const [archive, expected] of expectedOf(folder)) {
    const { lang: langs, country: countries } = expected[way]
    for (const [tag, what, count] of entriesOf(langs)) {
      add(lang, [tag, what], count)
      add(day, [tag, archive.replace(/^.*geoTwitter(\d\d-\d\d-\d\d)\.zip$/, '20$1')], count)
    }
    for (const [tag, what, count] of entriesOf(countries))
      add(country, [tag, what === 'null' ? null : what], count)
  }
  return { lang: textOf(lang), country: textOf(country), day: textOf(day) }
}

function* entriesOf(counts: Counts): Generator<[tag: string, what: string, count: number]> {
  for (const [tag, table] of Object.entries(counts))
    for (const [what, count] of Object.entries(table)) yield [tag, what, count]
}

function add(totals: Map<string, number>, key: readonly unknown[], count: number): void {
  const name = JSON.stringify(key)
  totals.set(name, (totals.get(name) ?? 0) + count)
}

function textOf(totals: ReadonlyMap<string, number>): Rows {
  return [...totals].map(([key, count]) => `${key} ${count}`).sort()
}

function tablesOf(outcome: Outcome): Record<string, Rows> {
  return Object.fromEntries(
    ['lang', 'country', 'day'].map((table) => [
      table,
      rowsOf(outcome, table)
        .map(({ key, value }) => `${JSON.stringify(key)} ${value}`)
        .sort(),
    ]),
  )
}

const hasTweets = requires('../shared/data/tweets', existsSync(join(tweets, 'EXPECTED.json')))

describe.skipIf(!hasTweets)(
  'tallyman run examples/twitter/hashtags.job.ts over real tweets',
  { timeout: timeoutMs },
  () => {
    const scratch = new Scratch()
    afterAll(() => scratch.remove())

    it.each(['all', 'geo-only'])(
      'gives the numbers of a plain count, of cut texts and whole ones: %s',
      async (folder) => {
        const cut = await scratch.runFile(hashtagsJob, [join(tweets, folder)], ['--workers', '2'])
        expect(tablesOf(cut)).toEqual(expectedTables(folder, 'course.fixed_all'))
        const total = expectedOf(folder).reduce((sum, [, expected]) => sum + expected.tweets, 0)
        expect(manifestOf(cut)).toMatchObject({
          records: total,
          rejected: 0,
          completeness: { complete: true },
        })
        const whole = await scratch.runFile(hashtagsJob, [join(tweets, folder)], ['--param', 'text=full'])
        expect(tablesOf(whole)).toEqual(expectedTables(folder, 'course.fixed_all_fulltext'))
      },
    )

    describe('with an empty archive among them', () => {
      const folder = scratch.path('with-empty')
      beforeAll(() => {
        for (const name of readdirSync(join(tweets, 'all')))
          scratch.link('with-empty', join(tweets, 'all', name))
        scratch.link('with-empty', join(tweets, emptyArchive))
      })

      it('names the archive, commits nothing, and ends with exit code 3', async () => {
        const outcome = expectStatus(await scratch.runFile(hashtagsJob, [folder]), 3)
        expect(outcome.stderr).toMatch(/geoTwitter21-01-01\.empty-dir\.zip: .* archive without a record/)
        expect(existsSync(outcome.directory)).toBe(false)
        expect(outcome.stdout).toBe('')
      })

      it('counts the others when it is accepted, and says so in the manifest', async () => {
        const outcome = await scratch.runFile(hashtagsJob, [folder], ['--accept', emptyArchive])
        expect(tablesOf(outcome)).toEqual(expectedTables('all', 'course.fixed_all'))
        expect(manifestOf(outcome).completeness).toMatchObject({
          complete: false,
          accepted: [{ message: expect.stringContaining(emptyArchive) }],
        })
        expect(outcome.stderr).toMatch(/Incomplete, as accepted/)
      })
    })
  },
)
