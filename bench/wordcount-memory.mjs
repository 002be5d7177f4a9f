// @ts-check
/**
 * `node bench/wordcount-memory.mjs` shows that a run stays inside `--memory`, whatever it has to hold: it counts the words
 * of a text with more different words than fit, watches every process of the run, and compares the whole answer with
 * what the generator of the text knows. `--help` tells the rest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkAnswer } from './answer.mjs'
import { describeMachine } from './machine.mjs'
import { childrenCpuSeconds, hasProc, MemoryWatch } from './process-tree.mjs'
import { writeWords } from './words.mjs'

const MiB = 2 ** 20
const projectDir = fileURLToPath(new URL('..', import.meta.url))
const tallyman = join(projectDir, 'bin', 'tallyman')
const job = join(projectDir, 'examples', 'wordcount', 'wordcount.job.ts')

/** What a run may take beyond what `--memory` says: nothing, since programs and their code count as well. */
const baseBytes = 0
const sampleEveryMs = 50

const usage = `Usage: node bench/wordcount-memory.mjs [OPTION…]

Runs the word count of a generated text and fails when its answer is wrong, or its processes together take more memory
than --memory says. Needs Linux. Options that take a LIST (comma-separated) are tried in every combination.

  --quick              30 MB and 500,000 words in the least memory there is, instead of 300 MB and 5,000,000 in 512M
  --isolation LIST     process, thread. Default: both
  --workers LIST       Default: 2
  --memory LIST        as tallyman run takes it, or "least" for the least it takes. Default: 512M
  --megabytes N        length of the text
  --words N            different words in it
  --seed N             of the text. Default: 1
  --ceiling SIZE       in MiB: fails above this instead of above --memory
  --folder DIR         where text, run and result are made and left. Default: a temporary folder, which is removed
  --records DIR        where the record of the measurement goes. Default: bench/runs, and nowhere with --quick
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    isolation: { type: 'string', default: 'process,thread' },
    workers: { type: 'string', default: '2' },
    memory: { type: 'string' },
    megabytes: { type: 'string' },
    words: { type: 'string' },
    seed: { type: 'string', default: '1' },
    ceiling: { type: 'string' },
    folder: { type: 'string' },
    records: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** @typedef {{ readonly isolation: string, readonly workers: string, readonly memory: string }} Setting */

/** @param {Setting} setting */
function argumentsOf({ isolation, workers, memory }) {
  const few = ['--isolation', isolation, '--workers', workers, '--memory', memory]
  // Short splits, so that a short text has work for every worker as well.
  return values.quick ? [...few, '--split', '2M'] : few
}

/**
 * The least memory a run takes, as it says itself when it is given too little.
 *
 * @param {Setting} setting
 */
function leastMemory(setting) {
  const args = ['run', job, job, ...argumentsOf({ ...setting, memory: '1M' }), '--dry-run']
  const { stderr } = spawnSync(process.execPath, [tallyman, ...args], { cwd: projectDir, encoding: 'utf8' })
  const least = /--memory (\d+M)/.exec(stderr)?.[1]
  if (least === undefined) throw new Error(`tallyman run did not say how much memory it needs: ${stderr}`)
  return least
}

/** @param {string} size as in "512M" */
function bytesOf(size) {
  const match = /^(\d+)([MG])$/.exec(size)
  if (match === null) throw new Error(`A memory size is ${JSON.stringify(size)}; it is a number with M or G.`)
  return Number(match[1]) * (match[2] === 'G' ? 1024 : 1) * MiB
}

/**
 * Runs tallyman over the text, watched.
 *
 * @param {string} folder
 * @param {Setting} setting
 */
async function runWatched(folder, setting) {
  const out = join(folder, `result-${setting.isolation}-${setting.workers}-${setting.memory}`)
  const home = join(folder, 'home')
  // Nor may it find what an earlier run has kept of its map outputs.
  for (const before of [out, home]) rmSync(before, { recursive: true, force: true })
  const cpuBefore = childrenCpuSeconds()
  const startMs = performance.now()
  const child = spawn(
    process.execPath,
    [tallyman, 'run', job, 'words.txt', ...argumentsOf(setting), '-o', out, '--impolite'],
    {
      cwd: folder,
      env: { ...process.env, TALLYMAN_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const watch = new MemoryWatch(child.pid ?? 0, sampleEveryMs)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const status = await new Promise((resolve) => child.once('close', resolve))
  watch.stop()
  return {
    status,
    stderr,
    table: join(out, 'result.jsonl'),
    digest: /^digest (sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1] ?? 'none',
    wallSeconds: (performance.now() - startMs) / 1000,
    cpuSeconds: childrenCpuSeconds() - cpuBefore,
    watch,
  }
}

/**
 * @param {string} folder
 * @param {Setting} setting
 * @param {{ readonly counts: Uint32Array, readonly ceilingBytes: number }} expected
 */
async function measure(folder, setting, { counts, ceilingBytes }) {
  const run = await runWatched(folder, setting)
  const { watch } = run
  const checked =
    run.status === 0
      ? await checkAnswer(run.table, counts)
      : { rows: 0, digest: 'none', fault: `tallyman ended with exit code ${run.status}: ${run.stderr}` }
  const faults = [
    checked.fault,
    checked.digest === run.digest ? null : `the digest is said to be ${run.digest}, and is ${checked.digest}`,
    watch.peak.bytes <= ceilingBytes
      ? null
      : `it took ${inMiB(watch.peak.bytes)}, more than ${inMiB(ceilingBytes)}`,
  ].filter((fault) => fault !== null)
  return {
    ...setting,
    ceilingBytes,
    peakBytes: watch.peak.bytes,
    pssPeakBytes: watch.pssPeakBytes,
    atPeak: watch.peak.processes,
    peakOfRole: Object.fromEntries(watch.roles),
    samples: watch.samples,
    wallSeconds: rounded(run.wallSeconds),
    cpuSeconds: rounded(run.cpuSeconds),
    rows: checked.rows,
    digest: run.digest,
    faults,
  }
}

/** @param {number} bytes */
function inMiB(bytes) {
  return `${Math.ceil(bytes / MiB)} MiB`
}

/** @param {number} seconds */
function rounded(seconds) {
  return Math.round(seconds * 100) / 100
}

/** @param {Awaited<ReturnType<typeof measure>>} measured */
function sayMeasured({
  isolation,
  workers,
  memory,
  peakBytes,
  wallSeconds,
  cpuSeconds,
  rows,
  faults,
  atPeak,
}) {
  const parts = atPeak.map(({ role, bytes }) => `${role} ${Math.round(bytes / MiB)}`).join(', ')
  console.log(
    `${isolation.padEnd(7)}  workers ${workers}  memory ${memory.padStart(5)}  peak ${inMiB(peakBytes)}  ` +
      `${wallSeconds.toFixed(1)} s  ${cpuSeconds.toFixed(1)} CPU s  ${rows} rows  (${parts})`,
  )
  for (const fault of faults) console.log(`  WRONG: ${fault}`)
}

/** @returns {Setting[]} */
function settings() {
  const memories = (values.memory ?? (values.quick ? 'least' : '512M')).split(',')
  return values.isolation.split(',').flatMap((isolation) =>
    values.workers.split(',').flatMap((workers) =>
      memories.map((memory) => {
        const setting = { isolation, workers, memory }
        return memory === 'least' ? { ...setting, memory: leastMemory(setting) } : setting
      }),
    ),
  )
}

async function main() {
  const plan = {
    bytes: Number(values.megabytes ?? (values.quick ? 30 : 300)) * 1e6,
    words: Number(values.words ?? (values.quick ? 500_000 : 5_000_000)),
    seed: Number(values.seed),
  }
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'tallyman-wordcount-'))
  mkdirSync(folder, { recursive: true })
  try {
    const { bytes, tokens, counts } = writeWords(join(folder, 'words.txt'), plan)
    console.log(`${bytes} bytes, ${tokens} words, ${counts.length} different ones, seed ${plan.seed}`)
    const runs = []
    for (const setting of settings()) {
      const ceilingBytes =
        values.ceiling === undefined ? bytesOf(setting.memory) + baseBytes : Number(values.ceiling) * MiB
      const measured = await measure(folder, setting, { counts, ceilingBytes })
      sayMeasured(measured)
      runs.push(measured)
    }
    const at = new Date().toISOString()
    writeRecord(at, {
      benchmark: 'wordcount-memory',
      at,
      machine: describeMachine(),
      text: { ...plan, bytes, tokens },
      runs,
    })
    return runs.every(({ faults }) => faults.length === 0) ? 0 : 1
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} at
 * @param {object} record
 */
function writeRecord(at, record) {
  const records = values.records ?? (values.quick ? null : fileURLToPath(new URL('runs/', import.meta.url)))
  if (records === null) return
  const file = join(records, `${at.slice(0, 16).replace(':', '')}-wordcount-memory.json`)
  mkdirSync(records, { recursive: true })
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`)
}

if (values.help) {
  console.log(usage)
} else if (hasProc) {
  process.exitCode = await main()
} else {
  console.error('This measurement reads /proc/PID/task/TID/children, which is not here: it needs Linux.')
  process.exitCode = 2
}
