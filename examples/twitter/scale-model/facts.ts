/** What is known of the archive of 2020: the tables in `facts/`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DayFacts {
  /** YYYY-MM-DD. */
  readonly day: string
  readonly tweets: number
  /** Tweets with each tag, in the order of `Facts.tags`. */
  readonly tags: readonly number[]
  /** Tweets in each language, in the order of `Facts.languages`. */
  readonly languages: readonly number[]
  /** Tweets of each country, in the order of `Facts.countries`. */
  readonly countries: readonly number[]
}

export interface Facts {
  /** All days of 2020, in order. */
  readonly days: readonly DayFacts[]
  readonly tags: readonly string[]
  readonly languages: readonly string[]
  /** Country codes; "" is one of them, and null stands for a place that is null. */
  readonly countries: readonly (string | null)[]
  /** For each tag, its tweets of the year in each language. */
  readonly tagLanguages: readonly (readonly number[])[]
  /** For each tag, its tweets of the year in each country. */
  readonly tagCountries: readonly (readonly number[])[]
}

interface Table {
  /** Names of the columns after the first. */
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly counts: readonly number[] }[]
}

/** Reads the tables of the folder `facts/`. */
export function readFacts(dir: string): Facts {
  const days = readTable(dir, 'days.tsv')
  const languages = readTable(dir, 'days-by-language.tsv')
  const countries = readTable(dir, 'days-by-country-1.tsv', 'days-by-country-2.tsv')
  const tagAt = days.columns.flatMap((column, at) => (column.startsWith('#') ? [at] : []))
  return {
    days: days.rows.map(({ name, counts }, at) => ({
      day: name,
      tweets: counts[days.columns.indexOf('tweets')] ?? 0,
      tags: tagAt.map((column) => counts[column] ?? 0),
      languages: languages.rows[at]?.counts ?? [],
      countries: countries.rows[at]?.counts ?? [],
    })),
    tags: tagAt.map((column) => days.columns[column] ?? ''),
    languages: languages.columns,
    countries: countries.columns.map(countryOf),
    tagLanguages: byTag(readTable(dir, 'tags-by-language.tsv')),
    tagCountries: byTag(readTable(dir, 'tags-by-country.tsv')),
  }
}

function countryOf(inHead: string): string | null {
  return inHead === 'null' ? null : inHead === '""' ? '' : inHead
}

/** Rows of tags instead of columns, without `_all`. */
function byTag({ columns, rows }: Table): number[][] {
  return columns.slice(1).map((_, at) => rows.map(({ counts }) => counts[at + 1] ?? 0))
}

function readTable(dir: string, ...names: readonly string[]): Table {
  let columns: readonly string[] = []
  const rows = names.flatMap((name) => {
    const [head = '', ...lines] = readFileSync(join(dir, name), 'utf8').trimEnd().split('\n')
    columns = head.split('\t').slice(1)
    return lines.map((line) => {
      const [first = '', ...counts] = line.split('\t')
      return { name: first, counts: counts.map(Number) }
    })
  })
  return { columns, rows }
}
