// @ts-check
/**
 * `node bench/isolation.mjs` measures threads, processes and containers side by side: the start of a small run, the memory of a worker, the throughput of a
 * counting job, what a job can do to the others, and that the digest is the same. `--help` tells the rest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.mjs'

const tallyman = fileURLToPath(new URL('../bin/tallyman', import.meta.url))

const usage = `Usage: node bench/isolation.mjs [OPTION…]

Measures what workers cost as threads, as processes and as containers, and prints the table of docs/isolation.md.
Fails where a digest is another one. Needs Linux, and for containers an engine.

  --quick          a small input, once, and no record
  --rounds N       times each is measured; the median is told. Default: 5
  --workers N      Default: the cores there are
  --mib N          how much is counted. Default: 256, and 8 with --quick
  --records DIR    where the record of the measurement goes. Default: bench/runs, and nowhere with --quick
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    mib: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    records: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const isolations = ['thread', 'process', 'container']
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const inputBytes = Number(values.mib ?? (values.quick ? 8 : 256)) * 2 ** 20

const job = `import { count, defineJob, text } from 'tallyman'
export default defineJob({ input: text(), reduce: count(), map(line, emit) { for (const word of line.split(' ')) emit(word) } })
`

/** What a job tries: each a program of its own, in a file beside no input. */
const attempts = {
  'read a file that is no input': `readFileSync(process.env.TALLYMAN_BENCH_FOLDER + '/beside.txt')`,
  'write beside its output': `writeFileSync(process.env.TALLYMAN_BENCH_FOLDER + '/written', '')`,
  'see who else is on the machine': `if (readdirSync('/proc').filter((name) => Number(name) > 0).length < 8) throw new Error('alone')`,
  'open a socket': `await new Promise((ok, no) => connect(Number(process.env.TALLYMAN_BENCH_PORT), '127.0.0.1').on('connect', ok).on('error', no))`,
  'change what another worker has in memory': `if (isMainThread) throw new Error('own memory')`,
}

const attemptJob = (/** @type {string} */ code) => `import { count, defineJob, text } from 'tallyman'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { isMainThread } from 'node:worker_threads'
export default defineJob({ input: text(), reduce: count(), async map(line, emit) {
  try { ${code}; emit('yes') } catch { emit('no') }
} })
`

/** @typedef {{ readonly stdout: string, readonly seconds: number, readonly workerBytes: number }} Ran */

/**
 * Runs tallyman without a trace of earlier runs, and looks meanwhile what its workers hold.
 *
 * @param {string} folder
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Ran>}
 */
async function run(folder, args, env = {}) {
  rmSync(join(folder, 'home'), { recursive: true, force: true })
  const mark = createHash('sha256').update(String(Math.random())).digest('hex')
  const startMs = performance.now()
  const child = spawn(process.execPath, [tallyman, 'run', ...args, '--no-reuse'], {
    cwd: folder,
    env: { ...process.env, ...env, TALLYMAN_HOME: join(folder, 'home'), TALLYMAN_BENCH_MARK: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr, workerBytes] = ['', '', 0]
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const look = setInterval(() => {
    workerBytes = Math.max(workerBytes, bytesOf(mark, child.pid ?? 0))
  }, 100)
  const status = await new Promise((resolve) => child.once('close', resolve))
  clearInterval(look)
  if (status !== 0) throw new Error(`tallyman ended with exit code ${status}: ${stderr}`)
  return { stdout, seconds: (performance.now() - startMs) / 1000, workerBytes }
}

/**
 * Proportional set sizes of everything that carries a mark in its environment, the coordinator left out: workers, shells and monitors.
 *
 * @param {string} mark
 * @param {number} coordinator
 */
function bytesOf(mark, coordinator) {
  let bytes = 0
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === coordinator) continue
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) continue
      bytes +=
        1024 * Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      // It has ended, or is another user's.
    }
  }
  return bytes
}

/** @param {readonly number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** @param {string} stdout */
const digestIn = (stdout) => /^digest (\S+)$/m.exec(stdout)?.[1] ?? ''

/**
 * @param {string} folder
 * @param {string} isolation
 */
