// @ts-check
/**
 * `node bench/profile.mjs` says where the CPU time of a run goes: it looks with `perf` a thousand times a second at all processes of a run of one worker,
 * and sorts what it sees by what that part is for. `--help` tells the rest; `node tools/pictures/profile.mjs RECORD` draws it.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { accessRecords, manyWords, modelTweets, repeatedTweets } from './inputs.mjs'
import { describeMachine } from './machine.mjs'
import { latestSymbols, partsOf, samplesOf } from './samples.mjs'

/** @typedef {import('./inputs.mjs').Input} Input */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const usage = `Usage: node bench/profile.mjs [OPTION…]

Says where the CPU time of a run of one worker process goes. Needs Linux and perf, and the right to use it (root, or
kernel.perf_event_paranoid of 1 or less).

  --only LIST      of tweets, tweets-zip, access, words (comma-separated). Default: all of them
  --megabytes N    of input. Default: 1000, of words a third
  --records DIR    where the record goes. Default: bench/runs
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'tweets,tweets-zip,access,words' },
    megabytes: { type: 'string', default: '1000' },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})
const megabytes = Number(values.megabytes)
const perSecond = 997

/**
 * @param {string} folder
 * @returns {AsyncGenerator<{ readonly name: string, readonly job: string, readonly input: Input }>}
 */
async function* works(folder) {
  const wanted = values.only.split(',')
  const hashtags = join(projectDir, 'examples', 'twitter', 'hashtags.job.ts')
  const sizes = { megabytes, wordMegabytes: megabytes / 3, words: Math.round(megabytes * 5200), seed: 1 }
  if (wanted.includes('tweets') || wanted.includes('tweets-zip')) {
    const { plain, zips } = (await repeatedTweets(folder, sizes)) ?? (await modelTweets(folder, sizes))
    if (wanted.includes('tweets')) yield { name: 'tweets', job: hashtags, input: plain }
    if (wanted.includes('tweets-zip')) yield { name: 'tweets-zip', job: hashtags, input: zips }
  }
  const own = (/** @type {string} */ name) => join(projectDir, 'bench', 'jobs', `${name}.job.ts`)
  if (wanted.includes('access'))
    yield { name: 'access', job: own('access'), input: accessRecords(folder, sizes, false) }
  if (wanted.includes('words')) yield { name: 'words', job: own('words'), input: manyWords(folder, sizes) }
}

/**
 * @param {string} folder
 * @param {string} job
 * @param {Input} input
 */
function profile(folder, job, input) {
  const data = join(folder, 'perf.data')
  const run = [
    ...[process.execPath, join(projectDir, 'bin', 'tallyman'), 'run', job, ...input.files, '-o', 'out'],
    ...['--isolation', 'process', '--workers', '1', '--impolite', '--quiet'],
  ]
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const record = spawnSync(
    'perf',
    ['record', '--quiet', '--event', 'cpu-clock', '-F', `${perSecond}`, '-g', '--output', data, '--', ...run],
    {
      cwd: folder,
      env: {
        ...env,
        // Names of what V8 compiles, in /tmp/perf-PID.map; frames of what it interprets have names, too.
        NODE_OPTIONS: '--perf-basic-prof --interpreted-frames-native-stack',
        TALLYMAN_HOME: join(folder, 'home'),
      },
      encoding: 'utf8',
    },
  )
  if (record.status !== 0) throw new Error(`perf record failed: ${record.error?.message ?? record.stderr}`)
  const maps = readdirSync('/tmp').filter((name) => /^perf-\d+\.map$/.test(name))
  for (const name of maps) {
    const map = join('/tmp', name)
    writeFileSync(map, latestSymbols(readFileSync(map, 'utf8')))
  }
  const script = spawnSync('perf', ['script', '--input', data, '-F', 'comm,pid,tid,ip,sym,dso'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (script.status !== 0) throw new Error(`perf script failed: ${script.stderr}`)
  for (const name of maps) rmSync(join('/tmp', name))
  return partsOf(samplesOf(script.stdout), perSecond)
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-profile-'))
  try {
    const [load = 0] = loadavg()
    const measured = []
    for await (const { name, job, input } of works(folder)) {
      const place = mkdtempSync(join(folder, 'run-'))
      const parts = profile(place, job, input)
      rmSync(place, { recursive: true })
      const cpuSeconds = parts.reduce((sum, { seconds }) => sum + seconds, 0)
      measured.push({ name, says: input.says, bytes: input.bytes, cpuSeconds, parts })
      console.log(`\n${name}: ${input.says}; ${cpuSeconds.toFixed(2)} CPU s`)
      for (const { part, seconds } of parts)
        console.log(
          `${seconds.toFixed(2).padStart(9)} s ${((100 * seconds) / cpuSeconds).toFixed(0).padStart(4)} %  ${part}`,
        )
    }
    const at = new Date().toISOString()
    mkdirSync(values.records, { recursive: true })
    const file = join(values.records, `${at.slice(0, 16).replace(':', '')}-profile.json`)
    const { stdout: version } = spawnSync('perf', ['--version'], { encoding: 'utf8' })
    const head = {
      benchmark: 'profile',
      at,
      machine: describeMachine(),
      loadBefore: load,
      perf: version.trim(),
    }
    writeFileSync(file, `${JSON.stringify({ ...head, perSecond, measured, parts: readParts() }, null, 1)}\n`)
    console.log(`\nRecorded in ${file}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The commit of what was measured is not in the record: its sources' digest is. */
function readParts() {
  return { builtFrom: readFileSync(join(projectDir, 'dist', 'built-from'), 'utf8').trim() }
}

if (values.help) console.log(usage)
else await main()
