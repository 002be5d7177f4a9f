// @ts-check
/**
 * `node bench/quiet-path.mjs` measures what a run's promises cost where nothing goes wrong: the same job over the same input, in one thread
 * with nothing kept, and as a run of one worker, with and without control groups of the kernel. `--help` tells the rest.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { accessRecords, modelTweets, repeatedTweets } from './inputs.mjs'
import { describeMachine } from './machine.mjs'
import { measure } from './measure.mjs'

/** @typedef {import('./measure.mjs').Times} Times */
/** @typedef {import('./measure.mjs').Call} Call */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const tallyman = join(projectDir, 'bin', 'tallyman')

const usage = `Usage: node bench/quiet-path.mjs [OPTION…]

Runs a job in one thread with nothing kept, and as a run of one worker: what the run takes more is what its promises cost. The answers
are compared first. Needs Linux; as root also a run that finds no control groups.

  --work NAME      tweets (real ones where there are any, else of the model) or access. Default: tweets
  --megabytes N    of JSON. Default: 1000
  --rounds N       each program once a round, in turn. Default: 5
  --records DIR    where the record goes. Default: bench/runs; "none" for none
`

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'tweets' },
    megabytes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})

/** Bundles the job, the readers and the loop around them, beside the kernel the readers scan with. */
function buildOneThread(/** @type {string} */ jobFile) {
  // Under node_modules, where the packages are found.
  const folder = join(projectDir, 'node_modules', '.cache', 'tallyman', `quiet-path-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  // Kernels are found beside what was a source, or from there: the bundle is deep enough for all of them.
  const file = join(folder, 'bundle', 'one-thread.mjs')
  buildSync({
    stdin: {
      contents: `import job from ${JSON.stringify(jobFile)}
import * as ways from './one-thread.ts'
const [way, ...files] = process.argv.slice(2)
await ways[way](job, files, process.cwd())`,
      resolveDir: join(projectDir, 'bench'),
      loader: 'ts',
    },
    outfile: file,
    alias: { tallyman: join(projectDir, 'src', 'index.ts') },
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  })
  const dist = join(projectDir, 'dist')
  cpSync(join(dist, 'input', 'scan', 'kernel.wasm'), join(folder, 'bundle', 'kernel.wasm'))
  for (const kernel of ['amounts.wasm', 'merge.wasm'])
    cpSync(join(dist, 'flow', kernel), join(folder, 'flow', kernel))
  return { file, folder }
}

/** A mount namespace in which /sys/fs/cgroup is an empty folder: the kernel's control groups are out of reach, as they are for most people. */
const withoutGroups = ['--mount', 'sh', '-c', 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', 'sh']

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {Call} call
 * @property {string} answer folder of the tables
 */

/**
 * @param {string} folder
 * @param {string} oneThread
 * @param {string} jobFile
 * @param {readonly string[]} inputs
 * @returns {Way[]}
 */
function waysOf(folder, oneThread, jobFile, inputs) {
  const env = { TALLYMAN_HOME: join(folder, '.tallyman') }
  const run = (/** @type {string} */ isolation) => [
    ...[
      tallyman,
      'run',
      jobFile,
      ...inputs,
      '-o',
      join(folder, 'out'),
      '--workers',
      '1',
      '--isolation',
      isolation,
    ],
    // Nobody else is at work, or should be: pauses for others would be measured otherwise.
    '--impolite',
  ]
  const node = process.execPath
  const ways = [
    {
      name: 'one thread, nothing kept',
      call: { program: node, args: [oneThread, 'runInOneThread', ...inputs] },
      answer: folder,
    },
    {
      name: 'one thread, the tasks of a run',
      call: { program: node, args: [oneThread, 'runTasksInOneThread', ...inputs] },
      answer: folder,
    },
    {
      name: 'run, one thread',
      call: { program: node, args: run('thread'), env },
      answer: join(folder, 'out'),
    },
    {
      name: 'run, one process',
      call: { program: node, args: run('process'), env },
      answer: join(folder, 'out'),
    },
  ]
  if (spawnSync('unshare', [...withoutGroups, 'true']).status !== 0) return ways
  const args = [...withoutGroups, node, ...run('process')]
  return [
    ...ways,
    {
      name: 'run, one process, no control groups',
      call: { program: 'unshare', args, env },
      answer: join(folder, 'out'),
    },
  ]
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

/**
 * Tables as they lie there, one behind another.
 *
 * @param {string} folder
 * @param {readonly string[]} tables
 */
function answerIn(folder, tables) {
  return Buffer.concat(tables.map((table) => readFileSync(join(folder, `${table}.jsonl`))))
}

/**
 * @param {readonly Way[]} ways
 * @param {string} folder
 * @param {readonly string[]} tables
 */
async function measureInTurn(ways, folder, tables) {
  const times = new Map(ways.map(({ name }) => [name, /** @type {Times[]} */ ([])]))
  /** @type {Buffer | undefined} */
  let right
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { name, call, answer } of ways) {
      for (const left of ['out', 'tasks', '.tallyman'])
        rmSync(join(folder, left), { recursive: true, force: true })
      const { times: taken, fault } = await measure(call, folder)
      if (fault !== null) throw new Error(`"${name}" ${fault}`)
      const found = answerIn(answer, tables)
      right ??= found
      if (!found.equals(right)) throw new Error(`"${name}" has another answer.`)
      times.get(name)?.push(taken)
    }
  }
  return times
}

/** @returns {Promise<{ readonly job: string, readonly input: import('./inputs.mjs').Input, readonly tables: readonly string[] }>} */
async function readWork(/** @type {string} */ folder) {
  const sizes = { megabytes: Number(values.megabytes), wordMegabytes: 0, words: 0, seed: 1 }
  if (values.work === 'access') {
    const job = join(projectDir, 'bench', 'jobs', 'access.job.ts')
    return { job, input: accessRecords(folder, sizes, false), tables: ['hours', 'hosts', 'methods'] }
  }
  if (values.work !== 'tweets') throw new Error(`There is no work "${values.work}". ${usage}`)
  const { plain } = (await repeatedTweets(folder, sizes)) ?? (await modelTweets(folder, sizes))
  const job = join(projectDir, 'examples', 'twitter', 'hashtags.job.ts')
  return { job, input: plain, tables: ['country', 'day', 'lang'] }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-quiet-path-'))
  const { job, input, tables } = await readWork(folder)
  const oneThread = buildOneThread(job)
  try {
    const [loadBefore = 0] = loadavg()
    const times = await measureInTurn(waysOf(folder, oneThread.file, job, input.files), folder, tables)
    const [bare = []] = times.values()
    const measured = [...times].map(([way, taken]) => ({
      way,
      wallSeconds: median(taken.map(({ wallSeconds }) => wallSeconds)),
      cpuSeconds: median(taken.map(({ cpuSeconds }) => cpuSeconds)),
      cpuSecondsAll: taken.map(({ cpuSeconds }) => cpuSeconds),
      peakBytes: Math.max(...taken.map(({ peakBytes }) => peakBytes)),
      // Within a round, since noise that lasts slows down all of it.
      cpuRatio: median(
        taken.map(({ cpuSeconds }, round) => cpuSeconds / (bare[round]?.cpuSeconds ?? Number.NaN)),
      ),
      wallRatio: median(
        taken.map(({ wallSeconds }, round) => wallSeconds / (bare[round]?.wallSeconds ?? Number.NaN)),
      ),
    }))
    console.log(
      `${values.work}: ${input.says}, ${(input.bytes / 1e6).toFixed(0)} MB, load before ${loadBefore.toFixed(1)}`,
    )
    for (const { way, wallSeconds, cpuSeconds, cpuRatio, wallRatio, peakBytes } of measured)
      console.log(
        `${way.padEnd(36)} ${cpuSeconds.toFixed(2).padStart(6)} CPU s (x ${cpuRatio.toFixed(3)})  ` +
          `${wallSeconds.toFixed(2).padStart(6)} s (x ${wallRatio.toFixed(3)})  ${Math.ceil(peakBytes / 2 ** 20)} MiB`,
      )
    if (values.records === 'none') return
    const at = new Date().toISOString()
    const record = {
      benchmark: 'quiet-path',
      at,
      machine: describeMachine(),
      work: values.work,
      ...input,
      loadBefore,
      measured,
    }
    mkdirSync(values.records, { recursive: true })
    const file = join(values.records, `${at.slice(0, 16).replace(':', '')}-quiet-path-${values.work}.json`)
    writeFileSync(file, `${JSON.stringify({ ...record, files: input.files.length }, null, 2)}\n`)
    console.log(`Recorded in ${file}`)
  } finally {
    for (const made of [folder, oneThread.folder]) rmSync(made, { recursive: true, force: true })
  }
}

if (values.help) console.log(usage)
else await main()
