// @ts-check
/** Small records: an access log in JSON lines, 100 to 200 bytes each, of which a job touches five fields of eight. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { randomIntegers } from './words.mjs'

const methods = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT']
const statuses = [200, 200, 200, 200, 200, 200, 200, 304, 304, 404, 301, 500]
const agents = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5', 'Mozilla/5.0 (iPhone)', 'bot/2.1 (+about)']
const writeUnits = 256 * 1024
const startMs = Date.UTC(2020, 2, 1)

/**
 * Writes at least so many bytes, a record more at most. The same seed gives the same bytes everywhere.
 *
 * @param {string} file
 * @param {{ readonly bytes: number, readonly seed: number, readonly isSkewed: boolean }} plan where skewed, nine records in ten are of one host
 * @returns {number} bytes written
 */
export function writeAccessRecords(file, { bytes, seed, isSkewed }) {
  const next = randomIntegers(seed)
  const fd = openSync(file, 'w')
  let [text, written, atMs] = ['', 0, startMs]
  try {
    while (written < bytes) {
      atMs += next() % 900
      text += `${JSON.stringify(recordAt(atMs, next, isSkewed))}\n`
      if (text.length < writeUnits && written + text.length < bytes) continue
      // ASCII alone: characters are bytes.
      written += text.length
      writeSync(fd, text)
      text = ''
    }
  } finally {
    closeSync(fd)
  }
  return written
}

/**
 * @param {number} atMs
 * @param {() => number} next
 * @param {boolean} isSkewed
 */
function recordAt(atMs, next, isSkewed) {
  return {
    time: new Date(atMs).toISOString(),
    host: isSkewed && next() % 10 > 0 ? '10.0.0.1' : `10.${next() % 4}.${next() % 40}.${next() % 32}`,
    method: pick(methods, next()),
    path: `/${wordOf(next())}/${next() % 5000}`,
    status: pick(statuses, next()),
    bytes: next() % 60_000,
    ms: (next() % 20_000) / 10,
    agent: pick(agents, next()),
  }
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} random
 */
function pick(list, random) {
  return list[random % list.length]
}

/** @param {number} random */
function wordOf(random) {
  return (random % 50_000).toString(36)
}
