// @ts-check
/** Inputs of the benchmark: made with a seed, but for real tweets, which are repeated where they are there. */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { writeAccessRecords } from './access-records.mjs'
import { rewriteArchive } from './archives.mjs'
import { writeWords } from './words.mjs'

/** @typedef {{ readonly megabytes: number, readonly wordMegabytes: number, readonly words: number, readonly seed: number }} Sizes */
/** @typedef {{ readonly files: readonly string[], readonly bytes: number, readonly says: string }} Input `bytes` uncompressed */
/** @typedef {{ readonly plain: Input, readonly zips: Input }} Tweets */

const projectDir = fileURLToPath(new URL('..', import.meta.url))
/** Real tweets, for measurements on machines that have them. */
const realTweets = join(projectDir, '..', 'shared', 'data', 'tweets', 'all')
/** Days of the model, which is as large as asked for by how many tweets one of it stands for. */
const modelDays = 8
/** 10,000 files for the size that is measured unless another is asked for. */
const tinyFilesPerMegabyte = 10
/** What the model writes for a day in February at scale 1, about. */
const dayMegabytes = 13_700

/**
 * Tweets of the scale model, and what was counted while they were written.
 *
 * @param {string} folder
 * @param {Sizes} sizes
 * @returns {Promise<Tweets & { readonly answer: string }>} `answer` is a folder
 */
export async function modelTweets(folder, { megabytes, seed }) {
  const scale = Math.max(100, Math.round((dayMegabytes * modelDays) / megabytes))
  const days = Math.max(modelDays, Math.round((megabytes * 100) / dayMegabytes))
  const model = join(folder, 'model')
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(projectDir, 'examples', 'twitter', 'make-model.mjs'),
      model,
      ...['--scale', `${scale}`, '--tag-scale', `${Math.max(1, Math.round(scale / 10))}`],
      ...['--from', '2020-02-18', '--days', `${days}`, '--seed', `${seed}`],
    ],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The scale model was not made: ${stderr}`)
  const dataset = join(model, 'Twitter dataset')
  const archives = readdirSync(dataset).sort()
  const tweets = await rewriteAll(
    archives.map((name) => join(dataset, name)),
    join(folder, 'model-tweets'),
  )
  return {
    ...described(tweets, `${days} days of the scale model, one tweet for ${scale}, seed ${seed}`),
    answer: join(model, 'answer'),
  }
}

/**
 * Real tweets, a day repeated until it is enough; null where there are none.
 *
 * @param {string} folder
 * @param {Sizes} sizes
 * @returns {Promise<Tweets | null>}
 */
export async function repeatedTweets(folder, { megabytes }) {
  if (!existsSync(realTweets)) return null
  const [name] = readdirSync(realTweets)
    .filter((file) => file.endsWith('.zip'))
    .sort()
  if (name === undefined) return null
  const first = await rewriteAll([join(realTweets, name)], join(folder, 'real-tweets'))
  const [day] = first
  if (day === undefined) return null
  const times = Math.max(1, Math.round((megabytes * 1e6) / day.bytes))
  const tweets = Array.from({ length: times }, (_, number) => {
    if (number === 0) return day
    const at = new Date(Date.parse(`20${/\d\d-\d\d-\d\d/.exec(name)?.[0]}T00:00:00Z`) + number * 86_400_000)
    const next = `geoTwitter${at.toISOString().slice(2, 10)}`
    const zip = join(folder, 'real-tweets', 'zips', `${next}.zip`)
    const plain = join(folder, 'real-tweets', 'plain', `${next}.jsonl`)
    copyFileSync(day.zip, zip)
    copyFileSync(day.plain, plain)
    return { zip, plain, bytes: day.bytes }
  })
  return described(tweets, `${basename(name, '.zip')}, real tweets, ${times} times`)
}

/**
 * @param {readonly string[]} archives
 * @param {string} folder
 */
async function rewriteAll(archives, folder) {
  const folders = { zips: join(folder, 'zips'), plain: join(folder, 'plain') }
  for (const made of Object.values(folders)) mkdirSync(made, { recursive: true })
  const tweets = []
  for (const archive of archives) tweets.push(await rewriteArchive(archive, folders))
  return tweets
}

/**
 * @param {readonly { readonly zip: string, readonly plain: string, readonly bytes: number }[]} tweets
 * @param {string} says
 * @returns {Tweets}
 */
function described(tweets, says) {
  const bytes = tweets.reduce((sum, tweet) => sum + tweet.bytes, 0)
  return {
    plain: { files: tweets.map(({ plain }) => plain), bytes, says },
    zips: { files: tweets.map(({ zip }) => zip), bytes, says: `${says}, zipped` },
  }
}

/**
 * All of an input in one gzip file with one member.
 *
 * @param {string} folder
 * @param {Input} plain
 * @returns {Promise<Input>}
 */
export async function oneGzip(folder, { files, bytes, says }) {
  const file = join(folder, `${basename(files[0] ?? '', '.jsonl')}.jsonl.gz`)
  const lines = async function* () {
    for (const path of files) yield* createReadStream(path)
  }
  await pipeline(lines, createGzip(), createWriteStream(file))
  return { files: [file], bytes, says: `${says}, in one gzip file` }
}

/**
 * @param {string} folder
 * @param {Sizes} sizes
 * @param {boolean} isSkewed
 * @returns {Input}
 */
export function accessRecords(folder, { megabytes, seed }, isSkewed) {
  const file = join(folder, `access-${isSkewed}.jsonl`)
  const bytes = writeAccessRecords(file, { bytes: megabytes * 1e6, seed, isSkewed })
  const hosts = isSkewed ? ', nine in ten of one host' : ''
  return { files: [file], bytes, says: `an access log in records of 100 to 200 bytes${hosts}, seed ${seed}` }
}

/**
 * Many small files of text.
 *
 * @param {string} folder
 * @param {Sizes} sizes
 * @returns {Input}
 */
export function tinyFiles(folder, { megabytes, seed }) {
  const made = join(folder, 'tiny')
  mkdirSync(made)
  let bytes = 0
  const files = Array.from({ length: megabytes * tinyFilesPerMegabyte }, (_, number) => {
    const file = join(made, `${String(number).padStart(6, '0')}.txt`)
    bytes += writeWords(file, { bytes: 2000, words: 100, seed: seed + number }).bytes
    return file
  })
  return { files, bytes, says: `${files.length} files of text, seed ${seed}` }
}

/**
 * @param {string} folder
 * @param {Sizes} sizes
 * @returns {Input}
 */
export function manyWords(folder, { wordMegabytes, words, seed }) {
  const file = join(folder, 'words.txt')
  const { bytes } = writeWords(file, { bytes: wordMegabytes * 1e6, words, seed })
  return { files: [file], bytes, says: `text with at least ${words} different words, seed ${seed}` }
}

/**
 * @param {string} folder
 * @returns {Input}
 */
export function oneLine(folder) {
  const file = join(folder, 'line.txt')
  writeFileSync(file, 'the wheels on the bus go round and round\n')
  return { files: [file], bytes: readFileSync(file).length, says: 'one line of text' }
}
