/**
 * The examples, and a job that looks at records in many ways, over everything under ../shared/data, give the same on the fast way as on the slow one. The fast
 * way: records that are decoded where they are read, lines found ahead by a kernel, keys counted, spilled and merged in kernels. The slow one has none of that.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { count, defineJob, jsonl, sum } from 'tallyman'
import { describe, expect, it } from 'vitest'
import logs from '../../examples/logs/logs.job.ts'
import hashtags from '../../examples/twitter/hashtags.job.ts'
import wordcount from '../../examples/wordcount/wordcount.job.ts'
import { decodeUtf8 } from '../../src/input/decode/utf8.ts'
import { discoverInputs, openSplit, planSplits } from '../../src/input/index.ts'
import { type AnyJob, recordUse } from '../../src/job/index.ts'
import { canonicalJson } from '../../src/record/index.ts'
import { flowKernels } from '../fixtures/flow-kernels.ts'
import { rejectedIn, runTasks } from '../fixtures/task-runs.ts'
import { requires } from '../requires.ts'

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const timeoutMs = 240_000
const groupFilesMax = 40

/** Reads what records of the corpora have, and what they have not. */
const looks = defineJob({
  input: jsonl<{ text?: string; user?: { name?: string; id?: unknown }; a?: string; ll?: number[] } | null>(),
  reduce: { read: count(), lengths: sum() },
  map(record, emit, ctx) {
    if (typeof record !== 'object' || record === null) return ctx.counter('no object')
    emit.read(['a', typeof record.a === 'string' ? record.a.slice(0, 20) : null])
    emit.read(['user', record.user?.name ?? null])
    if (record.ll !== undefined) emit.read(['place', JSON.stringify(record.ll)])
    if (typeof record.text === 'string') emit.lengths('text', record.text.length)
    emit.lengths(String(record.user?.id), 1)
  },
})

const jobs: Readonly<Record<string, AnyJob>> = { hashtags, wordcount, logs, looks }

/** The same job, which is given plain records. */
function slowly(job: AnyJob): AnyJob {
  const input =
    job.input.name === 'jsonl'
      ? jsonl({ lazy: false })
      : { ...job.input, decoder: () => ({ decode: decodeUtf8, leaveChunk: () => true }) }
  return { ...job, input }
}

/** All that is found out over files that are reduced together: how many can be read at all, and rows, totals and rejected records. */
async function outcomeOf(
  job: AnyJob,
  paths: readonly string[],
  isFast: boolean,
): Promise<{ readonly files: number; readonly found: readonly string[] }> {
  const { files } = await discoverInputs(paths, { cwd: data })
  const sources = planSplits(files, { splitBytes: 300_000, splittable: true }).map((split) => ({
    ordinal: split.ordinal,
    path: split.path,
    member: split.kind === 'zip-member' ? split.member : null,
    fromStart: split.kind !== 'range' || split.startByte === 0,
    open: () => openSplit(split, job.input, job.input.decoder(isFast ? recordUse(job.map) : null)),
  }))
  const told: string[] = []
  // So few keys are looked up as JavaScript's values, before a kernel takes them over; without a kernel all of them.
  const options = isFast ? { kernels: flowKernels, mappedKeysMax: 100 } : { mappedKeysMax: Number.MAX_VALUE }
  const rows = await runTasks(
    job,
    sources,
    { ...options, params: { text: 'full' } },
    ({ sources, counters, emitted, damaged }, storage) =>
      told.push(JSON.stringify({ sources, counters, emitted, damaged, rejected: rejectedIn(storage) })),
  )
  return { files: files.length, found: [...told, ...rows.map((row) => canonicalJson(row as never))] }
}

/** Files of one folder, so many at most: what they are mapped to is merged together. */
function groupsOf(paths: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const path of paths) {
    const last = groups.at(-1)
    if (last === undefined || last.length === groupFilesMax || dirname(last[0] ?? '') !== dirname(path))
      groups.push([path])
    else last.push(path)
  }
  return groups
}

describe.skipIf(!requires('The folder ../shared/data with real data', existsSync(data)))(
  'over every file of real data',
  () => {
    const paths = readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
    /** Those that are packed, or have an object somewhere: of the others each of a million lines is rejected, and nothing else is seen. */
    const withObjects = paths.filter((path) => /\.(zip|gz)$/.test(path) || readFileSync(path).includes('{'))
    /** Of archives of tweets one is enough to be taken for text. */
    const [archive = '', ...archives] = paths.filter((path) => path.endsWith('.zip'))
    const texts = paths.filter((path) => path === archive || !archives.includes(path))

    it.each(Object.keys(jobs))(
      '%s gives the same on the fast way as on the slow one',
      async (name) => {
        const job = jobs[name]
        if (job === undefined) throw new Error(`There is no job ${name}.`)
        const [plain, seen] = [slowly(job), { files: 0, rows: 0 }]
        const read = job.input.name === 'jsonl' ? withObjects : texts
        for (const group of groupsOf(read)) {
          const expected = await outcomeOf(plain, group, false)
          const where = `${name} over ${group.length} files from ${group[0]} on`
          expect(await outcomeOf(job, group, true), where).toEqual(expected)
          seen.files += expected.files
          seen.rows += expected.found.length
        }
        // Of what was compared there was enough to tell a difference.
        expect(seen.files).toBeGreaterThan(read.length / 2)
        expect(seen.rows).toBeGreaterThan(500)
      },
      timeoutMs,
    )
  },
)
