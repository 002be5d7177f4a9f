/** Fuzzes what cuts and decodes lines, against the plainest program that does the same. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { jsonl, text } from '../../src/input/index.ts'
import { rangeSplit, readUnits } from '../fixtures/splits.ts'
import type { Random } from './random.ts'
import { realFiles } from './real-files.ts'
import { type Seed, type Target, WrongData } from './target.ts'

/** What a line is to be: a record, or something that is refused. */
type Expected = { readonly record: unknown } | 'rejected'

/**
 * The lines of a file: cut at line feeds. A carriage return before one, or where a line feed was cut off, is no part of the
 * line, and a byte order mark at the start neither.
 */
function cutLines(file: Buffer): Buffer[] {
  const hasMark = file.subarray(0, 3).equals(Buffer.from('\ufeff'))
  const content = hasMark ? file.subarray(3) : file
  const lines: Buffer[] = []
  for (let at = 0; at < content.length; ) {
    const feed = content.indexOf(0x0a, at)
    const end = feed === -1 ? content.length : feed
    const hasReturn = end > at && content[end - 1] === 0x0d
    lines.push(content.subarray(at, hasReturn ? end - 1 : end))
    at = end + 1
  }
  return lines
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function asText(line: Buffer): Expected {
  try {
    return { record: utf8.decode(line) }
  } catch {
    return 'rejected'
  }
}

function asJson(line: Buffer): Expected | null {
  const decoded = asText(line)
  if (decoded === 'rejected') return decoded
  const source = String(decoded.record)
  if (/^[ \t\r]*$/.test(source)) return null
  try {
    return { record: JSON.parse(source) }
  } catch {
    return 'rejected'
  }
}

/** Reads the file in up to four ranges. */
async function readAll(
  path: string,
  format: Parameters<typeof readUnits>[1],
  random: Random,
): Promise<Expected[]> {
  const { sizeBytes } = rangeSplit(path).identity
  const cuts = Array.from({ length: random.below(4) }, () => random.below(sizeBytes + 1))
  const edges = [...new Set([0, ...cuts, sizeBytes])].sort((a, b) => a - b)
  const found: Expected[] = []
  for (let index = 0; index + 1 < edges.length; index++) {
    const split = rangeSplit(path, edges[index], edges[index + 1])
    const { units } = await readUnits(split, format, 1 + random.below(5000))
    found.push(
      ...units.map((unit) => (unit.rejected === undefined ? { record: unit.record } : ('rejected' as const))),
    )
  }
  return found
}

function compare(seed: Seed, found: readonly Expected[], expected: readonly Expected[]): void {
  const wrong = expected.findIndex((one, index) => !isDeepStrictEqual(found[index], one))
  if (wrong === -1 && found.length === expected.length) return
  const at = wrong === -1 ? expected.length : wrong
  const shown = (one: Expected | undefined): string => JSON.stringify(one)?.slice(0, 200) ?? 'nothing'
  throw new WrongData(`${seed.name}: unit ${at} is ${shown(found[at])}, and should be ${shown(expected[at])}`)
}

const seedsOf = (...endings: readonly string[]): Seed[] =>
  endings.flatMap(realFiles).map(({ name, bytes }) => ({ name, bytes: bytes.subarray(0, 20_000) }))

export function textTarget(): Target {
  const made = 'one\r\ntwo\n\n세 번째 줄\r\n\ufefffour\n🦠 fünf\rsix\nseven'
  return {
    name: 'text',
    seeds: [...seedsOf('.txt', '.log'), { name: 'made', bytes: Buffer.from(`\ufeff${made}`) }],
    async check(seed, mutated, random, place) {
      const path = join(place, 'a.txt')
      writeFileSync(path, mutated)
      const found = await readAll(path, text(), random)
      compare(seed, found, cutLines(mutated).map(asText))
      return found.includes('rejected') ? 'less' : 'as it was'
    },
  }
}

/** Integers that a JSON number cannot hold are bigints with us, and numbers with JSON.parse. */
const longInteger = /\d{16}/

export function jsonlTarget(): Target {
  const made = [
    '{"a":1,"a":2,"b":[{"c":"\\ud83e\\udda0 \\u0000 \\\\"},null,true,-0.5e-7]}',
    ' \t',
    '[[[[]]]]',
    '"\\ud83e"',
    '{"__proto__":{"x":1},"":{"":""}}',
    '1e308',
    '',
  ]
  return {
    name: 'jsonl',
    seeds: [...seedsOf('.ndjson', '.json', '.jsonl'), { name: 'made', bytes: Buffer.from(made.join('\n')) }],
    async check(seed, mutated, random, place) {
      if (longInteger.test(mutated.toString('latin1'))) return 'as it was'
      const path = join(place, 'a.jsonl')
      writeFileSync(path, mutated)
      const found = await readAll(path, jsonl(), random)
      compare(
        seed,
        found,
        cutLines(mutated).flatMap((line) => asJson(line) ?? []),
      )
      return found.includes('rejected') ? 'less' : 'as it was'
    },
  }
}
