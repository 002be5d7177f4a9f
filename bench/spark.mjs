// @ts-check
/**
 * `node bench/spark.mjs` measures what Spark takes beside the tasks: the same job by processes of this machine, on `local[2]` and on a standalone cluster
 * of two workers, and the same job in plain PySpark. `--help` tells the rest.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CpuGroup } from './cpu-group.mjs'
import { manyWords, modelTweets } from './inputs.mjs'
import { describeMachine } from './machine.mjs'
import { measure } from './measure.mjs'
import { readAnswer } from './rows.mjs'
import { Cluster } from './spark-cluster.mjs'

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./rows.mjs').AnswerFiles} AnswerFiles */
/** @typedef {import('./measure.mjs').Call} Call */
/** @typedef {{ readonly wallSeconds: number, readonly cpuSeconds: number, readonly peakBytes: number, readonly shuffleBytes: number, readonly roles: Readonly<Record<string, number>> }} Ran */
/** @typedef {{ readonly name: string, readonly input: Input, readonly small: Input, readonly job: string, readonly peers: readonly string[] }} Work */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const tallyman = join(projectDir, 'bin', 'tallyman')

const usage = `Usage: node bench/spark.mjs [OPTION…]

Runs jobs by two processes of this machine, on Spark here (local[2]), on a standalone cluster of two workers, and the same in plain PySpark
on local[2]. Answers are compared first. CPU time is of everything that was ever started, the cluster's daemons with it; what the same program takes over one
line or day is told apart as its start. Needs Linux with control groups, and pyspark.

  --work NAME,…    hashtags-zip, hashtags, words. Default: all
  --megabytes N    of tweets. Default: 1000
  --times N        each archive under so many names, of other days. Default: 8
  --words N        different words, of text of 300 MB. Default: 2000000
  --word-megabytes N  of text. Default: 300
  --rounds N       each program once a round, in turn. Default: 3
  --ways WORD      only two processes, and ways whose name has this word in it
  --spark-home DIR Default: as tallyman finds it
  --records DIR    where the record goes. Default: bench/runs; "none" for none
`

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'hashtags-zip,hashtags,words' },
    megabytes: { type: 'string', default: '1000' },
    times: { type: 'string', default: '8' },
    words: { type: 'string', default: '2000000' },
    'word-megabytes': { type: 'string', default: '300' },
    rounds: { type: 'string', default: '3' },
    ways: { type: 'string', default: '' },
    'spark-home': { type: 'string' },
    records: { type: 'string', default: join(projectDir, 'bench', 'runs') },
    help: { type: 'boolean', default: false },
  },
})

/** As tallyman has it set: what Spark itself writes of each task tells what went through the shuffle. */
const sparkConf = (/** @type {string} */ events) => ({
  'spark.ui.enabled': 'false',
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
  'spark.executor.memory': '1g',
  'spark.sql.shuffle.partitions': '8',
  'spark.eventLog.enabled': 'true',
  'spark.eventLog.dir': `file://${events}`,
  'spark.eventLog.compress': 'false',
  'spark.eventLog.rolling.enabled': 'false',
})

/** @param {Readonly<Record<string, string>>} conf @param {string} flag */
const confWords = (conf, flag) => Object.entries(conf).flatMap(([name, value]) => [flag, `${name}=${value}`])

/** Where the package of Spark lies. */
function findHome() {
  if (values['spark-home'] !== undefined) return values['spark-home']
  const code = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'
  return execFileSync('python3', ['-c', code], { encoding: 'utf8' }).trim()
}

/**
 * Small inputs have the same shape as large ones: over them a program takes what it takes to start and to end.
 *
 * @param {string} folder
 * @returns {Promise<Work[]>}
 */
