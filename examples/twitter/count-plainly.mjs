// @ts-check
/**
 * `node examples/twitter/count-plainly.mjs FOLDER OUT_DIR [full]` counts hashtags the plain way, on one core and without
 * tallyman, for a second opinion: every archive `geoTwitterYY-MM-DD.zip` of the folder, every member, every line through
 * JSON.parse. What cannot be read is said on stderr and left out.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'

const tags =
  '#코로나바이러스 #コロナウイルス #冠状病毒 #covid2019 #covid-2019 #covid19 #covid-19 #coronavirus #corona #virus #flu #sick #cough #sneeze #hospital #nurse #doctor'.split(
    ' ',
  )
const [folder = '.', outDir = '.', mode = 'short'] = process.argv.slice(2)
/** @type {Record<string, Map<string, { key: (string | null)[], value: number }>>} */
const tables = { lang: new Map(), country: new Map(), day: new Map() }

/** The members of a zip archive, from the directory at its end. @param {Buffer} zip */
function* membersOf(zip) {
  const end = zip.lastIndexOf('PK\x05\x06')
  if (end === -1) throw new Error('has no directory: it is cut off')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28))
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const body = zip.subarray(start, start + zip.readUInt32LE(at + 20))
    const bytes = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(body) : body
    yield { name, bytes, isWhole: crc32(bytes) === zip.readUInt32LE(at + 16) }
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
}

/** @param {Buffer} bytes @param {string} day */
function countLine(bytes, day) {
  const line = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
  const tweet = line === '' ? {} : JSON.parse(line)
  if (tweet.text === undefined) return
  const text = ((mode === 'full' ? tweet.extended_tweet?.full_text : undefined) ?? tweet.text).toLowerCase()
  for (const tag of ['_all', ...tags.filter((tag) => text.includes(tag))]) {
    const found = { lang: tweet.lang ?? null, country: tweet.place?.country_code ?? null, day }
    for (const [table, value] of Object.entries(found)) {
      const row = tables[table]?.get(`${tag} ${value}`) ?? { key: [tag, value], value: 0 }
      row.value += 1
      tables[table]?.set(`${tag} ${value}`, row)
    }
  }
}

/** Runs it, and says where it failed. @param {string} where @param {() => void} run */
function trying(where, run) {
  try {
    run()
  } catch (error) {
    console.error(`${where}: ${error}`)
  }
}

/** @param {string} archive @param {string} member @param {Buffer} bytes */
function countMember(archive, member, bytes) {
  for (let start = 0, number = 1; start < bytes.length; number++) {
    const newline = bytes.indexOf('\n', start)
    const end = newline === -1 ? bytes.length : newline
    trying(`${archive}!${member}, line ${number}`, () =>
      countLine(bytes.subarray(start, end), `20${archive.slice(10, 18)}`),
    )
    start = end + 1
  }
}

for (const archive of readdirSync(folder).filter((name) => /^geoTwitter\d\d-\d\d-\d\d\.zip$/.test(name))) {
  trying(archive, () => {
    for (const { name, bytes, isWhole } of membersOf(readFileSync(join(folder, archive)))) {
      if (isWhole) countMember(archive, name, bytes)
      else console.error(`${archive}!${name}: wrong checksum`)
    }
  })
}

mkdirSync(outDir, { recursive: true })
for (const [table, rows] of Object.entries(tables)) {
  const sorted = [...rows.values()].sort((left, right) => {
    const at = left.key[0] === right.key[0] ? 1 : 0
    const [a = null, b = null] = [left.key[at], right.key[at]]
    return a === null ? -1 : b === null ? 1 : Buffer.compare(Buffer.from(a), Buffer.from(b))
  })
  writeFileSync(join(outDir, `${table}.jsonl`), sorted.map((row) => `${JSON.stringify(row)}\n`).join(''))
}
