// @ts-check
/**
 * `node bench/table.mjs RECORD` writes the table of a record of `npm run bench` into the README, between `<!-- bench:begin -->` and
 * `<!-- bench:end -->`; with `--check` it only says whether it is there, by its exit code. A test holds the README to it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** @typedef {import('./record.mjs').BenchRecord} BenchRecord */
/** @typedef {import('./record.mjs').Measured} Measured */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const begin = '<!-- bench:begin -->'
const end = '<!-- bench:end -->'
/** What this machine's own programs make, about. */
const quietLoad = 0.5

/** Heads of the columns. @type {Readonly<Record<string, string>>} */
const heads = {
  hashtags: 'hashtags',
  'hashtags-zip': 'hashtags, zips',
  tweets: 'real tweets',
  'tweets-zip': 'real tweets, zips',
  access: 'small records',
  words: 'words',
  start: 'one line',
  'hashtags-gzip': 'hashtags, one gzip',
  'access-skew': 'small records, skewed',
  tiny: 'tiny files',
}

/**
 * @param {BenchRecord} record
 * @param {string} name the record's file, as the README calls it
 * @returns {string} the block with its markers
 */
export function blockOf(record, name) {
  const { machine, rounds, quick, works, loadBefore } = record
  const rows = new Map(works.flatMap(({ measured }) => measured.map((one) => [one.program, one])))
  const head = ['program', 'cores', ...works.map(headOf)]
  const body = [...rows.values()].map(({ program, says, cores, kind }) => [
    kind === 'tallyman' ? `**${says}**` : says,
    `${cores}`,
    ...works.map(({ measured }) => cellOf(measured.find((one) => one.program === program))),
  ])
  const quiet = loadBefore < quietLoad ? '' : `, while others used it as well (load ${loadBefore})`
  const lines = [
    'Whole programs, from start to exit: seconds, in brackets CPU-seconds, then the peak of all processes together in MiB.',
    `Medians of ${rounds} interleaved rounds${quick ? ' over small inputs (`--quick`)' : ''}; ${machine.cores} cores of ${machine.cpu}, Node ${machine.node.slice(1)}${quiet}.`,
    `Inputs, versions, spreads and ratios are in \`${name}\`. Times count only for right answers.`,
  ]
  return [begin, '', ...lines, '', ...tableOf([head, ...body]), '', end].join('\n')
}

/** @param {import('./record.mjs').WorkRecord} work */
function headOf({ work, bytes }) {
  const megabytes = Math.round(bytes / 1e6)
  return megabytes === 0 ? (heads[work] ?? work) : `${heads[work] ?? work}, ${megabytes} MB`
}

/** @param {Measured | undefined} measured */
function cellOf(measured) {
  if (measured === undefined) return '–'
  const { refused, wallSeconds, cpuSeconds, peakMiB } = measured
  if (refused !== undefined || wallSeconds === undefined || cpuSeconds === undefined) return 'not right'
  return `${wallSeconds.median.toFixed(2)} (${cpuSeconds.median.toFixed(2)}) ${peakMiB}`
}

/** @param {readonly (readonly string[])[]} rows the first is the head */
function tableOf(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const [head = '', ...body] = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body]
}

/**
 * @param {string} text
 * @param {string} block
 */
function replaceBlock(text, block) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`README.md has no ${begin} … ${end} to write the table to.`)
  return text.slice(0, from) + block + text.slice(to + end.length)
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      readme: { type: 'string', default: resolve(projectDir, 'README.md') },
    },
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) {
    console.error('Usage: node bench/table.mjs [--check] [--readme FILE] RECORD')
    return 2
  }
  const block = blockOf(JSON.parse(readFileSync(file, 'utf8')), relative(projectDir, resolve(file)))
  const before = readFileSync(values.readme, 'utf8')
  const after = replaceBlock(before, block)
  if (values.check) {
    if (after !== before) console.error(`${values.readme} does not hold the table of ${file}.`)
    return after === before ? 0 : 1
  }
  writeFileSync(values.readme, after)
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main()
