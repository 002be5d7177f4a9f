// @ts-check
/**
 * `node examples/twitter/facts/make-facts.mjs PUBLISHED_DIR` makes the tables of this folder.
 *
 * PUBLISHED_DIR holds published results of the homework: `days_2020.csv`, `reduced_2020.{lang,country}.json` and, in
 * `per-day/`, one `geoTwitterYY-MM-DD.zip.{lang,country}` a day. What goes in is checked against itself, so that a wrong
 * table is never written.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The published per-day `_all` counts a tweet once a hashtag, and there are 17. */
const allCountedTimes = 17

/** @typedef {Record<string, Record<string, number>>} Counts  tag → language or country → tweets */

const published = process.argv[2]
if (published === undefined) {
  console.error(
    'Say where the published results are: node examples/twitter/facts/make-facts.mjs PUBLISHED_DIR',
  )
  process.exit(2)
}

/** @param {string} name @returns {Counts} */
const readCounts = (name) => JSON.parse(readFileSync(join(published, name), 'utf8'))

/** @param {string} name @param {readonly (readonly (string | number)[])[]} rows */
function writeTable(name, rows) {
  const text = rows.map((row) => `${row.join('\t')}\n`).join('')
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text)
  console.log(`${name}: ${rows.length - 1} rows, ${Buffer.byteLength(text)} bytes`)
}

/** @param {boolean} holds @param {string} what */
function check(holds, what) {
  if (!holds) throw new Error(`The published results do not agree: ${what}.`)
}

/** The published name of a place that is null, and of a country code that is empty, in a table's head. @param {string} name */
const inHead = (name) => (name === 'unknown' ? 'null' : name === '' ? '""' : name)

const days = readFileSync(join(published, 'days_2020.csv'), 'utf8')
  .trim()
  .split(/\r?\n/)
  .map((line) => line.split(','))
writeTable('days.tsv', days)
const [head = [], ...rows] = days
const tags = head.filter((column) => column.startsWith('#'))

/** @param {'lang' | 'country'} kind */
function tableOfDays(kind) {
  const year = readCounts(`reduced_2020.${kind}.json`)._all ?? {}
  const names = Object.keys(year)
  const table = rows.map((row) => {
    const [day = '', tweets = ''] = row
    const all = readCounts(join('per-day', `geoTwitter${day.slice(2)}.zip.${kind}`))._all ?? {}
    const counts = names.map((name) => (all[name] ?? 0) / allCountedTimes)
    check(counts.every(Number.isInteger), `${day} is not ${allCountedTimes} times a whole number`)
    check(
      counts.reduce((sum, count) => sum + count, 0) === Number(tweets),
      `the ${kind} counts of ${day} miss some of its tweets`,
    )
    return [day, ...counts]
  })
  names.forEach((name, at) => {
    const sum = table.reduce((total, row) => total + Number(row[at + 1]), 0)
    check(sum === year[name], `${kind} "${name}" is ${sum} by day and ${year[name]} by year`)
  })
  return [['day', ...names.map(inHead)], ...table]
}

/** @param {'lang' | 'country'} kind */
function tableOfTags(kind) {
  const year = readCounts(`reduced_2020.${kind}.json`)
  return [
    [kind, '_all', ...tags],
    ...Object.keys(year._all ?? {}).map((name) => [
      inHead(name),
      ...['_all', ...tags].map((tag) => year[tag]?.[name] ?? 0),
    ]),
  ]
}

writeTable('days-by-language.tsv', tableOfDays('lang'))
const [countries = [], ...byCountry] = tableOfDays('country')
const july = byCountry.findIndex(([day]) => String(day) >= '2020-07-01')
writeTable('days-by-country-1.tsv', [countries, ...byCountry.slice(0, july)])
writeTable('days-by-country-2.tsv', [countries, ...byCountry.slice(july)])
writeTable('tags-by-language.tsv', tableOfTags('lang'))
writeTable('tags-by-country.tsv', tableOfTags('country'))
