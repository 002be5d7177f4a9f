import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../requires.ts'
import { timeoutMs } from './cases.ts'
import { contentOf, corpus, groupsOf, jsonLinesOf, linesOf, reduceGroups, total } from './plain-files.ts'
import { dataDir, expectStatus, manifestOf, type Outcome, projectDir, rowsOf, Scratch } from './scratch.ts'

const hasCorpora = requires('../shared/data/corpora', existsSync(join(dataDir, 'corpora')))

/** A table by the JSON of its keys. */
function tableOf(outcome: Outcome, table = 'result'): Record<string, unknown> {
  return Object.fromEntries(rowsOf(outcome, table).map(({ key, value }) => [JSON.stringify(key), value]))
}

function digestOf({ stdout }: Outcome): string | undefined {
  return /^digest (sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1]
}

describe.skipIf(!hasCorpora)(
  'tallyman run over real corpora, beside plain Node',
  { timeout: timeoutMs },
  () => {
    let scratch: Scratch
    beforeAll(() => {
      scratch = new Scratch()
    })
    afterAll(() => scratch.remove())

    it('babynames: births, names and the most given, of every year', async () => {
      const files = corpus('babynames', /^yob/)
      const outcome = await scratch.run('names', [join(dataDir, 'corpora/babynames')])
      const babies = files.flatMap((file) => {
        const year = Number(basename(file).slice(3, 7))
        return linesOf(contentOf(file)).map((line) => {
          const [name = '', sex = '', births] = line?.split(',') ?? []
          return { key: [year, sex], name, sex, births: Number(births) }
        })
      })
      expect(manifestOf(outcome).records).toBe(babies.length)
      const byYear = groupsOf(babies.map(({ key, name, births }) => [key, { name, births }]))
      expect(tableOf(outcome, 'births')).toEqual(
        reduceGroups(byYear, (group) => total(group.map(({ births }) => births))),
      )
      expect(tableOf(outcome, 'names')).toEqual(
        reduceGroups(groupsOf(babies.map(({ sex, name }) => [sex, name])), (names) => new Set(names).size),
      )
      const most = Object.entries(tableOf(outcome, 'most')) as [string, { births: number }[]][]
      expect(most.map(([key, top]) => [key, top.map(({ births }) => births)])).toEqual(
        [...byYear].map(([key, group]) => [
          key,
          group
            .map(({ births }) => births)
            .sort((left, right) => right - left)
            .slice(0, 3),
        ]),
      )
    })

    it('bitly_usagov: clicks by country, whatever the splits', async () => {
      interface Click {
        readonly c?: string
        readonly t?: number
        readonly g?: string
        readonly ll?: readonly [number, number]
      }
      const [file = ''] = corpus('bitly_usagov', /example\.txt/)
      const records = jsonLinesOf(file) as Click[]
      const byCountry = groupsOf(records.map((click) => [click.c ?? null, click]))
      const clicks = (group: Click[]) =>
        group.filter((click): click is Click & { t: number; g: string } => click.t !== undefined)
      const outcomes = await Promise.all([
        scratch.run('clicks', [file]),
        scratch.run('clicks', [file], ['--split', '100K', '--workers', '1', '--isolation', 'thread']),
      ])
      for (const outcome of outcomes) {
        expect(tableOf(outcome, 'clicks')).toEqual(reduceGroups(byCountry, (group) => group.length))
        const real = new Map([...byCountry].filter(([, group]) => clicks(group).length > 0))
        expect(tableOf(outcome, 'times')).toEqual(
          reduceGroups(real, (group) => {
            const times = clicks(group).map(({ t }) => t)
            return { earliest: Math.min(...times), latest: Math.max(...times) }
          }),
        )
        expect(tableOf(outcome, 'links')).toEqual(
          reduceGroups(real, (group) => ({ first: clicks(group)[0]?.g, last: clicks(group).at(-1)?.g })),
        )
        expect(manifestOf(outcome).counters).toEqual({
          'no click': records.filter(({ t }) => t === undefined).length,
        })
        const latitudes = tableOf(outcome, 'latitude') as Record<string, number>
        for (const [country, group] of byCountry) {
          const found = clicks(group).flatMap(({ ll }) => (ll === undefined ? [] : [ll[0]]))
          if (found.length === 0) expect(latitudes).not.toHaveProperty([country])
          else expect(latitudes[country]).toBeCloseTo(total(found) / found.length, 9)
        }
      }
      expect(digestOf(outcomes[0])).toBe(digestOf(outcomes[1]))
    })

    it('loghub: levels by hour of a log of Apache, with the job in examples/logs', async () => {
      const [file = ''] = corpus('loghub', /^Apache/)
      const outcome = await scratch.runFile(join(projectDir, 'examples/logs/logs.job.ts'), [file])
      const levels = linesOf(contentOf(file)).flatMap((line) => {
        const found = /^\[\w+ (\w+ \d+ \d+):\d+:\d+ (\d+)\] \[(\w+)\]/.exec(line ?? '')
        if (found === null) return []
        const [, hour = '', year, level] = found
        const at = new Date(`${hour.replace(/ (\d+)$/, ` ${year} $1`)}:00 UTC`).toISOString().slice(0, 13)
        return [[[at, level], 1] as const]
      })
      expect(levels).toHaveLength(linesOf(contentOf(file)).length)
      expect(tableOf(outcome, 'level')).toEqual(reduceGroups(groupsOf(levels), total))
      expect(manifestOf(outcome).counters).toEqual({})
    })

    it('simdjson: ratings of phones by brand, to the same bytes whatever the splits', async () => {
      const [file = ''] = corpus('simdjson', /\.ndjson$/)
      const outcomes = await Promise.all([
        scratch.run('phones', [file]),
        scratch.run('phones', [file], ['--split', '3K']),
      ])
      const [, ...phones] = jsonLinesOf(file) as [
        string,
        string,
        string,
        string,
        string,
        number,
        string,
        number,
      ][]
      const byBrand = groupsOf(phones.map((phone) => [phone[1], phone]))
      expect(tableOf(outcomes[0], 'brands')).toEqual(reduceGroups(byBrand, (group) => group.length))
      const rated = tableOf(outcomes[0], 'rated') as Record<string, Record<string, number>>
      expect(Object.keys(rated).sort()).toEqual([...byBrand.keys()].sort())
      for (const [brand, group] of byBrand) {
        const ratings = group.map((phone) => phone[5])
        const mean = total(ratings) / ratings.length
        const spread = total(ratings.map((rating) => (rating - mean) ** 2)) / ratings.length
        expect(rated[brand]?.reviews).toBe(total(group.map((phone) => phone[7])))
        expect(rated[brand]?.mean).toBeCloseTo(mean, 12)
        expect(rated[brand]?.variance).toBeCloseTo(spread, 12)
      }
      expect(digestOf(outcomes[0])).toBe(digestOf(outcomes[1]))
    })

    it('lines of every text there is, plain and gzipped, with those that are not UTF-8 named', async () => {
      const files = [
        ...corpus('babynames', /19[45]\d/),
        ...corpus('bitly_usagov', /example/),
        ...corpus('loghub', /\.log$/),
        ...corpus('sherlock', /\.(gz|txt)$/),
        ...corpus('simdjson', /ndjson$/),
        ...corpus('twitter-text', /./),
        ...corpus('warcio/test/data', /arc/),
      ]
      const expected = new Map(files.map((file) => [file, linesOf(contentOf(file))]))
      const bad = [...expected.values()].flat().filter((line) => line === null).length
      expect(bad).toBeGreaterThan(0)
      expectStatus(await scratch.run('file-lines', files, ['--max-bad', String(bad - 1)]), 3)
      const how = ['--max-bad', String(bad), '--split', '50K', '--workers', '2']
      const outcome = await scratch.run('file-lines', files, how)
      const { inputs, rejected } = manifestOf(outcome)
      expect(rejected).toBe(bad)
      expect(inputs.map((input) => [input.path, input.records, input.rejected]).sort()).toEqual(
        [...expected]
          .map(([file, lines]) => {
            const refused = lines.filter((line) => line === null).length
            return [file, lines.length - refused, refused]
          })
          .sort(),
      )
      const good = new Map(
        [...expected].map(([file, lines]) => [JSON.stringify(file), lines.flatMap((line) => line ?? [])]),
      )
      expect(tableOf(outcome, 'files')).toEqual(
        reduceGroups(good, (lines) => {
          const lengths = lines.map((line) => line.length)
          return { lines: lines.length, characters: total(lengths), longest: Math.max(...lengths) }
        }),
      )
      expect(tableOf(outcome, 'different')).toEqual(reduceGroups(good, (lines) => new Set(lines).size))
    })

    it('warcio: bytes of every file, of gzip files with a member a record too', async () => {
      const files = corpus('warcio/test/data', /arc/)
      const outcome = await scratch.run('file-bytes', [join(dataDir, 'corpora/warcio/test/data')])
      expect(tableOf(outcome)).toEqual(
        Object.fromEntries(
          files.map((file) => {
            const content = contentOf(file)
            const sha256 = createHash('sha256').update(content).digest('hex')
            return [JSON.stringify(file), [[content.length, sha256]]]
          }),
        ),
      )
    })
  },
)
