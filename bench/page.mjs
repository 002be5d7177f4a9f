// @ts-check
/**
 * `node bench/page.mjs` measures the page over much: the time until a page is there whole, its bytes, and what it costs a run to be watched. `--help` tells
 * the rest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describeMachine } from './machine.mjs'

const usage = `Usage: node bench/page.mjs [OPTION…]

Makes a run of many tasks, many runs, and a table of many keys, serves the page over them, and measures. Needs Linux.

  --tasks N      map tasks of the large run. Default: 10000
  --runs N       runs in the list. Default: 1000
  --keys N       rows of the large table. Default: 5000000
  --watch N      seconds that a run at work is watched, after 20 that are not measured. Default: 60
  --quick        a tenth of each, and no record
  --records DIR  where the record goes. Default: bench/runs, and nowhere with --quick
`

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '1000' },
    keys: { type: 'string', default: '5000000' },
    watch: { type: 'string', default: '60' },
    quick: { type: 'boolean', default: false },
    records: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const program = fileURLToPath(new URL('../bin/tallyman', import.meta.url))
const scale = values.quick ? 0.1 : 1
const ticksPerSecond = 100
/** How often each page is asked for, once it is warm. */
const rounds = 7
/** A run is watched for so long before it is measured. */
const warmSeconds = 20
/** Keys that one line of the input makes. */
const keysPerLine = 10_000

/** @typedef {{ readonly page: string, readonly coldMs: number, readonly warmMs: number, readonly bytes: number, readonly gzipBytes: number }} Shown median of the warm ones */

/**
 * @param {string} folder
 * @param {readonly string[]} args
 */
function tallyman(folder, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env: environment(folder),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`tallyman ${args[0]} ended with exit code ${status}: ${stderr}`)
  return stdout
}

/** @param {string} folder */
function environment(folder) {
  return { ...process.env, TALLYMAN_HOME: join(folder, 'home') }
}

/** @param {string} folder newest first */
function idsIn(folder) {
  return readdirSync(join(folder, 'home', 'runs'))
    .filter((name) => /^\d{8}-/.test(name))
    .sort()
    .reverse()
}

/**
 * Writes jobs and inputs.
 *
 * @param {string} folder
 */