async function makeWorks(folder) {
  const wanted = (values.work ?? '').split(',')
  const job = (/** @type {string[]} */ ...path) => join(projectDir, ...path)
  const sizes = { wordMegabytes: 1, words: 100, seed: 1 }
  const works = []
  if (wanted.some((name) => name.startsWith('hashtags'))) {
    const [large, small] = [
      await modelTweets(made(folder, 'large'), { ...sizes, megabytes: Number(values.megabytes) }),
      await modelTweets(made(folder, 'small'), { ...sizes, megabytes: 1 }),
    ]
    const common = { job: job('examples', 'twitter', 'hashtags.job.ts'), expected: tablesIn(large.answer) }
    if (wanted.includes('hashtags-zip'))
      works.push({
        ...common,
        name: 'hashtags-zip',
        input: repeated(large.zips),
        small: one(small.zips),
        peers: ['hashtags_rdd'],
      })
    if (wanted.includes('hashtags'))
      works.push({
        ...common,
        name: 'hashtags',
        input: repeated(large.plain),
        small: one(small.plain),
        peers: ['hashtags_rdd', 'hashtags_dataframe'],
      })
  }
  if (wanted.includes('words')) {
    const text = {
      ...sizes,
      wordMegabytes: Number(values['word-megabytes']),
      words: Number(values.words),
      megabytes: 0,
    }
    works.push({
      name: 'words',
      input: manyWords(made(folder, 'words'), text),
      small: manyWords(made(folder, 'few-words'), { ...sizes, megabytes: 0 }),
      job: job('bench', 'jobs', 'words.job.ts'),
      peers: ['words_rdd', 'words_dataframe'],
    })
  }
  return works
}

/**
 * The same tweets on other days: to make as many would take longer than to measure.
 *
 * @param {Input} input
 * @returns {Input}
 */
function repeated({ files, bytes, says }) {
  const times = Number(values.times)
  const all = Array.from({ length: times }, (_, number) =>
    files.map((file) => {
      const [day = ''] = /\d\d-\d\d-\d\d/.exec(file) ?? []
      const at = new Date(Date.parse(`20${day}T00:00:00Z`) + number * files.length * 86_400_000)
      const name = file.replace(day, at.toISOString().slice(2, 10))
      if (number > 0) linkSync(file, name)
      return name
    }),
  )
  return { files: all.flat(), bytes: bytes * times, says: `${says}, ${times} times` }
}

/** @param {Input} input */
const one = ({ files, ...rest }) => ({ ...rest, files: files.slice(0, 1) })

/** @param {string} folder @param {string} name */
function made(folder, name) {
  mkdirSync(join(folder, name))
  return join(folder, name)
}

/** @param {string} folder @returns {AnswerFiles} */
const tablesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => ({ file: join(folder, name), table: name.slice(0, -'.jsonl'.length) }))

/** @param {string} folder @returns {AnswerFiles} */
const partsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('part-'))
    .map((name) => ({ file: join(folder, name) }))

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {(input: Input, place: string) => Call} call
 * @property {(place: string) => AnswerFiles} answer
 */

/**
 * @param {Work} work
 * @param {string} home
 * @param {string} master of the cluster
 * @returns {Way[]}
 */
