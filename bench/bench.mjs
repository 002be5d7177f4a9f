// @ts-check
/**
 * `npm run bench` measures tallyman against its peers: whole programs over the same inputs, from start to exit. `-- --quick` takes
 * about three minutes, `-- --help` tells the rest.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.mjs'
import { defaultPython, lookAtPeers } from './peers.mjs'
import { hasProc } from './process-tree.mjs'
import { recordOf } from './record.mjs'
import { runRounds } from './rounds.mjs'
import { peerProgram, quickWorkNames, workNames, works } from './works.mjs'

const projectDir = fileURLToPath(new URL('..', import.meta.url))

const usage = `Usage: npm run bench -- [OPTION…]

Runs tallyman and its peers over the same inputs, in rounds, and records medians and spreads of wall time, CPU time and peak memory.
A program whose answer is not right has no times, and the exit code is 1. Needs Linux and python3; node bench/install-peers.mjs
installs the peers.

  --quick              small inputs and 3 rounds: about 3 minutes. Without it: 1 GB and 5 rounds, about an hour
  --work LIST          comma-separated: ${workNames.join(', ')}.
                       Default: all; with --quick all but the last ${workNames.length - quickWorkNames.length}
  --program LIST       only programs whose name contains one of these: duckdb, tallyman-process-1
  --add WORK:FILE      measures a program of your own as well: it is called as FILE THREADS INPUT… on one core, and writes rows
                       {"table":…,"key":…,"value":…} to stdout, a line each
  --megabytes N        of JSON. Default: 1000, with --quick 30
  --words N            different words, in 60 bytes of text each. Default: 5200000, with --quick 100000
  --rounds N           Default: 5, with --quick 3
  --seed N             of the inputs. Default: 1
  --python FILE        that runs the peers. Default: the one in bench/.peers, or python3
  --folder DIR         where inputs and answers are made. Default: a temporary folder, which is removed
  --records DIR        where the record goes. Default: bench/runs
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    work: { type: 'string' },
    program: { type: 'string', default: '' },
    add: { type: 'string', multiple: true, default: [] },
    megabytes: { type: 'string' },
    words: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: defaultPython() },
    folder: { type: 'string' },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})

const wanted = values.work?.split(',') ?? (values.quick ? quickWorkNames : workNames)
const bytesPerWord = 60
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5))
const words = Number(values.words ?? (values.quick ? 100_000 : 5_200_000))
const sizes = {
  megabytes: Number(values.megabytes ?? (values.quick ? 30 : 1000)),
  words,
  wordMegabytes: (words * bytesPerWord) / 1e6,
  seed: Number(values.seed),
}

/**
 * The programs of a work that were asked for, and those that were added.
 *
 * @param {import('./works.mjs').Work} work
 */
function chosen(work) {
  const parts = values.program.split(',')
  const programs = work.programs.filter(({ name }) => parts.some((part) => name.includes(part)))
  const added = values.add.flatMap((order) => {
    const [name = '', ...file] = order.split(':')
    return name === work.name ? [resolve(file.join(':'))] : []
  })
  return [
    ...programs,
    ...added.map((file, number) =>
      peerProgram({
        name: `added-${number + 1}`,
        says: `added ${number + 1}`,
        cores: 1,
        file,
        python: values.python,
      }),
    ),
  ]
}

/** @param {import('./record.mjs').WorkRecord} record */
function say({ work, says, bytes, measured }) {
  console.log(`\n${work} (${says}; ${(bytes / 1e6).toFixed(1)} MB)`)
  for (const { program, refused, wallSeconds, cpuSeconds, peakMiB } of measured) {
    const text =
      refused !== undefined || wallSeconds === undefined || cpuSeconds === undefined
        ? `REFUSED: ${refused}`
        : `${wallSeconds.median.toFixed(2).padStart(7)} s (${wallSeconds.min.toFixed(2)} to ${wallSeconds.max.toFixed(2)})  ` +
          `${cpuSeconds.median.toFixed(2).padStart(7)} CPU s  ${String(peakMiB).padStart(5)} MiB`
    console.log(`  ${program.padEnd(20)}${text}`)
  }
}

/** The version of this project, with the last commit that changed what is measured, where it is known. */
function ownVersion() {
  const { version } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'))
  const args = ['log', '-1', '--format=%h', '--', 'src']
  const { status, stdout } = spawnSync('git', args, { cwd: projectDir, encoding: 'utf8' })
  const commit = status === 0 ? stdout.trim() : ''
  return commit === '' ? version : `${version} (${commit})`
}

async function main() {
  const seen = Object.entries(lookAtPeers(values.python))
  const versions = Object.fromEntries(
    seen.flatMap(([name, found]) => ('version' in found ? [[name, found.version]] : [])),
  )
  const absent = Object.fromEntries(
    seen.flatMap(([name, found]) => ('absent' in found ? [[name, found.absent]] : [])),
  )
  for (const [name, reason] of Object.entries(absent)) console.log(`Left out: ${name}: ${reason}`)
  const folder =
    values.folder === undefined ? mkdtempSync(join(tmpdir(), 'tallyman-bench-')) : resolve(values.folder)
  mkdirSync(folder, { recursive: true })
  try {
    const machine = {
      python: values.python,
      cores: availableParallelism(),
      isHere: (/** @type {string} */ peer) => peer in versions,
    }
    const [loadBefore = 0] = loadavg()
    const at = new Date().toISOString()
    /** @type {import('./record.mjs').WorkRecord[]} */
    const records = []
    let file = ''
    for await (const work of works({ folder, only: wanted, sizes, machine })) {
      const outcomes = await runRounds({ ...work, programs: chosen(work) }, { rounds, folder })
      const record = recordOf(work, outcomes)
      say(record)
      records.push(record)
      // After each, so that one that is ended early leaves what it has measured.
      file = writeRecord({
        benchmark: 'bench',
        at,
        quick: values.quick,
        rounds,
        seed: sizes.seed,
        machine: describeMachine(),
        loadBefore: Math.round(loadBefore * 10) / 10,
        versions: { tallyman: ownVersion(), ...versions },
        absent,
        works: records,
      })
    }
    console.log(`\nRecorded in ${file}`)
    return records.every(({ measured }) => measured.every(({ refused }) => refused === undefined)) ? 0 : 1
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {import('./record.mjs').BenchRecord} record
 * @returns {string} the file
 */
function writeRecord(record) {
  mkdirSync(values.records, { recursive: true })
  const file = join(values.records, `${record.at.slice(0, 10)}-bench.json`)
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`)
  return file
}

const strange = wanted.filter((name) => !workNames.includes(name))
if (values.help) {
  console.log(usage)
} else if (strange.length > 0) {
  console.error(`There is no work "${strange[0]}"; the works are ${workNames.join(', ')}.`)
  process.exitCode = 2
} else if (hasProc) {
  process.exitCode = await main()
} else {
  console.error('This measurement reads /proc/PID/task/TID/children, which is not here: it needs Linux.')
  process.exitCode = 2
}
