import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { TallymanError } from '../../errors.ts'
import type { MapReport, Rejected } from '../../flow/index.ts'
import { readLeftFile } from '../../host/index.ts'
import { noFile } from './kept-files.ts'

/** What `entry.json` says, beside its checksum. */
export interface Entry {
  readonly version: 1
  readonly run: string
  /** Ordinals in it count from the task's first split. */
  readonly report: MapReport
}

/** The text of `entry.json`: the entry, and the SHA-256 of what stands before it. Counters and totals are in no spill, whose checksums cover the rest. */
export function sealEntry(entry: Entry): string {
  const text = JSON.stringify(entry).slice(0, -1)
  return `${text}${sealHead}${sha256(text)}"}`
}

/**
 * Reads an `entry.json`.
 *
 * @throws {TallymanError} `file-damaged` where it is not as it was written; what the system says where it is not there
 */
export function readEntry(file: string): Entry {
  const sealed = readFileSync(file, 'utf8')
  const end = sealed.lastIndexOf(sealHead)
  const text = sealed.slice(0, Math.max(0, end))
  if (sealed !== `${text}${sealHead}${sha256(text)}"}`)
    throw new TallymanError('file-damaged', `${file} is not as it was written.`, { file })
  return JSON.parse(sealed) as Entry
}

const sealHead = ',"sha256":"'

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Ordinals count from the first split of a task in what is kept, and from that of the run elsewhere: `by` leads from the one to the other. */
export function shiftReport(report: MapReport, by: number): MapReport {
  const sources = report.sources.map((source) => ({ ...source, ordinal: source.ordinal + by }))
  return { ...report, sources }
}

/** Of the list of one task, which names 10,000 records at most: a longer file is none. */
const rejectedBytesMax = 2 ** 28

/** Rejected records name the ordinal of their split, which is another one in each run. Returns the bytes written. */
export function shiftRejected(from: string, to: string, by: number): number {
  const bytesThere = readLeftFile(from, rejectedBytesMax)
  if (bytesThere === null) throw noFile(from)
  const records = bytesThere
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line): Rejected => JSON.parse(line))
  const shifted = records.map((record) => ({ ...record, ordinal: record.ordinal + by }))
  const bytes = Buffer.from(shifted.map((record) => `${JSON.stringify(record)}\n`).join(''))
  writeFileSync(to, bytes)
  return bytes.length
}