function writeJobs(folder) {
  const head = "import { count, defineJob, text } from 'tallyman'\nexport default defineJob({ input: text(), "
  writeFileSync(
    join(folder, 'lines.job.mjs'),
    `${head}reduce: count(), map: (line, emit) => emit(line.length) })\n`,
  )
  writeFileSync(
    join(folder, 'keys.job.mjs'),
    `${head}reduce: count(), columns: ['word', 'n'], map: (line, emit) => { for (let i = 0; i < ${keysPerLine}; i++) emit(['word' + (i % 977), Number(line) + i]) } })\n`,
  )
  writeFileSync(
    join(folder, 'busy.job.mjs'),
    `${head}reduce: count(), charts: [{ kind: 'bars', x: 'key' }, { kind: 'bars', x: 'key', log: true }], map: (line, emit) => { const until = performance.now() + 2; while (performance.now() < until); emit(line) } })\n`,
  )
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {number} lines
 * @param {(index: number) => string} line
 */
function writeLines(folder, name, lines, line) {
  writeFileSync(join(folder, name), Array.from({ length: lines }, (_, index) => `${line(index)}\n`).join(''))
  return name
}

/**
 * Many runs of one: its directory again and again, under other ids.
 *
 * @param {string} folder
 * @param {number} runs
 */
function multiply(folder, runs) {
  const home = join(folder, 'home', 'runs')
  const [first = ''] = idsIn(folder)
  for (let number = 0; number < runs; number += 1) {
    const id = `20200101-${String(number).padStart(6, '0')}-lines`
    mkdirSync(join(home, id))
    for (const name of ['plan.json', 'journal.jsonl']) cpSync(join(home, first, name), join(home, id, name))
    const identity = JSON.parse(readFileSync(join(home, first, 'run.json'), 'utf8'))
    writeFileSync(join(home, id, 'run.json'), JSON.stringify({ ...identity, id }))
  }
}

/**
 * The page, served.
 *
 * @param {string} folder
 */
async function serve(folder) {
  const child = spawn(process.execPath, [program, 'serve', '--json'], {
    cwd: folder,
    env: environment(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  const { link } = JSON.parse(String(said))
  const { port, searchParams } = new URL(link)
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    cookie: `tallyman-${port}=${searchParams.get('token')}`,
    close: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
    },
  }
}

/** @typedef {Awaited<ReturnType<typeof serve>>} Served */

/**
 * Asks for a page, and waits for its last byte.
 *
 * @param {Served} served
 * @param {string} path
 * @returns {Promise<{ readonly ms: number, readonly body: Buffer }>}
 */
async function get({ port, cookie }, path) {
  const startMs = performance.now()
  const asked = request({ port, path, headers: { cookie, host: `localhost:${port}` }, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  const pieces = []
  for await (const piece of response) pieces.push(piece)
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${Buffer.concat(pieces)}`)
  return { ms: performance.now() - startMs, body: Buffer.concat(pieces) }
}

/**
 * @param {Served} served
 * @param {string} page
 * @param {string} path
 * @returns {Promise<Shown>}
 */
async function show(served, page, path) {
  const cold = await get(served, path)
  const warm = []
  for (let round = 0; round < rounds; round += 1) {
    // A look is shared by all who ask within half a second: each of these is one of its own.
    await sleep(600)
    warm.push((await get(served, path)).ms)
  }
  const shown = {
    page,
    coldMs: rounded(cold.ms),
    warmMs: rounded(warm.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0),
    bytes: cold.body.length,
    gzipBytes: gzipSync(cold.body).length,
  }
  console.log(
    `${page}: ${shown.coldMs} ms the first time, ${shown.warmMs} ms then; ${shown.bytes} bytes, ${shown.gzipBytes} gzipped`,
  )
  return shown
}

/** @param {number} ms */
function rounded(ms) {
  return Math.round(ms * 10) / 10
}

/**
 * CPU seconds that a process and its children have taken, those that have ended too, once they were waited for.
 *
 * @param {number} pid
 */
function cpuSeconds(pid) {
  let ticks = 0
  for (const one of [pid, ...childrenOf(pid)]) {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      ticks += [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
    } catch {
      // It has ended; its parent has waited for it.
    }
  }
  return ticks / ticksPerSecond
}

/**
 * @param {number} pid
 * @returns {number[]}
 */
function childrenOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)
    return children.flatMap((child) => [child, ...childrenOf(child)])
  } catch {
    return []
  }
}

/**
 * Watches a run at work as a browser does, and compares what both take.
 *
 * @param {string} folder
 * @param {number} seconds
 * @param {readonly string[]} args
 * @param {number} tasks it has at least
 */
async function watch(folder, seconds, args, tasks) {
  const before = idsIn(folder)
  const run = spawn(process.execPath, [program, 'run', ...args], {
    cwd: folder,
    env: environment(folder),
    stdio: 'ignore',
  })
  const ended = once(run, 'exit')
  let id = ''
  while (id === '') {
    await sleep(100)
    id =
      idsIn(folder).find(
        (one) => !before.includes(one) && existsSync(join(folder, 'home', 'runs', one, 'plan.json')),
      ) ?? ''
  }
  const served = await serve(folder)
  await get(served, `/runs/${id}`)
  const { port, cookie } = served
  const asked = request({
    port,
    path: `/runs/${id}/live`,
    headers: { cookie, host: `localhost:${port}` },
    agent: false,
  })
  asked.on('error', () => undefined)
  asked.end()
  const [response] = await once(asked, 'response')
  let [updates, bytes, pictures, edition, text] = [0, 0, 0, 0, '']
  response.on('error', () => undefined)
  response.on('data', (/** @type {Buffer} */ piece) => {
    bytes += piece.length
    text += piece.toString('utf8')
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events.filter((one) => one.startsWith('event: view'))) {
      updates += 1
      const { soFar } = JSON.parse(event.slice(event.indexOf('data: ') + 'data: '.length))
      if (soFar === null || soFar.edition === edition) continue
      edition = soFar.edition
      for (const index of soFar.charts.keys()) {
        pictures += 1
        void get(served, `/runs/${id}/so-far/${index}.svg?of=${edition}`)
      }
    }
  })
  // Code that has just been loaded is slow, and the answer so far is looked at once for any run: neither tells of the hours that follow.
  await sleep(1000 * warmSeconds)
  const [runBefore, pageBefore] = [cpuSeconds(run.pid ?? 0), cpuSeconds(served.pid)]
  ;[updates, bytes, pictures] = [0, 0, 0]
  await sleep(1000 * seconds)
  const runSeconds = cpuSeconds(run.pid ?? 0) - runBefore
  const pageSeconds = cpuSeconds(served.pid) - pageBefore
  asked.destroy()
  await served.close()
  run.kill('SIGINT')
  await ended
  const watched = {
    tasks,
    seconds,
    updates,
    bytes,
    pictures,
    runCpuSeconds: rounded(runSeconds),
    pageCpuSeconds: Math.round(pageSeconds * 100) / 100,
    percent: Math.round((10_000 * pageSeconds) / runSeconds) / 100,
  }
  console.log(
    `watched for ${seconds} s, ${tasks} tasks: ${updates} updates, ${bytes} bytes, ${pictures} pictures; the page took ${watched.pageCpuSeconds} CPU-seconds, the run ${watched.runCpuSeconds}: ${watched.percent} %`,
  )
  return watched
}

/** @param {string} folder */
async function measure(folder) {
  writeJobs(folder)
  const [tasks, runs, keys] = [values.tasks, values.runs, values.keys].map((text) =>
    Math.max(1, Math.round(Number(text) * scale)),
  )
  const lines = writeLines(folder, 'lines.txt', tasks ?? 0, (index) => String(index).padStart(9, '0'))
  tallyman(folder, ['run', 'lines.job.mjs', lines, '--split', '10', '--impolite', '--no-reuse', '-q'])
  const [large = ''] = idsIn(folder)
  const small = writeLines(folder, 'small.txt', 3, String)
  tallyman(folder, ['run', 'lines.job.mjs', small, '--impolite', '-q'])
  multiply(folder, (runs ?? 0) - 3)
  const table = writeLines(folder, 'keys.txt', Math.ceil((keys ?? 0) / keysPerLine), (index) =>
    String(index * keysPerLine),
  )
  tallyman(folder, ['run', 'keys.job.mjs', table, '--impolite', '-q'])
  const [wide = ''] = idsIn(folder)
  const served = await serve(folder)
  const shown = []
  try {
    shown.push(await show(served, `list of ${runs} runs`, '/'))
    shown.push(await show(served, `run of ${tasks} tasks`, `/runs/${large}`))
    shown.push(await show(served, `run with a table of ${keys} keys`, `/runs/${wide}`))
    shown.push(await show(served, `table of ${keys} keys`, `/runs/${wide}/tables/result`))
    shown.push(await show(served, 'from a key on', `/runs/${wide}/tables/result?from=word500`))
    shown.push(await show(served, 'the largest first', `/runs/${wide}/tables/result?order=value`))
    shown.push(await show(served, 'style', '/page.css'))
    shown.push(await show(served, 'script', '/page.js'))
  } finally {
    await served.close()
  }
  const startMs = performance.now()
  tallyman(folder, ['query', wide, 'select count(*), sum(value) from result'])
  const querySeconds = Math.round((performance.now() - startMs) / 100) / 10
  console.log(`a query over ${keys} rows: ${querySeconds} s`)
  const seconds = Math.max(5, Math.round(Number(values.watch) * scale))
  const busy = writeLines(folder, 'busy.txt', (tasks ?? 0) * 10, (index) => String(index).padStart(9, '0'))
  const args = ['busy.job.mjs', busy, '--split', '100', '--impolite', '--no-reuse', '-q']
  const watched = await watch(folder, seconds, args, tasks ?? 0)
  return { tasks, runs, keys, shown, querySeconds, watched }
}

async function main() {
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const loadBefore = loadavg()[0]
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-page-'))
  try {
    const measured = await measure(folder)
    const at = new Date().toISOString()
    const record = { benchmark: 'page', at, machine: describeMachine(), loadBefore, ...measured }
    const records = values.records ?? (values.quick ? null : 'bench/runs')
    if (records === null) return
    mkdirSync(records, { recursive: true })
    const file = join(records, `${at.slice(0, 16).replace(':', '')}-page.json`)
    writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`)
    console.log(`Recorded in ${file}.`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
