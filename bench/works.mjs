// @ts-check
/** What is measured: each work with its input, and every program that does it. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  accessRecords,
  manyWords,
  modelTweets,
  oneGzip,
  oneLine,
  repeatedTweets,
  tinyFiles,
} from './inputs.mjs'
import { measure } from './measure.mjs'
import { compiledOf, peers, programsOf } from './peers.mjs'

/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./inputs.mjs').Sizes} Sizes */
/** @typedef {import('./measure.mjs').Call} Call */
/** @typedef {import('./rows.mjs').AnswerFiles} AnswerFiles */
/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} says its name in the table
 * @property {number} cores how many it may use
 * @property {'tallyman' | 'peer'} kind
 * @property {(input: Input) => Call} call
 * @property {(folder: string) => AnswerFiles} answer where it is, after a run in this folder
 */
/**
 * @typedef {object} Work
 * @property {string} name
 * @property {string} says
 * @property {Input} input
 * @property {readonly Program[]} programs
 * @property {AnswerFiles} expected from another program than those that are measured against each other, or a plain one
 */
/** @typedef {{ readonly python: string, readonly cores: number, readonly isHere: (peer: string) => boolean }} Machine */
/** @typedef {{ readonly folder: string, readonly only: readonly string[], readonly sizes: Sizes, readonly machine: Machine }} Order `only` are names of works */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
const tallyman = join(projectDir, 'bin', 'tallyman')
const jobs = {
  hashtags: join(projectDir, 'examples', 'twitter', 'hashtags.job.ts'),
  access: join(projectDir, 'bench', 'jobs', 'access.job.ts'),
  words: join(projectDir, 'bench', 'jobs', 'words.job.ts'),
}
/** Peers that read zip archives; the others would have to unpack them to disk first. */
const zipReaders = ['plain_python', 'with_orjson', 'with_msgspec', 'with_jq', 'with_simdjson']
/** Those that read a gzip file as it is. */
const gzipReaders = ['plain_python', 'with_msgspec', 'with_duckdb', 'with_chdb']

/** Works that a quick measurement has, as they are called on the command line. */
export const quickWorkNames = ['hashtags', 'hashtags-zip', 'tweets', 'tweets-zip', 'access', 'words', 'start']

/** Every work. */
export const workNames = [...quickWorkNames, 'hashtags-gzip', 'access-skew', 'tiny']

/**
 * Makes the inputs, and says what is to be measured on them.
 *
 * @param {Order} order
 * @returns {AsyncGenerator<Work, void>}
 */
export async function* works(order) {
  const { folder, only, sizes, machine } = order
  const wants = (/** @type {string[]} */ ...names) => names.some((name) => only.includes(name))
  if (wants('hashtags', 'hashtags-zip', 'hashtags-gzip', 'tweets', 'tweets-zip')) yield* tweetWorks(order)
  for (const [name, isSkewed] of /** @type {const} */ ([
    ['access', false],
    ['access-skew', true],
  ]))
    if (wants(name)) {
      const input = accessRecords(folder, sizes, isSkewed)
      yield await checkedByPython(workOver(name, 'access', input, machine), folder)
    }
  if (wants('words'))
    yield await checkedByPython(workOver('words', 'words', manyWords(folder, sizes), machine), folder)
  if (wants('tiny'))
    yield await checkedByPython(workOver('tiny', 'words', tinyFiles(folder, sizes), machine), folder)
  if (wants('start'))
    yield await checkedByPython(workOver('start', 'words', oneLine(folder), machine), folder)
}

/**
 * The hashtags of the homework, in every form that tweets are read from.
 *
 * @param {Order} order
 * @returns {AsyncGenerator<Work, void>}
 */
async function* tweetWorks({ folder, only, sizes, machine }) {
  const wants = (/** @type {string[]} */ ...names) => names.some((name) => only.includes(name))
  if (wants('hashtags', 'hashtags-zip', 'hashtags-gzip')) {
    const model = await modelTweets(folder, sizes)
    const expected = tablesIn(model.answer)
    for (const [name, input] of zipAndPlain('hashtags', model, only))
      yield { ...workOver(name, 'hashtags', input, machine), expected }
    if (wants('hashtags-gzip')) {
      const gzip = workOver('hashtags-gzip', 'hashtags', await oneGzip(folder, model.plain), machine)
      yield await checkedByPython(gzip, folder)
    }
  }
  if (wants('tweets', 'tweets-zip')) {
    const tweets = await repeatedTweets(folder, sizes)
    if (tweets === null) console.log('There are no real tweets here: tweets and tweets-zip are left out.')
    else
      for (const [name, input] of zipAndPlain('tweets', tweets, only))
        yield await checkedByPython(workOver(name, 'hashtags', input, machine), folder)
  }
}

