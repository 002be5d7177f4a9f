import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect } from 'vitest'
import { requires } from '../requires.ts'
import { playCases } from './cases.ts'
import { dataDir, expectStatus, manifestOf, type Outcome, rowsOf, SharedRuns } from './scratch.ts'

const perDay = join(dataDir, 'course-2020/per-day')
const hasCourse = requires('../shared/data/course-2020', existsSync(perDay))
const year = ['--expect', '2020-01-01..2020-12-31']
/** As published, `_all` is counted once for each of 17 hashtags. */
const allTooBig = 17

/** As the homework's files have it: tag → language or country → tweets. */
type Counts = Record<string, Record<string, number>>

const shared = new SharedRuns()
afterAll(() => shared.remove())

/** The year once for all cases that look at it. */
function runYear(kind: 'lang' | 'country'): Promise<Outcome> {
  return shared.of(kind, (scratch) => scratch.run('day-counts', [join(perDay, `*.${kind}`)], year))
}

function totalsOf(outcome: Outcome): Counts {
  const counts: Counts = {}
  for (const { key, value } of rowsOf(outcome, 'totals')) {
    const [tag, what] = key as [string, string]
    counts[tag] ??= {}
    counts[tag][what] = value as number
  }
  return counts
}

/** Days of a tag in the order of the calendar. */
function daysOf(outcome: Outcome, tag: string): [day: string, count: number][] {
  const rows = rowsOf(outcome, 'days').map(({ key, value }) => ({ key: key as [string, string], value }))
  return rows.filter(({ key }) => key[0] === tag).map(({ key, value }) => [key[1], value as number])
}

function summaryOf(days: readonly [day: string, count: number][]) {
  return {
    'first nonzero': days.find(([, count]) => count > 0)?.[0],
    'zero days': days.filter(([, count]) => count === 0).length,
    peak: days.reduce((peak, day) => (day[1] > peak[1] ? day : peak)),
  }
}

describe.skipIf(!hasCourse)('the homework of a year', () => {
  playCases('year', {
    'C71-course-year': async ({ expected }) => {
      const facts = expected as Record<string, number>
      for (const kind of ['lang', 'country'] as const) {
        const totals = totalsOf(await runYear(kind))
        const all = Object.entries(totals._all ?? {}).map(([what, count]) => [what, count / allTooBig])
        totals._all = Object.fromEntries(all)
        const published = join(dataDir, `course-2020/reduced_2020.${kind}.json`)
        expect(totals).toEqual(JSON.parse(readFileSync(published, 'utf8')))
        for (const tag of ['_all', '#coronavirus', '#코로나바이러스']) {
          const total = Object.values(totals[tag] ?? {}).reduce((sum, count) => sum + count, 0)
          expect([tag, total]).toEqual([tag, facts[tag]])
        }
      }
    },

    'C72-course-missing-day': async ({ expected }, scratch) => {
      const { must, 'if forced, _all en x17': forced } = expected as Record<string, unknown>
      expect(must).toBe('refuse or warn: 1 expected input missing')
      for (const name of readdirSync(perDay))
        if (name.endsWith('.lang') && !name.includes('20-02-20')) scratch.link('365', join(perDay, name))
      const input = scratch.path('365')
      const refused = expectStatus(await scratch.run('day-counts', [input], year), 3)
      expect(refused.stderr).toMatch(/2020-02-20: no file holds this day/)
      expect(existsSync(refused.directory)).toBe(false)
      const accepted = await scratch.run('day-counts', [input], [...year, '--accept', '2020-02-20'])
      expect(totalsOf(accepted)._all?.en).toBe(forced)
      expect(manifestOf(accepted).completeness).toMatchObject({
        complete: false,
        accepted: [{ message: expect.stringContaining('2020-02-20') }],
      })
    },

    'C73-course-sparse-series': async ({ expected }) => {
      const outcome = await runYear('lang')
      for (const [tag, summary] of Object.entries(expected as Record<string, object>)) {
        const days = daysOf(outcome, tag)
        expect(days).toHaveLength(366)
        expect(summaryOf(days)).toMatchObject(summary)
      }
    },
  })
})
