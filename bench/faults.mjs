// @ts-check
/**
 * `node bench/faults.mjs` causes five faults to the same count done by tallyman, mrjob, GNU parallel and Dask, and compares
 * what each makes of them: how it ends, whether what it gives is right, whether it names the file, what it leaves running, and
 * how much is read again afterwards. `--help` tells the rest.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describeMachine } from './machine.mjs'

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const tallyman = join(projectDir, 'bin', 'tallyman')
const programs = join(projectDir, 'bench', 'faults')

const usage = `Usage: node bench/faults.mjs [OPTION…]

  --python FILE    a Python with mrjob, dask[bag,distributed] and setuptools. Default: python3
  --only LIST      comma-separated: tallyman, mrjob, parallel, dask. Default: all
  --faults LIST    comma-separated: ${['truncated', 'bad-record', 'killed-worker', 'exit-0', 'killed-coordinator'].join(', ')}. Default: all
  --records DIR    where the record goes. Default: bench/runs
`

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: 'tallyman,mrjob,parallel,dask' },
    faults: { type: 'string', default: 'truncated,bad-record,killed-worker,exit-0,killed-coordinator' },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})

const filesCount = 4
const linesPerFile = 20_000
/** Where the fault is: a file in the middle, a record in its middle. */
const faultyFile = 2
const faultyLine = 10_000
const patienceSeconds = 120

/** @typedef {{ readonly program: string, readonly args: readonly string[], readonly out: string, readonly again?: readonly string[] }} Call */

/**
 * How each is called over `files`, with its answer at `out`, a line a word: JSON, tab, count.
 *
 * @type {Record<string, (files: readonly string[], folder: string) => Call>}
 */
const peers = {
  tallyman: (files, folder) => ({
    program: tallyman,
    args: [
      'run',
      join(programs, 'count.job.ts'),
      ...files,
      '-o',
      join(folder, 'out'),
      '--workers',
      '2',
      '--impolite',
    ],
    again: ['resume', 'last'],
    out: join(folder, 'out', 'result.jsonl'),
  }),
  mrjob: (files, folder) => ({
    program: values.python,
    args: [
      join(programs, 'mrjob_count.py'),
      '-r',
      'local',
      '--num-cores',
      '2',
      '--output-dir',
      join(folder, 'out'),
      '--no-output',
      ...files,
    ],
    out: join(folder, 'out'),
  }),
  parallel: (files, folder) => ({
    program: join(programs, 'parallel.sh'),
    args: [values.python, join(folder, 'out.tsv'), ...files],
    out: join(folder, 'out.tsv'),
  }),
  dask: (files, folder) => ({
    program: values.python,
    args: [join(programs, 'dask_count.py'), join(folder, 'out.tsv'), ...files],
    out: join(folder, 'out.tsv'),
  }),
}

/**
 * Writes the inputs with the fault in them, and returns their paths and the right answer: of all lines that are there.
 *
 * @param {string} folder
 * @param {string} fault
 */
function writeInputs(folder, fault) {
  /** @type {Map<string, number>} */
  const answer = new Map()
  const files = Array.from({ length: filesCount }, (_, file) => {
    const lines = Array.from({ length: linesPerFile }, (_, n) => {
      const word = `w${(n * 31 + file * 7) % 101}`
      answer.set(word, (answer.get(word) ?? 0) + 1)
      const isFaulty = file === faultyFile && n === faultyLine
      if (isFaulty && fault === 'bad-record') return '{"word": '
      return JSON.stringify(isFaulty ? { word, n, marked: true } : { word, n })
    })
    const bytes = gzipSync(`${lines.join('\n')}\n`)
    const path = join(folder, `day-${file}.jsonl.gz`)
    const isCut = file === faultyFile && fault === 'truncated'
    writeFileSync(path, isCut ? bytes.subarray(0, Math.floor(bytes.length * 0.6)) : bytes)
    return path
  })
  return { files, answer }
}

/**
 * @param {string} out a file, or a directory of part files
 * @returns {Map<string, number> | null} null where there is none
 */
function readAnswer(out) {
  if (!existsSync(out)) return null
  const parts = statSync(out).isDirectory()
    ? readdirSync(out)
        .filter((name) => name.startsWith('part'))
        .map((name) => join(out, name))
    : [out]
  /** @type {Map<string, number>} */
  const found = new Map()
  for (const line of parts.flatMap((part) => readFileSync(part, 'utf8').split('\n'))) {
    if (line === '') continue
    const [word, count] = line.startsWith('{')
      ? Object.values(JSON.parse(line))
      : line.split('\t').map((cell) => JSON.parse(cell))
    found.set(word, count)
  }
  return found.size === 0 ? null : found
}

/**
 * @param {Map<string, number> | null} found
 * @param {Map<string, number>} right
 */