/**
 * @param {string} name
 * @param {import('./inputs.mjs').Tweets} tweets
 * @param {readonly string[]} only
 */
function zipAndPlain(name, tweets, only) {
  return /** @type {[string, Input][]} */ ([
    [name, tweets.plain],
    [`${name}-zip`, tweets.zips],
  ]).filter(([work]) => only.includes(work))
}

/**
 * @param {string} name
 * @param {'hashtags' | 'access' | 'words'} job
 * @param {Input} input
 * @param {Machine} machine
 * @returns {Omit<Work, 'expected'>}
 */
function workOver(name, job, input, machine) {
  const ofPeers = programsOf(job)
    .filter(({ name: peer }) => machine.isHere(peer) && readersFor(name).includes(peer))
    .flatMap(({ name: peer, file }) => peerPrograms(peer, file, machine))
  const says = `${job}: ${input.says}`
  return { name, says, input, programs: [...tallymanPrograms(jobs[job], machine.cores), ...ofPeers] }
}

/** @param {string} work */
function readersFor(work) {
  if (work.endsWith('-zip')) return zipReaders
  return work.endsWith('-gzip') ? gzipReaders : Object.keys(peers)
}

/**
 * @param {string} job
 * @param {number} cores
 * @returns {Program[]}
 */
function tallymanPrograms(job, cores) {
  return ['process', 'thread'].flatMap((isolation) =>
    [...new Set([1, cores])].map((workers) => ({
      name: `tallyman-${isolation}-${workers}`,
      says: `tallyman, ${isolation}`,
      cores: workers,
      kind: /** @type {const} */ ('tallyman'),
      call: (input) => ({
        program: process.execPath,
        args: [
          ...[tallyman, 'run', job, ...input.files, '-o', 'out', '--impolite', '--quiet'],
          ...['--isolation', isolation, '--workers', `${workers}`],
        ],
        // A new one for each run: nothing of an earlier run is reused.
        env: { TALLYMAN_HOME: 'home' },
      }),
      answer: (folder) => tablesIn(join(folder, 'out')),
    })),
  )
}

/**
 * @param {string} peer
 * @param {string} file
 * @param {Machine} machine
 * @returns {Program[]}
 */
function peerPrograms(peer, file, { python, cores }) {
  const { says = peer, isParallel = false, isSingle = !isParallel } = peers[peer] ?? {}
  const counts = [...(isSingle ? [1] : []), ...(isParallel ? [cores] : [])]
  return [...new Set(counts)].map((threads) =>
    peerProgram({ name: `${peer}-${threads}`, says, cores: threads, file, python }),
  )
}

/**
 * A program that is called as `FILE THREADS INPUT…` and writes rows to stdout; one in C++ was compiled before.
 *
 * @param {{ readonly name: string, readonly says: string, readonly cores: number, readonly file: string, readonly python: string }} peer
 * @returns {Program}
 */
export function peerProgram({ name, says, cores, file, python }) {
  const [program, ...before] =
    extname(file) === '.py' ? [python, file] : [extname(file) === '.cpp' ? compiledOf(file) : file]
  return {
    name,
    says,
    cores,
    kind: 'peer',
    call: (input) => ({ program: program ?? file, args: [...before, `${cores}`, ...input.files] }),
    answer: (folder) => [{ file: join(folder, 'stdout') }],
  }
}

/**
 * The tables of a result of tallyman.
 *
 * @param {string} folder
 * @returns {AnswerFiles}
 */
function tablesIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => ({ file: join(folder, name), table: name.slice(0, -'.jsonl'.length) }))
}

/**
 * Where nobody knows the answer, Python's standard library says it: its program is the plainest to read.
 *
 * @param {Omit<Work, 'expected'>} work
 * @param {string} folder
 * @returns {Promise<Work>}
 */
async function checkedByPython(work, folder) {
  const plain = work.programs.find(({ name }) => name === 'plain_python-1')
  if (plain === undefined) throw new Error(`Nobody knows the answer of ${work.name}: there is no python3.`)
  const place = join(folder, `expected-${work.name}`)
  mkdirSync(place, { recursive: true })
  const { fault } = await measure(plain.call(work.input), place)
  if (fault !== null) throw new Error(`The plain program for ${work.name} ${fault}`)
  const file = join(place, 'expected.jsonl')
  copyFileSync(join(place, 'stdout'), file)
  writeFileSync(join(place, 'stdout'), '')
  return { ...work, expected: [{ file }] }
}