function waysOf(work, home, master) {
  const ours = (/** @type {string} */ name, /** @type {readonly string[]} */ ...words) => ({
    name,
    call: (/** @type {Input} */ input, /** @type {string} */ place) => ({
      program: process.execPath,
      args: [
        tallyman,
        'run',
        work.job,
        ...input.files,
        '-o',
        join(place, 'out'),
        '--impolite',
        '--quiet',
        ...words,
      ],
      // The archive for executors is made once, as for anybody.
      env: { TALLYMAN_HOME: join(dirname(place), 'home') },
    }),
    answer: (/** @type {string} */ place) => tablesIn(join(place, 'out')),
  })
  const theirs = (/** @type {string} */ peer, /** @type {string} */ where, /** @type {string} */ on) => ({
    name: `PySpark, ${peer.replace(/.*_/, '')}, ${where}`,
    call: (/** @type {Input} */ input, /** @type {string} */ place) => ({
      program: join(home, 'bin', 'spark-submit'),
      args: [
        ...['--master', on, ...confWords(sparkConf(made(place, 'events')), '--conf')],
        ...['--py-files', ['session.py', 'tags.py'].map((name) => peerFile(name)).join(',')],
        ...[peerFile(`${peer}.py`), join(place, 'out'), ...input.files],
      ],
      env: { SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1' },
    }),
    answer: (/** @type {string} */ place) => partsIn(join(place, 'out')),
  })
  const onSpark = [
    '--spark-home',
    home,
    ...confWords({ 'spark.executor.memory': '1g', 'spark.driver.host': '127.0.0.1' }, '--spark-conf'),
  ]
  return [
    ours('two processes', '--isolation', 'process', '--workers', '2', '--no-reuse'),
    ours('on local[2]', '--on', 'local[2]', ...onSpark),
    ours('on the cluster', '--on', master, '--workers', '2', ...onSpark),
    ...work.peers.map((peer) => theirs(peer, 'local[2]', 'local[2]')),
  ].filter(({ name }, at) => at === 0 || name.includes(values.ways ?? ''))
}

/** @param {string} name */
const peerFile = (name) => join(projectDir, 'bench', 'peers', name === 'tags.py' ? 'hashtags' : 'spark', name)

/** Runs programs, with the CPU time of all that they started, here and on the cluster. */
class Bench {
  #folder
  #clusterGroup
  #runs = 0

  /** @param {string} folder @param {CpuGroup} clusterGroup */
  constructor(folder, clusterGroup) {
    this.#folder = folder
    this.#clusterGroup = clusterGroup
  }

  /**
   * @param {Way} way
   * @param {Input} input
   * @param {(files: AnswerFiles) => Promise<void>} check
   * @returns {Promise<Ran>}
   */
  async run(way, input, check) {
    this.#runs += 1
    const place = made(this.#folder, `run-${this.#runs}`)
    const group = new CpuGroup(`${this.#runs}`)
    const [before, rolesBefore] = [this.#clusterGroup.seconds, this.#clusterGroup.roles]
    const { times, fault } = await measure(group.within(way.call(input, place)), place)
    const cpuSeconds = group.seconds + this.#clusterGroup.seconds - before
    if (fault !== null) throw new Error(`${way.name} ${fault}`)
    await check(way.answer(place))
    const roles = { ...group.roles }
    for (const [role, seconds] of Object.entries(this.#clusterGroup.roles)) {
      const more = seconds - (rolesBefore[role] ?? 0)
      if (more > 0) roles[role] = Math.round((more + (roles[role] ?? 0)) * 100) / 100
    }
    group.end()
    const shuffleBytes = existsSync(join(place, 'events'))
      ? shuffledIn(join(place, 'events'))
      : this.#shuffled(place)
    rmSync(place, { recursive: true, force: true })
    return { ...times, cpuSeconds, shuffleBytes, roles }
  }

  /** Of a run of tallyman. @param {string} place */
  #shuffled(place) {
    const env = { ...process.env, TALLYMAN_HOME: join(dirname(place), 'home') }
    const run = JSON.parse(
      execFileSync(process.execPath, [tallyman, 'show', 'last', '--json'], { env, encoding: 'utf8' }),
    )
    return run.spark?.shuffle.writtenBytes ?? 0
  }
}

/** @param {string} folder with Spark's event log */
function shuffledIn(folder) {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
  return lines
    .filter((line) => line.includes('"SparkListenerTaskEnd"'))
    .map(
      (line) => JSON.parse(line)['Task Metrics']?.['Shuffle Write Metrics']?.['Shuffle Bytes Written'] ?? 0,
    )
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** @param {readonly number[]} numbers */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
/** @param {number} number */
const rounded = (number) => Math.round(number * 100) / 100

/**
 * @param {Work} work
 * @param {readonly Way[]} ways
 * @param {Bench} bench
 */
async function measureWork(work, ways, bench) {
  /** @type {import('./rows.mjs').Answer[]} */
  const answers = []
  const check = async (/** @type {AnswerFiles} */ files) => {
    answers.push(await readAnswer(files))
    const [right, answer] = [answers[0], answers.at(-1)]
    if (answer?.rows === right?.rows && answer?.digest === right?.digest) return
    throw new Error(
      `An answer is wrong: it has ${answer?.rows} rows, and that of two processes has ${right?.rows}.`,
    )
  }
  const anything = async () => {}
  /** @type {Map<Way, { small: Ran[], large: Ran[] }>} */
  const runs = new Map(ways.map((way) => [way, { small: [], large: [] }]))
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [way, { small, large }] of runs) {
      small.push(await bench.run(way, work.small, anything))
      const ran = await bench.run(way, work.input, check)
      if (values.records === 'none') console.log(small.at(-1)?.roles, ran.roles)
      large.push(ran)
      console.log(
        `${work.name}, ${way.name}: ${rounded(ran.wallSeconds)} s, CPU ${rounded(ran.cpuSeconds)} s, start ${rounded(small.at(-1)?.cpuSeconds ?? 0)} s`,
      )
    }
  const all = [...runs].map(([way, { small, large }]) => ({
    name: way.name,
    wallSeconds: rounded(median(large.map((ran) => ran.wallSeconds))),
    startWallSeconds: rounded(median(small.map((ran) => ran.wallSeconds))),
    cpuSeconds: rounded(median(large.map((ran) => ran.cpuSeconds))),
    startCpuSeconds: rounded(median(small.map((ran) => ran.cpuSeconds))),
    // Within a round, so that what others do at the same time concerns both.
    workSeconds: large.map((ran, round) => rounded(ran.cpuSeconds - (small[round]?.cpuSeconds ?? 0))),
    shuffleBytes: median(large.map((ran) => ran.shuffleBytes)),
    roles: large.at(-1)?.roles,
    startRoles: small.at(-1)?.roles,
  }))
  const [local] = all
  return {
    work: work.name,
    says: work.input.says,
    bytes: work.input.bytes,
    rows: answers[0]?.rows,
    measured: all.map((one) => ({
      ...one,
      ofLocal: rounded(
        median(one.workSeconds.map((seconds, round) => seconds / (local?.workSeconds[round] ?? 0))),
      ),
    })),
  }
}

/** @param {readonly Awaited<ReturnType<typeof measureWork>>[]} works */
function tableOf(works) {
  const rows = works.flatMap(({ work, measured }) =>
    measured.map((one) => [
      work,
      one.name,
      one.wallSeconds.toFixed(1),
      one.cpuSeconds.toFixed(1),
      one.startCpuSeconds.toFixed(1),
      one.ofLocal.toFixed(2),
      one.shuffleBytes === 0 ? '–' : (one.shuffleBytes / 1e6).toFixed(1),
    ]),
  )
  const head = [
    'work',
    'by',
    'wall, s',
    'CPU, s',
    'of it start, s',
    'CPU without start, of two processes',
    'shuffle, MB',
  ]
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}

async function main() {
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-spark-'))
  const [home, cluster, group] = [findHome(), new Cluster(), new CpuGroup('cluster')]
  try {
    const startedAt = new Date().toISOString()
    const works = await makeWorks(folder)
    await cluster.start(home, made(folder, 'cluster'), group)
    const load = loadavg()
    const bench = new Bench(made(folder, 'runs'), group)
    const measured = []
    for (const work of works)
      measured.push(await measureWork(work, waysOf(work, home, cluster.master), bench))
    process.stdout.write(tableOf(measured))
    if (values.records === 'none') return
    const versions = {
      node: process.version,
      spark: /spark-core_[\d.]+-([\d.]+)\.jar/.exec(readdirSync(join(home, 'jars')).join(' '))?.[1],
    }
    const record = {
      what: 'spark',
      startedAt,
      machine: describeMachine(),
      load,
      versions,
      rounds: Number(values.rounds),
      works: measured,
    }
    const name = `${startedAt.slice(0, 16).replace(':', '')}-spark.json`
    writeFileSync(join(values.records ?? '', name), `${JSON.stringify(record, null, 2)}\n`)
    console.log(`Recorded in ${name}`)
  } finally {
    await cluster.stop()
    group.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