function judge(found, right) {
  if (found === null) return 'no answer'
  const lost = [...right].reduce((sum, [word, count]) => sum + count - (found.get(word) ?? 0), 0)
  const isRight = found.size === right.size && [...right].every(([word, count]) => found.get(word) === count)
  return isRight ? 'right answer' : `WRONG answer, ${lost} records of ${filesCount * linesPerFile} lost`
}

/**
 * Processes that carry the mark in their environment.
 *
 * @param {string} mark
 */
function alive(mark) {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)
    } catch {
      // It has ended, or is not ours.
      return false
    }
  })
}

/**
 * @param {Call} call
 * @param {readonly string[]} args
 * @param {{ folder: string, fault: string, killAfterReads: number | null }} scene
 */
async function runOnce({ program }, args, { folder, fault, killAfterReads }) {
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...process.env,
      FAULTS_MARK: folder,
      FAULTS_FAULT: fault,
      TALLYMAN_HOME: join(folder, 'home'),
      PYTHONPATH: programs,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const patience = setTimeout(() => child.kill('SIGKILL'), patienceSeconds * 1000)
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
  if (killAfterReads !== null) {
    while (readsIn(folder) < killAfterReads && child.exitCode === null) await sleep(20)
    child.kill('SIGKILL')
  }
  const status = await ended
  clearTimeout(patience)
  return { status, said }
}

/** @param {string} folder */
function readsIn(folder) {
  const log = join(folder, 'read')
  return existsSync(log) ? statSync(log).size : 0
}

/**
 * @param {string} peer
 * @param {string} fault
 */
async function measure(peer, fault) {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-faults-'))
  try {
    const { files, answer } = writeInputs(folder, fault)
    const call = /** @type {(typeof peers)[string]} */ (peers[peer])(files, folder)
    const allReads = (filesCount * linesPerFile) / 1000
    // Late enough that some files are done, for who works file by file.
    const killAfterReads = fault === 'killed-coordinator' ? Math.floor(allReads * 0.7) : null
    const { status, said } = await runOnce(call, call.args, { folder, fault, killAfterReads })
    await sleep(3000)
    const left = alive(`FAULTS_MARK=${folder}`)
    const outcome = {
      peer,
      fault,
      status,
      answer: judge(readAnswer(call.out), answer),
      namesFile: said.includes(`day-${faultyFile}.jsonl.gz`),
      leftRunning: left.length,
    }
    for (const pid of left) process.kill(Number(pid), 'SIGKILL')
    if (killAfterReads === null)
      return { ...outcome, lastWords: withoutPaths(said, folder).trim().split('\n').slice(-3) }
    const before = readsIn(folder)
    const second = await runOnce(call, call.again ?? call.args, { folder, fault, killAfterReads: null })
    const then = judge(readAnswer(call.out), answer)
    const readAgain = `${readsIn(folder) - allReads} of ${before} thousand records read again`
    return { ...outcome, afterwards: { status: second.status, answer: then, readAgain } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * A record names no folder of the machine it was made on.
 *
 * @param {string} said
 * @param {string} folder
 */
function withoutPaths(said, folder) {
  const python = dirname(dirname(values.python))
  const short = said.replaceAll(folder, 'FOLDER').replaceAll(projectDir, '')
  return python.length > 1 ? short.replaceAll(python, 'PYTHON') : short
}

function versions() {
  const python = spawnSync(
    values.python,
    ['-c', 'import sys, mrjob, dask; print(sys.version.split()[0], mrjob.__version__, dask.__version__)'],
    { encoding: 'utf8' },
  )
  const parallel = spawnSync('parallel', ['--version'], { encoding: 'utf8' })
  const [pythonVersion, mrjob, dask] = (python.stdout ?? '').trim().split(' ')
  return { python: pythonVersion, mrjob, dask, parallel: (parallel.stdout ?? '').split('\n')[0] }
}

if (values.help) console.log(usage)
else {
  const outcomes = []
  for (const fault of values.faults.split(',')) {
    for (const peer of values.only.split(',')) {
      const outcome = await measure(peer, fault)
      outcomes.push(outcome)
      const { status, answer, namesFile, leftRunning, afterwards } =
        /** @type {typeof outcome & { afterwards?: object }} */ (outcome)
      console.log(
        `${fault} / ${peer}: exit ${status}, ${answer}${namesFile ? ', names the file' : ''}${leftRunning > 0 ? `, leaves ${leftRunning} processes` : ''}${afterwards === undefined ? '' : `; then ${Object.values(afterwards).join(', ')}`}`,
      )
    }
  }
  mkdirSync(values.records, { recursive: true })
  const day = new Date().toISOString().slice(0, 10)
  const record = join(values.records, `${day}-faults.json`)
  writeFileSync(
    record,
    `${JSON.stringify({ program: 'bench/faults.mjs', at: new Date().toISOString(), machine: describeMachine(), versions: versions(), outcomes }, null, 2)}\n`,
  )
  console.log(`Recorded in ${record}`)
}
