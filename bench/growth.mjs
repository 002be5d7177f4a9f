// @ts-check
/**
 * `node bench/growth.mjs` measures how the cost of a run grows: with its input, its keys, its files and its workers, one at a time, the others held.
 * `--help` tells the rest; `node tools/pictures/growth.mjs RECORD` draws the points.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { manyWords, modelTweets, tinyFiles } from './inputs.mjs'
import { describeMachine } from './machine.mjs'
import { measure } from './measure.mjs'

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./inputs.mjs').Sizes} Sizes */
/**
 * @typedef {object} Point
 * @property {number} at how much there is of what grows
 * @property {number} wallSeconds of the median round
 * @property {number} cpuSeconds of the median round
 * @property {number} peakBytes the most of all rounds
 */
/**
 * @typedef {object} Growth
 * @property {string} name
 * @property {string} says what grows, and what is held
 * @property {readonly number[]} points
 * @property {keyof typeof jobs} job
 * @property {(folder: string, at: number) => Promise<Input>} input
 * @property {(at: number) => number} workers
 */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const jobs = {
  hashtags: join(projectDir, 'examples', 'twitter', 'hashtags.job.ts'),
  words: join(projectDir, 'bench', 'jobs', 'words.job.ts'),
}

const usage = `Usage: node bench/growth.mjs [OPTION…]

Runs one job over ever more of one thing, and records wall time, CPU time and peak memory of each. Digests of the rounds are compared. Needs Linux.

  --only LIST      of input, keys, files, workers (comma-separated). Default: all of them
  --rounds N       times each point is measured, in turn; the median is told. Default: 3
  --quick          a tenth of everything, and no record
  --records DIR    where the record goes. Default: bench/runs
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'input,keys,files,workers' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})
const part = values.quick ? 0.1 : 1
const seed = 1

/** @type {(megabytes: number, more?: Partial<Sizes>) => Sizes} */
const sizes = (megabytes, more = {}) => ({ megabytes, wordMegabytes: 0, words: 0, seed, ...more })

const modelFolder = mkdtempSync(join(tmpdir(), 'tallyman-growth-model-'))
process.on('exit', () => rmSync(modelFolder, { recursive: true, force: true }))
const modelMegabytes = 125 * part
/** Made once: it takes as long as all that is measured with it. @type {Promise<Input> | undefined} */
let model

/**
 * Tweets of the scale model, each of its days repeated in its file until there is so much.
 *
 * @param {string} folder
 * @param {number} megabytes
 * @returns {Promise<Input>}
 */
async function repeatedModel(folder, megabytes) {
  model ??= modelTweets(modelFolder, sizes(modelMegabytes)).then(({ plain }) => plain)
  const { files } = await model
  const times = Math.round(megabytes / modelMegabytes)
  let bytes = 0
  const made = files.map((file) => {
    const content = readFileSync(file)
    const copy = join(folder, basename(file))
    for (let time = 0; time < times; time++) appendFileSync(copy, content)
    bytes += content.length * times
    return copy
  })
  return { files: made, bytes, says: `days of the scale model, each ${times} times` }
}

/** @type {readonly Growth[]} */
const growths = [
  {
    name: 'input',
    says: 'megabytes of JSON lines, days of the scale model that are repeated, one worker',
    points: [125, 250, 500, 1000, 2000].map((megabytes) => megabytes * part),
    job: 'hashtags',
    input: repeatedModel,
    workers: () => 1,
  },
  {
    name: 'keys',
    says: 'different words in 120 megabytes of text, one worker',
    points: [1000, 10_000, 100_000, 500_000, 2_000_000].map((words) => words * part),
    job: 'words',
    input: async (folder, words) => manyWords(folder, sizes(0, { words, wordMegabytes: 120 * part })),
    workers: () => 1,
  },
  {
    name: 'files',
    says: 'files of 2 kilobytes of text, one worker',
    points: [100, 1000, 10_000, 30_000].map((files) => files * part),
    job: 'words',
    input: async (folder, files) => tinyFiles(folder, sizes(files / 10)),
    workers: () => 1,
  },
  {
    name: 'workers',
    says: 'workers on 500 megabytes of JSON lines',
    points: [1, 2, 3, 4],
    job: 'hashtags',
    input: (folder) => repeatedModel(folder, 500 * part),
    workers: (workers) => workers,
  },
]

/**
 * @param {Growth} growth
 * @param {string} folder
 * @returns {Promise<readonly Point[]>} one for each of `points`
 */
async function measureGrowth(growth, folder) {
  /** @type {{ at: number, input: Input, rounds: import('./measure.mjs').Times[], digest: string | null }[]} */
  const measured = []
  for (const at of growth.points) {
    const made = join(folder, `${growth.name}-${at}`)
    mkdirSync(made)
    measured.push({ at, input: await growth.input(made, at), rounds: [], digest: null })
  }
  for (let round = 0; round < Number(values.rounds); round++)
    for (const point of measured) {
      const place = mkdtempSync(join(folder, 'run-'))
      const { times, fault } = await measure(callOf(growth, point.at, point.input), place)
      if (fault !== null) throw new Error(`${growth.name} at ${point.at} ${fault}`)
      const { digest } = JSON.parse(readFileSync(join(place, 'out', 'manifest.json'), 'utf8'))
      point.digest ??= digest
      if (point.digest !== digest) throw new Error(`${growth.name} at ${point.at} has two digests.`)
      point.rounds.push(times)
      rmSync(place, { recursive: true })
    }
  return measured.map(({ at, rounds }) => ({
    at,
    wallSeconds: median(rounds.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(rounds.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: Math.max(...rounds.map(({ peakBytes }) => peakBytes)),
  }))
}

/**
 * @param {Growth} growth
 * @param {number} at
 * @param {Input} input
 * @returns {import('./measure.mjs').Call}
 */
function callOf({ job, workers }, at, { files }) {
  // A folder, where there are more files than fit on a command line.
  const inputs = files.length > 1000 ? [join(files[0] ?? '', '..')] : files
  return {
    program: process.execPath,
    args: [
      ...[join(projectDir, 'bin', 'tallyman'), 'run', jobs[job], ...inputs, '-o', 'out', '--quiet'],
      ...['--impolite', '--workers', `${workers(at)}`],
    ],
    env: { TALLYMAN_HOME: 'home' },
  }
}

/** @param {readonly number[]} list */
function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0
}

async function main() {
  const wanted = values.only.split(',')
  const [loadBefore = 0] = loadavg()
  const measured = []
  for (const growth of growths.filter(({ name }) => wanted.includes(name))) {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-growth-'))
    try {
      const points = await measureGrowth(growth, folder)
      const { name, says } = growth
      measured.push({ name, says, points })
      console.log(`\n${name}: ${says}`)
      for (const { at, wallSeconds, cpuSeconds, peakBytes } of points)
        console.log(
          `${String(at).padStart(10)}${wallSeconds.toFixed(2).padStart(9)} s${cpuSeconds.toFixed(2).padStart(9)} CPU s${(peakBytes / 2 ** 20).toFixed(0).padStart(7)} MiB`,
        )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  if (values.quick) return
  const at = new Date().toISOString()
  mkdirSync(values.records, { recursive: true })
  const file = join(values.records, `${at.slice(0, 16).replace(':', '')}-growth.json`)
  const machine = describeMachine()
  const record = { benchmark: 'growth', at, machine, loadBefore, rounds: Number(values.rounds), measured }
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
  console.log(`\nRecorded in ${file}`)
}

if (values.help) console.log(usage)
else await main()
