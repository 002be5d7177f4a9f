// @ts-check
/** What `perf script` prints of a run, sorted by what each part is for. */
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/** @typedef {{ readonly symbol: string, readonly object: string }} Frame */
/** @typedef {{ readonly program: string, readonly pid: number, readonly isMain: boolean, readonly frames: readonly Frame[] }} Sample `frames` from the leaf on */
/** @typedef {typeof partNames[number]} PartName */
/** @typedef {{ readonly part: PartName, readonly seconds: number }} Part */

/** What a run's time is spent on, as it is drawn: in the order in which a record meets it. */
export const partNames = /** @type {const} */ ([
  'start, plan, end',
  'starting the worker',
  'reading',
  'inflating',
  'scanning',
  'values for the map',
  'the map and its emits',
  'sorting, merging, writing',
  'compiling',
  'collecting garbage',
  'the rest',
])

/**
 * @param {string} script lines of `perf script -F comm,pid,tid,ip,sym,dso`, samples with an empty line between them
 * @returns {Sample[]}
 */
export function samplesOf(script) {
  return script.split('\n\n').flatMap((block) => {
    const [head = '', ...lines] = block.trim().split('\n')
    const [, program = '', pid, tid] = /^(\S.*?)\s+(\d+)\/(\d+)/.exec(head) ?? []
    if (pid === undefined) return []
    const frames = lines.map((line) => {
      const [, symbol = '', object = ''] = /^\s*[0-9a-f]+ (.*) \((.*)\)$/.exec(line) ?? []
      return { symbol, object }
    })
    return [{ program, pid: Number(pid), isMain: pid === tid, frames }]
  })
}

/**
 * V8 moves code and collects it, and what is compiled later lies where something else lay: of symbols that overlap the last one is kept, which stood there
 * for longest in a run that comes to rest.
 *
 * @param {string} map the lines of a `/tmp/perf-PID.map`: start and length in hex, and a name
 * @returns {string} the same lines without those that others have overwritten
 */
export function latestSymbols(map) {
  /** Starts that are kept, in order; of each where it ends. @type {number[]} */
  const starts = []
  /** @type {Map<number, number>} */
  const ends = new Map()
  const kept = []
  for (const line of map.trimEnd().split('\n').reverse()) {
    const [from = '', length = ''] = line.split(' ', 2)
    const start = Number.parseInt(from, 16)
    const end = start + Number.parseInt(length, 16)
    const place = placeOf(starts, start)
    const before = ends.get(starts[place - 1] ?? -1) ?? 0
    if (before > start || (starts[place] ?? Number.POSITIVE_INFINITY) < end) continue
    starts.splice(place, 0, start)
    ends.set(start, end)
    kept.push(line)
  }
  return `${kept.join('\n')}\n`
}

/** How many of an ascending list are not above `value`. @param {readonly number[]} list @param {number} value */
function placeOf(list, value) {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * @param {readonly Sample[]} samples of one run with one worker process, in order of time
 * @param {number} perSecond how many a second of a core has
 * @returns {readonly Part[]} those of `partNames` that took anything
 */
export function partsOf(samples, perSecond) {
  const worker = workerAmong(samples)
  let hasBegun = false
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const sample of samples) {
    hasBegun ||= sample.pid === worker && sample.frames.some(isMap)
    const part = sample.pid === worker ? ofWorker(sample, hasBegun) : 'start, plan, end'
    counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  return partNames.flatMap((part) => {
    const count = counts.get(part)
    return count === undefined ? [] : [{ part, seconds: count / perSecond }]
  })
}

/** A job's map is called from its bundle. @param {Frame} frame */
const isMap = ({ symbol }) => symbol.startsWith('JS:') && /\/job\/job\.mjs:/.test(symbol)

/** The process in which the job's code is seen most often: the coordinator does not have it. @param {readonly Sample[]} samples */
function workerAmong(samples) {
  /** @type {Map<number, number>} */
  const seen = new Map()
  for (const { pid, frames } of samples) if (frames.some(isMap)) seen.set(pid, (seen.get(pid) ?? 0) + 1)
  return [...seen].sort(([, a], [, b]) => b - a)[0]?.[0]
}

const garbage = /Scaveng|MarkCompact|MarkingVisitor|Sweeper|ConcurrentMarking|CollectGarbage|Evacuat/
const compiling =
  /v8::internal::(compiler::|Compiler::|maglev::|baseline::|Parse|PreParse|wasm::)|CompileLazy|Turboshaft/
const inflating = /\binflate|inflate_fast|crc32/

/**
 * @param {Sample} sample
 * @param {boolean} hasBegun whether a record was mapped before
 * @returns {PartName}
 */
function ofWorker({ isMain, frames }, hasBegun) {
  const has = (/** @type {RegExp} */ pattern) => frames.some(({ symbol }) => pattern.test(symbol))
  if (has(garbage)) return 'collecting garbage'
  if (has(inflating)) return 'inflating'
  const [leaf] = frames
  const isWasm = leaf?.symbol.includes('wasm-function') === true
  if (!isWasm && has(compiling)) return hasBegun ? 'compiling' : 'starting the worker'
  if (!hasBegun) return 'starting the worker'
  if (!isMain) return 'reading'
  const source = nearestSource(frames)
  if (source === null) return 'the rest'
  // V8 compiles the map into the loop that calls it, and what takes its emits into the map.
  if (source === 'job' || emits.test(source)) return 'the map and its emits'
  if (source.startsWith('input/scan/')) return isWasm ? 'scanning' : 'values for the map'
  if (source.startsWith('input/')) return 'reading'
  return source.startsWith('flow/') ? 'sorting, merging, writing' : 'the rest'
}

const emits = /^(job\/|flow\/(map-|combin|pending-|key-(table|amounts)|amounts))/

/**
 * Which file of `src/` the nearest frame of ours is of, or that it is the job's; null where there is none. What encodes records counts for whom it does so.
 *
 * @param {readonly Frame[]} frames
 */
function nearestSource(frames) {
  for (const frame of frames) {
    if (isMap(frame)) return 'job'
    const [, file, line, column] = /(file:\/\/\S+\/dist\/\S+\.js):(\d+):(\d+)/.exec(frame.symbol) ?? []
    if (file === undefined) continue
    const source = sourceAt(fileURLToPath(file), Number(line), Number(column))
    if (source !== null && !source.startsWith('record/')) return source
  }
  return null
}

/** @type {Map<string, SourceMap | null>} */
const maps = new Map()

/**
 * @param {string} file
 * @param {number} line from 1
 * @param {number} column from 1
 */
function sourceAt(file, line, column) {
  let map = maps.get(file)
  if (map === undefined) {
    map = existsSync(`${file}.map`) ? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))) : null
    maps.set(file, map)
  }
  const entry = map?.findEntry(line - 1, column - 1)
  const source = entry !== undefined && 'originalSource' in entry ? entry.originalSource : undefined
  return source === undefined ? null : (/(?:^|\/)src\/(.*)$/.exec(source)?.[1] ?? null)
}
