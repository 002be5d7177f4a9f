import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect } from 'vitest'
import { requires } from '../requires.ts'
import { playCases } from './cases.ts'
import { dataDir, expectStatus, manifestOf, objectOf, rowsOf } from './scratch.ts'

const hasFiles = requires(
  '../shared/data/tweets and ../shared/data/corpora',
  existsSync(join(dataDir, 'tweets')) && existsSync(join(dataDir, 'corpora')),
)

type Counts = Record<string, Record<string, number>>
/** What EXPECTED.json says: archive → tags and how they were counted → table → tag → what → tweets. */
type Archives = Record<string, Record<string, Record<'lang' | 'country', Counts>>>

/** The ways tweets were counted: as the job's tables and as EXPECTED.json names them. */
const ways = [
  ['written', 'as_written'],
  ['fixed', 'fixed_all'],
  ['fulltext', 'fixed_all_fulltext'],
] as const

// biome-ignore format: a tag a line would push the tests off the screen
const courseTags = [
  '#coronavirus', '#corona', '#covid19', '#covid-19', '#covid2019', '#covid-2019', '#virus', '#flu', '#sick', '#cough',
  '#sneeze', '#hospital', '#nurse', '#doctor', '#코로나바이러스', '#コロナウイルス', '#冠状病毒',
]

/**
 * The tags that archives have beside the homework's, which are rare in them. As written, `_all` is counted once a tag, so
 * there have to be as many tags as were looked for.
 */
function foundTags(archives: Archives): string[] {
  const found = new Set(
    Object.values(archives).flatMap((counted) =>
      ways.flatMap(([, name]) => Object.keys(counted[`tags.${name}`]?.lang ?? {})),
    ),
  )
  found.delete('_all')
  return courseTags.map((_, place) => [...found][place] ?? `#no such tag ${place}`)
}

/** What a table has to hold, by the JSON of its keys. */
function expectedTable(archives: Archives, name: string, table: 'lang' | 'country'): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const [archive, counted] of Object.entries(archives))
    for (const [tag, counts] of Object.entries(counted[name]?.[table] ?? {}))
      for (const [what, count] of Object.entries(counts)) rows[JSON.stringify([archive, tag, what])] = count
  return rows
}

describe.skipIf(!hasFiles)('real files', () => {
  playCases('files', {
    'C70-course-day': async ({ expected }, scratch) => {
      const { file, variants } = expected as { file: string; variants: string[] }
      expect(variants.map((variant) => variant.split(' ')[0])).toEqual(ways.map(([, name]) => name))
      const archives: Archives = JSON.parse(readFileSync(join(dataDir, file), 'utf8'))
      const inputs = join(dataDir, 'tweets/*/geoTwitter*.zip')
      const searches = { course: courseTags, tags: foundTags(archives) }
      for (const [which, tags] of Object.entries(searches)) {
        const outcome = await scratch.run('tweet-tags', [inputs], ['--param', `tags=${tags.join(',')}`])
        for (const [way, name] of ways)
          for (const table of ['lang', 'country'] as const)
            expect(objectOf(rowsOf(outcome, `${way}_${table}`)), `${which}.${name} ${table}`).toEqual(
              expectedTable(archives, `${which}.${name}`, table),
            )
      }
    },

    'C74-bitly-tz': async ({ inputs, expected }, scratch) => {
      const { records, ...zones } = expected as Record<string, number>
      const outcome = await scratch.run('time-zones', [join(dataDir, String(inputs.file))])
      expect(manifestOf(outcome).records).toBe(records)
      const counts = objectOf(rowsOf(outcome)) as Record<string, number>
      expect(counts).toMatchObject(zones)
      expect(Object.values(counts).reduce((total, count) => total + count)).toBe(records)
    },

    'C76-sherlock-codecs': async ({ inputs, expected }, scratch) => {
      const files = (inputs.files as string[]).map((name) => join(dataDir, 'corpora/sherlock', name))
      const read = files.filter((file) => file.endsWith('.gz'))
      expect(objectOf(rowsOf(await scratch.run('wc', read)))).toMatchObject(expected as object)
      const refused = files.filter((file) => !read.includes(file))
      const outcome = expectStatus(await scratch.run('wc', refused), 3)
      const said = outcome.stderr.split('\n').filter((line) => line.includes('the file is compressed with'))
      expect(said).toHaveLength(refused.length)
      for (const file of refused)
        expect(said.find((line) => line.includes(`${basename(file)}: `))).toContain('Recompress it (')
      expect(existsSync(outcome.directory)).toBe(false)
    },
  })
})
