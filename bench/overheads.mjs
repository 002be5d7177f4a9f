// @ts-check
/**
 * `node bench/overheads.mjs` measures what the engine itself costs, beside all reading and mapping: a small run from its
 * start to its exit, plans of many inputs, the handing out of many tasks, and the writing of a long result. Every answer is checked. `--help` tells the rest.
 */
import { spawn } from 'node:child_process'
import {
  closeSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ZipFile } from 'yazl'
import { describeMachine } from './machine.mjs'
import { childrenCpuSeconds, MemoryWatch } from './process-tree.mjs'

const tallyman = fileURLToPath(new URL('../bin/tallyman', import.meta.url))

const usage = `Usage: node bench/overheads.mjs [OPTION…]

Measures the engine's own cost: a job of ten lines, plans, and runs of many tiny tasks. Fails when an answer is wrong.
Needs Linux.

  --quick          a tenth of the files, rows and tasks, and no record
  --only LIST      of start, year, files, tasks, result (comma-separated). Default: all of them
  --tasks LIST     how many tasks a run has. Default: 1000,10000
  --rows N         of the long result. Default: 5000000
  --rounds N       times each is measured; the median is told. Default: 5, and 1 for runs of many tasks
  --bin FILE       the program that is measured. Default: this project's
  --records DIR    where the record of the measurement goes. Default: bench/runs, and nowhere with --quick
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'start,year,files,tasks,result' },
    tasks: { type: 'string', default: '1000,10000' },
    rows: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '5' },
    bin: { type: 'string', default: tallyman },
    records: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const scale = values.quick ? 0.1 : 1
const longJob = `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count(), map: (line, emit) => emit(line) })
`
const job = `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count(), map: (line, emit) => emit(line.length) })
`

/** @typedef {{ readonly stdout: string, readonly wallSeconds: number, readonly cpuSeconds: number, readonly coordinatorBytes: number, readonly written?: Written }} Ran */
/** @typedef {{ readonly bytes: number, readonly seconds: number }} Written a result, once its last partition was reduced */

/**
 * Runs tallyman in a folder without a trace of earlier runs.
 *
 * @param {string} folder
 * @param {readonly string[]} args
 * @param {string} jobFile
 * @returns {Promise<Ran>}
 */
async function run(folder, args, jobFile = 'lines.job.mjs') {
  rmSync(join(folder, '.tallyman'), { recursive: true, force: true })
  const cpuBefore = childrenCpuSeconds()
  const startMs = performance.now()
  const child = spawn(process.execPath, [values.bin, 'run', jobFile, ...args], {
    cwd: folder,
    env: { ...process.env, TALLYMAN_HOME: join(folder, '.tallyman') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watch = new MemoryWatch(child.pid ?? 0, 100)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const status = await new Promise((resolve) => child.once('close', resolve))
  watch.stop()
  if (status !== 0) throw new Error(`tallyman ended with exit code ${status}: ${stderr}`)
  return {
    stdout,
    wallSeconds: (performance.now() - startMs) / 1000,
    cpuSeconds: childrenCpuSeconds() - cpuBefore,
    coordinatorBytes: watch.roles.get('tallyman') ?? 0,
  }
}

/**
 * @param {string} folder
 * @param {number} lines each of nine letters
 */
function writeLines(folder, lines) {
  const text = Array.from({ length: lines }, (_, number) => `${String(number).padStart(9, 'x')}\n`)
  writeFileSync(join(folder, `lines-${lines}.txt`), text.join(''))
  return `lines-${lines}.txt`
}

/**
 * @param {string} folder of archives of a year, as the course has them: one a day, with a member an hour
 * @param {number} days
 */
async function writeYear(folder, days) {
  mkdirSync(join(folder, 'year'))
  for (let day = 0; day < days; day++) {
    const name = `geoTwitter${new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(2, 10)}`
    const zip = new ZipFile()
    for (let hour = 0; hour < 24; hour++)
      zip.addBuffer(Buffer.from('{"text":"x"}\n'), `${name}_${String(hour).padStart(2, '0')}:00`)
    zip.end()
    await pipeline(zip.outputStream, createWriteStream(join(folder, 'year', `${name}.zip`)))
  }
}

/**
 * @param {string} folder
 * @param {number} files of one line, a thousand in a directory
 */
function writeFiles(folder, files) {
  for (let number = 0; number < files; number++) {
    const place = join(folder, 'files', String(Math.floor(number / 1000)).padStart(4, '0'))
    if (number % 1000 === 0) mkdirSync(place, { recursive: true })
    writeFileSync(join(place, `${number}.txt`), `line ${number}\n`)
  }
}

/**
 * @param {string} folder of a run
 * @param {number} lines
 */
function checkRun(folder, lines) {
  const table = readFileSync(join(folder, 'out', 'result.jsonl'), 'utf8')
  if (table !== `{"key":9,"value":${lines}}\n`) throw new Error(`The answer is wrong: ${table}`)
}

/**
 * Runs a job whose result has as many rows as its input has lines.
 *
 * @param {string} folder
 * @param {number} rows
 */
async function runLong(folder, rows) {
  rmSync(join(folder, 'out'), { recursive: true, force: true })
  const events = join(folder, 'events.jsonl')
  rmSync(events, { force: true })
  const ran = await run(folder, ['long.txt', '-o', 'out', '--impolite', '--events', events], 'long.job.mjs')
  const manifest = JSON.parse(readFileSync(join(folder, 'out', 'manifest.json'), 'utf8'))
  const [table] = manifest.tables
  if (table.rows !== rows) throw new Error(`The result has ${table.rows} rows, not ${rows}.`)
  const told = readFileSync(events, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const timeOf = (/** @type {string} */ type) => told.findLast((event) => event.type === type).at
  const seconds = (timeOf('result-committed') - timeOf('reduce-committed')) / 1000
  return { ...ran, written: { bytes: table.bytes, seconds } }
}

/**
 * @param {string} folder
 * @param {number} rows
 */
function writeLong(folder, rows) {
  const fd = openSync(join(folder, 'long.txt'), 'w')
  // In no order, each number once: the factor has no divisor in common with a power of ten.
  for (let from = 0; from < rows; from += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, rows - from) },
      (_, at) => `word ${((from + at) * 7_919) % rows}\n`,
    )
    writeSync(fd, lines.join(''))
  }
  closeSync(fd)
}

/**
 * @param {Ran} ran
 * @param {number} splits
 */
function checkPlan({ stdout }, splits) {
  const plan = JSON.parse(stdout)
  if (plan.splits.length !== splits)
    throw new Error(`The plan has ${plan.splits.length} splits, not ${splits}.`)
}

/**
 * @typedef {object} Measurement
 * @property {string} what
 * @property {number} rounds
 * @property {number} [tasks]
 * @property {() => Promise<Ran>} once runs and checks it
 */

/** @param {string} folder */
async function* measurements(folder) {
  const wanted = new Set(values.only.split(','))
  const rounds = Number(values.rounds)
  const runOf = async (/** @type {number} */ lines, /** @type {string[]} */ ...args) => {
    rmSync(join(folder, 'out'), { recursive: true, force: true })
    const ran = await run(folder, [writeLines(folder, lines), '-o', 'out', '--impolite', ...args])
    checkRun(folder, lines)
    return ran
  }
  const planOf = async (/** @type {string} */ input, /** @type {number} */ splits) => {
    const ran = await run(folder, [input, '--dry-run', '--json'])
    checkPlan(ran, splits)
    return ran
  }
  for (const isolation of wanted.has('start') ? ['process', 'thread'] : [])
    yield { what: `ten lines, ${isolation}`, rounds, once: () => runOf(10, '--isolation', isolation) }
  if (wanted.has('year')) {
    const days = Math.ceil(366 * scale)
    await writeYear(folder, days)
    yield { what: `plan of ${days} archives of 24 members`, rounds, once: () => planOf('year', days * 24) }
  }
  if (wanted.has('files')) {
    const files = 100_000 * scale
    writeFiles(folder, files)
    yield { what: `plan of ${files} files`, rounds: Math.min(rounds, 3), once: () => planOf('files', files) }
  }
  if (wanted.has('result')) {
    const rows = Math.ceil(Number(values.rows) * scale)
    writeLong(folder, rows)
    yield { what: `result of ${rows} rows`, rounds: Math.min(rounds, 3), once: () => runLong(folder, rows) }
  }
  for (const many of wanted.has('tasks') ? values.tasks.split(',') : []) {
    const tasks = Math.ceil(Number(many) * scale)
    yield {
      what: `${tasks} tasks of one line`,
      rounds: 1,
      tasks,
      once: () => runOf(tasks, '--split', '10'),
    }
  }
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0
}

/** @param {Measurement} measurement */
async function measure({ what, rounds, tasks, once }) {
  const runs = []
  for (let round = 0; round < rounds; round++) runs.push(await once())
  const wall = runs.map(({ wallSeconds }) => wallSeconds)
  const wallSeconds = median(wall)
  return {
    what,
    rounds,
    wallSeconds,
    wallSecondsLeast: Math.min(...wall),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    coordinatorBytes: Math.max(...runs.map(({ coordinatorBytes }) => coordinatorBytes)),
    ...(tasks === undefined ? {} : { tasks, wallMsPerTask: (1000 * wallSeconds) / tasks }),
    ...writingOf(runs),
    /** How many processes wanted a core meanwhile: above the number of cores, wall time says little. */
    load: loadavg()[0],
  }
}

/**
 * How fast results were written, synced and renamed in.
 *
 * @param {readonly Ran[]} runs
 * @returns {{ resultBytes?: number, writtenMBPerSecond?: number }}
 */
function writingOf(runs) {
  const written = runs.flatMap((ran) => (ran.written === undefined ? [] : [ran.written]))
  if (written.length === 0) return {}
  return {
    resultBytes: written[0]?.bytes ?? 0,
    writtenMBPerSecond: median(written.map(({ bytes, seconds }) => bytes / 1e6 / seconds)),
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} measured */
function say(measured) {
  const { what, wallSeconds, wallSecondsLeast, cpuSeconds, coordinatorBytes, wallMsPerTask, load } = measured
  const written =
    measured.writtenMBPerSecond === undefined
      ? ''
      : `, written at ${measured.writtenMBPerSecond.toFixed(0)} MB/s`
  const each = wallMsPerTask === undefined ? written : `, ${wallMsPerTask.toFixed(2)} ms a task`
  console.log(
    `${what}: ${wallSeconds.toFixed(2)} s (least ${wallSecondsLeast.toFixed(2)}), ${cpuSeconds.toFixed(2)} CPU s, ` +
      `coordinator ${Math.round(coordinatorBytes / 2 ** 20)} MiB${each}, load ${load?.toFixed(1)}`,
  )
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-overheads-'))
  try {
    writeFileSync(join(folder, 'lines.job.mjs'), job)
    writeFileSync(join(folder, 'long.job.mjs'), longJob)
    const measured = []
    for await (const measurement of measurements(folder)) {
      const one = await measure(measurement)
      say(one)
      measured.push(one)
    }
    const at = new Date().toISOString()
    const records = values.records ?? (values.quick ? null : fileURLToPath(new URL('runs/', import.meta.url)))
    if (records === null) return
    mkdirSync(records, { recursive: true })
    const record = { benchmark: 'overheads', at, machine: describeMachine(), measured }
    writeFileSync(
      join(records, `${at.slice(0, 16).replace(':', '')}-overheads.json`),
      `${JSON.stringify(record, null, 2)}\n`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (values.help) console.log(usage)
else await main()
