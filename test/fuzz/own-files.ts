/** Fuzzes what tallyman wrote itself: what is not as it was written must be refused, and nothing wrong be believed before. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { TallymanError } from '../../src/errors.ts'
import { encodeFrame, FrameParser } from '../../src/executor/frames.ts'
import { RecordFileReader, RecordFileWriter } from '../../src/record/index.ts'
import { verifyResult } from '../../src/result/index.ts'
import { encodeLine, readJournal } from '../../src/run/journal/journal.ts'
import { writeTestResult } from '../fixtures/results.ts'
import type { Random } from './random.ts'
import { type Outcome, type Seed, type Target, WrongData } from './target.ts'

/** Runs `read`; true when it refused with an error of ours. */
function isRefused(read: () => void): boolean {
  try {
    read()
    return false
  } catch (error) {
    if (error instanceof TallymanError && error.code !== 'internal') return true
    throw error
  }
}

function requirePrefix(seed: Seed, found: readonly unknown[], whole: readonly unknown[]): Outcome {
  if (!isDeepStrictEqual(found, whole.slice(0, found.length))) {
    throw new WrongData(`${seed.name}: ${JSON.stringify(found).slice(0, 300)} was believed`)
  }
  return found.length === whole.length ? 'as it was' : 'less'
}

function recordFile(rows: number, blockBytes: number): Buffer {
  const chunks: Buffer[] = []
  const sink = { write: (chunk: Buffer) => void chunks.push(Buffer.from(chunk)) }
  const writer = new RecordFileWriter(sink, 'spill', blockBytes)
  for (let row = 0; row < rows; row++) {
    const key = Buffer.from(`key ${row}`)
    const value = Buffer.alloc((row * 37) % 300, row)
    writer.append(key, 0, key.length, value, 0, value.length)
  }
  writer.finish()
  return Buffer.concat(chunks)
}

/** Reads a record file into `rows`, as far as it goes. */
function readRows(content: Buffer, rows: string[]): void {
  const source = {
    name: 'map-0.spill',
    sizeBytes: content.length,
    read: (into: Buffer, atByte: number) => content.copy(into, 0, atByte),
  }
  const reader = new RecordFileReader(source, 'spill')
  while (reader.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
    rows.push(bytes.toString('latin1', keyStart, keyEnd), bytes.toString('latin1', valueStart, valueEnd))
  }
}

export function recordFileTarget(): Target {
  const seeds = [
    { name: 'one block', bytes: recordFile(20, 65_536) },
    { name: 'many blocks', bytes: recordFile(200, 500) },
    { name: 'empty', bytes: recordFile(0, 500) },
  ]
  return {
    name: 'record-file',
    seeds,
    async check(seed, mutated) {
      const whole: string[] = []
      readRows(seed.bytes, whole)
      const rows: string[] = []
      const refused = isRefused(() => readRows(mutated, rows))
      const outcome = requirePrefix(seed, rows, whole)
      if (refused) return rows.length === 0 ? 'refused' : 'less'
      if (!mutated.equals(seed.bytes)) throw new WrongData(`${seed.name}: a changed file was read as good`)
      return outcome
    },
  }
}

export function journalTarget(): Target {
  const events = Array.from({ length: 12 }, (_, index) => ({
    type: 'attempt-started',
    at: 1_600_000_000_000 + index,
    attempt: `map-${index}.1`,
    text: '🦠 \u2028 "quoted"',
  }))
  const header = { format: 'tallyman journal', version: 2 }
  const lines: string[] = []
  for (const line of [header, ...events]) lines.push(encodeLine(line, lines.at(-1) ?? ''))
  const bytes = Buffer.from(lines.join(''))
  return {
    name: 'journal',
    seeds: [{ name: 'twelve events', bytes }],
    async check(seed, mutated, _random, place) {
      const file = join(place, 'journal')
      writeFileSync(file, mutated)
      let found: readonly unknown[] = []
      const refused = isRefused(() => {
        found = readJournal(file)?.events ?? []
      })
      return refused ? 'refused' : requirePrefix(seed, found, events)
    },
  }
}

/** @param folder where the whole result is kept */
export function resultTarget(folder: string): Target {
  const directory = join(folder, 'whole-result')
  const rows = Array.from(
    { length: 30 },
    (_, index) => [[`#tag${index}`, index % 3 ? 'en' : null], index * 7] as const,
  )
  const committed = writeTestResult(directory, { tables: { lang: rows, day: rows.slice(0, 3) } })
  const seeds = ['manifest.json', 'lang.jsonl', 'day.jsonl'].map((name) => ({
    name,
    bytes: readFileSync(join(directory, name)),
  }))
  return {
    name: 'result',
    seeds,
    async check(seed, mutated, random, place) {
      const copy = join(place, 'result')
      cpSync(directory, copy, { recursive: true })
      writeFileSync(join(copy, seed.name), mutated)
      let findings = 0
      const refused = isRefused(() => {
        // Also without the journal of its run, as on another machine.
        const known = random.below(2) === 0 ? { ...committed, directory: copy } : null
        findings = verifyResult(copy, { committed: known }).findings.length
      })
      if (refused || findings > 0) return 'refused'
      if (!mutated.equals(seed.bytes))
        throw new WrongData(`${seed.name}: a changed file was found to be good`)
      return 'as it was'
    },
  }
}

/** Messages carry no checksum: whatever comes, the parser ends with messages or an error of ours, and holds no more than it got. */
export function frameTarget(): Target {
  const messages = [
    { type: 'ready' },
    { type: 'progress', bytes: 1234567, text: '🦠' },
    { type: 'done', list: [1, 2] },
  ]
  return {
    name: 'frames',
    seeds: [{ name: 'three messages', bytes: Buffer.concat(messages.map(encodeFrame)) }],
    async check(seed, mutated, random) {
      const parser = new FrameParser()
      const found: unknown[] = []
      const refused = isRefused(() => feed(parser, mutated, random, found))
      if (!refused && mutated.equals(seed.bytes)) return requirePrefix(seed, found, messages)
      return refused ? 'refused' : 'less'
    },
  }
}

function feed(parser: FrameParser, bytes: Buffer, random: Random, found: unknown[]): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(20)
    found.push(...parser.push(bytes.subarray(at, end)))
    at = end
  }
}