async function measure(folder, isolation) {
  const how = ['--isolation', isolation, '--impolite']
  const [starts, idle, all] = [[], [], []].map(() => /** @type {Ran[]} */ ([]))
  for (let round = 0; round < rounds; round++) {
    starts?.push(await run(folder, ['words.job.mjs', 'small.txt', '-w', '1', ...how]))
    idle?.push(await run(folder, ['words.job.mjs', 'large.txt', '-w', '1', '--memory', '400M', ...how]))
    all?.push(await run(folder, ['words.job.mjs', 'large.txt', '-w', values.workers, ...how]))
  }
  const seconds = median((all ?? []).map((ran) => ran.seconds))
  return {
    isolation,
    startSeconds: median((starts ?? []).map((ran) => ran.seconds)),
    workerBytes: median((idle ?? []).map((ran) => ran.workerBytes)),
    seconds,
    bytesPerSecond: inputBytes / seconds,
    digest: digestIn(all?.[0]?.stdout ?? ''),
    can: await tryAll(folder, how),
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} how
 */
async function tryAll(folder, how) {
  const { createServer } = await import('node:net')
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  /** @type {Record<string, boolean>} */
  const can = {}
  for (const [what, code] of Object.entries(attempts)) {
    writeFileSync(join(folder, 'tries.job.mjs'), attemptJob(code))
    const env = { TALLYMAN_BENCH_FOLDER: folder, TALLYMAN_BENCH_PORT: String(port) }
    const { stdout } = await run(folder, ['tries.job.mjs', 'one.txt', '-w', '1', ...how], env)
    // What it wrote in a place of its own is not there.
    const isThere = !code.startsWith('writeFileSync') || existsSync(join(folder, 'written'))
    rmSync(join(folder, 'written'), { force: true })
    can[what] = stdout.includes('yes') && isThere
  }
  server.close()
  return can
}

async function main() {
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-isolation-'))
  try {
    writeFileSync(join(folder, 'words.job.mjs'), job)
    writeFileSync(join(folder, 'one.txt'), 'one\n')
    writeFileSync(join(folder, 'beside.txt'), 'no input\n')
    writeFileSync(join(folder, 'small.txt'), 'to be or not to be\n'.repeat(10))
    const line = 'the quick brown fox jumps over the lazy dog and 42 other animals\n'
    writeFileSync(join(folder, 'large.txt'), line.repeat(Math.floor(inputBytes / line.length)))
    // The image is made once, and is no part of what is measured.
    await run(folder, ['words.job.mjs', 'small.txt', '-w', '1', '--isolation', 'container'])
    const startedAt = new Date().toISOString()
    const measured = []
    for (const isolation of isolations) measured.push(await measure(folder, isolation))
    if (new Set(measured.map(({ digest }) => digest)).size !== 1)
      throw new Error('The digests are not the same.')
    process.stdout.write(tableOf(measured))
    const records = values.records ?? (values.quick ? null : fileURLToPath(new URL('runs', import.meta.url)))
    if (records !== null) {
      const record = {
        what: 'isolation',
        startedAt,
        machine: describeMachine(),
        load: loadavg(),
        engine:
          spawnSync(process.env.TALLYMAN_ENGINE || 'podman', ['--version'], {
            encoding: 'utf8',
          }).stdout?.trim() ?? null,
        workers: Number(values.workers),
        rounds,
        inputBytes,
        measured,
      }
      const name = `${startedAt.slice(0, 16).replace(':', '')}-isolation.json`
      writeFileSync(join(records, name), `${JSON.stringify(record, null, 2)}\n`)
    }
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {readonly Awaited<ReturnType<typeof measure>>[]} measured */
function tableOf(measured) {
  const rows = [
    ['', ...measured.map(({ isolation }) => isolation)],
    ['start to end of a run of ten lines, s', ...measured.map(({ startSeconds }) => startSeconds.toFixed(2))],
    [
      'memory of one worker at work, MB',
      ...measured.map(({ workerBytes }) => String(Math.round(workerBytes / 1e6))),
    ],
    [
      `words counted with ${values.workers} workers, MB/s`,
      ...measured.map(({ bytesPerSecond }) => String(Math.round(bytesPerSecond / 1e6))),
    ],
    ...Object.keys(attempts).map((what) => [
      `can ${what}`,
      ...measured.map(({ can }) => (can[what] === true ? 'yes' : 'no')),
    ]),
    ['digest', ...measured.map(({ digest }) => `\`${digest.slice(7, 15)}…\``)],
  ]
  const [head, ...body] = rows.map((row) => `| ${row.join(' | ')} |\n`)
  return `${head}| --- | --- | --- | --- |\n${body.join('')}`
}

process.exitCode = await main()
