/**
 * `node tools/run.mjs scan-proof [--lines N] [--seed N] [--data DIR] [--record FILE]` compares lazy records with plain ones:
 * on generated and mutated lines of JSON, and on every split of every file under a folder of real data. Each batch of
 * lines is used in one of many ways. Ends with exit code 1 at the first difference, which it shows with seed and batch.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import fc from 'fast-check'
import type * as InputRoom from '../src/input/index.ts'
import { exactly, jsonObjectText, jsonText, mutate, mutation } from '../test/fixtures/json-texts.ts'
import {
  compareLines,
  isLazy,
  readPath,
  readViewed,
  readWithin,
  recordUseOf,
  type Use,
  uses,
} from '../test/fixtures/record-uses.ts'

const linesPerBatch = 2000
/** Maps of real data read such paths. */
const realUses: readonly Use[] = [
  readPath('text'),
  readPath('place', 'country_code'),
  readPath('user', 'name'),
  readPath('entities', 'hashtags'),
  ...uses,
  readViewed,
  readWithin,
]
const allUses = [...uses, readViewed, readWithin]

/** Totals of what was compared. */
interface Totals {
  lines: number
  lazyRecords: number
  rejected: number
}

/** The decoders of `src/`, joined for this one run into a file beside their kernel, which is built. */
async function loadBuilt(): Promise<typeof InputRoom> {
  const file = join('dist', 'input', 'scan', `proof-${process.pid}.mjs`)
  await build({
    entryPoints: ['src/input/index.ts'],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  })
  try {
    return (await import(pathToFileURL(file).href)) as typeof InputRoom
  } finally {
    rmSync(file)
  }
}

/** Lines of JSON: objects, other values, and the same with one to three small things wrong. */
const someLine = fc.oneof(
  { arbitrary: jsonObjectText, weight: 5 },
  { arbitrary: jsonText, weight: 1 },
  {
    arbitrary: fc
      .tuple(jsonObjectText, fc.array(mutation, { minLength: 1, maxLength: 3 }))
      .map(([text, mutations]) => mutate(text, mutations)),
    weight: 4,
  },
)

/** Bytes of a line; one in sixteen has a byte changed, which may make it invalid UTF-8. */
function bytesOf(text: string, number: number): Buffer {
  const bytes = Buffer.from(text.replaceAll('\n', ' '))
  if (number % 16 === 7 && bytes.length > 0) {
    const changed = (number * 31) % 256
    bytes[(number * 7919) % bytes.length] = changed === 0x0a ? 0x20 : changed
  }
  return bytes
}

function proveGenerated({ jsonl }: typeof InputRoom, wanted: number, seed: number): Totals {
  const totals = { lines: 0, lazyRecords: 0, rejected: 0 }
  for (let batch = 0; totals.lines < wanted; batch++) {
    const texts = fc.sample(someLine, { numRuns: linesPerBatch, seed: seed + batch })
    const lines = texts.map((text, number) => bytesOf(text, number + batch * linesPerBatch))
    const use = allUses[batch % allUses.length] ?? exactly
    // Few lines a decoder, or maps that use records as wholes would soon be given plain ones.
    for (let from = 0; from < lines.length; from += 50) {
      const decoders = { lazy: jsonl().decoder(recordUseOf(use)), plain: jsonl({ lazy: false }).decoder() }
      const { lazyRecords, rejected, difference } = compareLines(lines.slice(from, from + 50), decoders, use)
      if (difference !== null)
        throw new Error(`seed ${seed}, batch ${batch}, use ${batch % allUses.length}: ${difference}`)
      totals.lazyRecords += lazyRecords
      totals.rejected += rejected
    }
    totals.lines += lines.length
  }
  return totals
}

/** Reads every split under a folder twice, side by side, once for each use. */
async function proveReal(room: typeof InputRoom, folder: string): Promise<Totals & { files: number }> {
  const { discoverInputs, planSplits } = room
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const totals = { files: 0, lines: 0, lazyRecords: 0, rejected: 0 }
  for (const path of paths) {
    // Each by itself: together some would be taken for a second series. What cannot be read at all has no files.
    const { files } = await discoverInputs([path], { cwd: process.cwd() })
    totals.files += files.length
    for (const split of planSplits(files, { splitBytes: 2 ** 30, splittable: true })) {
      // Where no line is a record, one use is as good as all.
      for (const use of realUses) if (!(await proveSplit(room, split, use, totals))) break
    }
  }
  return totals
}

/** True when the split has records. */
async function proveSplit(
  { jsonl, openSplit, splitName }: typeof InputRoom,
  split: InputRoom.Split,
  use: Use,
  totals: Totals,
): Promise<boolean> {
  const formats = [jsonl(), jsonl({ lazy: false })]
  const tellings = await Promise.all(
    formats.map(async (format) => {
      const told: string[] = []
      const rejected: string[] = []
      try {
        const reader = await openSplit(split, format, format.decoder(recordUseOf(use)))
        try {
          while (await reader.nextChunk()) {
            for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) {
              const place = `${reader.line} ${reader.startByte} ${reader.endByte}`
              if (kind === 'rejected') {
                rejected.push(`${place} ${reader.rejection.atByte} ${reader.rejection.message}`)
                continue
              }
              if (isLazy(reader.record)) totals.lazyRecords += 1
              told.push(`${place} ${use(reader.record)}`)
            }
          }
        } finally {
          await reader.close()
        }
      } catch (error) {
        rejected.push(String(error))
      }
      return { told, rejected }
    }),
  )
  const [lazy, plain] = tellings
  if (lazy === undefined || plain === undefined) throw new Error('There are two formats.')
  const isSame = exactly(lazy) === exactly(plain)
  if (!isSame) throw new Error(`${splitName(split)}: ${firstDifference(lazy.told, plain.told)}`)
  totals.lines += plain.told.length + plain.rejected.length
  totals.rejected += plain.rejected.length
  return plain.told.length > 0
}

function firstDifference(lazy: readonly string[], plain: readonly string[]): string {
  const at = plain.findIndex((line, index) => line !== lazy[index])
  return `record ${at}\n  lazy  ${lazy[at]}\n  plain ${plain[at]}`
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      data: { type: 'string', default: '../shared/data' },
      record: { type: 'string' },
    },
  })
  const say = (line: string): void => {
    console.log(line)
    if (values.record === undefined) return
    mkdirSync(dirname(values.record), { recursive: true })
    appendFileSync(values.record, `${line}\n`)
  }
  const room = await loadBuilt()
  say(
    `Lazy records against plain ones, seed ${values.seed}; Node ${process.version}, ${new Date().toISOString()}`,
  )
  const generated = proveGenerated(room, Number(values.lines), Number(values.seed))
  say(`generated and mutated: ${inWords(generated)}, used in ${allUses.length} ways: no difference`)
  if (generated.lazyRecords < generated.lines / 4)
    throw new Error('Too few records were lazy: is dist/ built?')
  if (!existsSync(values.data)) return 0
  const { files, ...real } = await proveReal(room, values.data)
  say(`${files} real files, each in ${realUses.length} ways: ${inWords(real)}: no difference`)
  return 0
}

function inWords({ lines, lazyRecords, rejected }: Totals): string {
  const lazy = lazyRecords === 0 ? '' : `${lazyRecords.toLocaleString('en')} lazy records, `
  return `${lines.toLocaleString('en')} lines (${lazy}${rejected.toLocaleString('en')} rejected)`
}
