import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { discoverInputs, openSplit, planSplits, type SplitReader } from '../src/input/index.ts'
import { type AnyJob, type JobTable, jobTables, resolveParams } from '../src/job/index.ts'
import { canonicalJson, compareKeys, type Key } from '../src/record/index.ts'

/** A table while it is counted: states by the text of their keys. */
interface Table {
  readonly name: string
  readonly states: Map<string, { readonly key: Key; state: unknown }>
  emit(key: Key, value?: unknown): void
  finish(state: unknown, key: Key): unknown
}

/**
 * What one would write around a job's map to run it once, and nothing else: one thread, one `Map` a table, one sorted file a table. The
 * readers are tallyman's own, so that the difference to a run is what a run adds: workers of its own, a plan, a journal, checksummed
 * spills, a merge, a watchdog, digests. A damaged input or a rejected record ends it. Jobs without `setup`, `flush`, counters and classic reduces.
 *
 * @param args input files
 * @param folder where each table's `NAME.jsonl` goes
 */
export async function runInOneThread(job: AnyJob, args: readonly string[], folder: string): Promise<void> {
  const { files } = await discoverInputs(args, { cwd: process.cwd() })
  const splits = planSplits(files, { splitBytes: Number.MAX_SAFE_INTEGER, splittable: true })
  const tables = jobTables(job).map(openTable)
  const emit =
    'kind' in job.reduce ? tables[0]?.emit : Object.fromEntries(tables.map(({ name, emit }) => [name, emit]))
  const params = await resolveParams(job, {})
  for (const split of splits) {
    const reader = await openSplit(split, job.input, job.input.decoder())
    const position = { path: split.path, member: null, byte: 0, line: null }
    const context = { params, state: undefined, position, counter: ignore, reject, random: Math.random }
    try {
      await mapAll(reader, (record) => job.map(record, emit, context))
    } finally {
      await reader.close()
    }
  }
  for (const table of tables) writeFileSync(join(folder, `${table.name}.jsonl`), linesOf(table))
}

function openTable({ name, reducer }: JobTable): Table {
  if (reducer.kind === 'group') throw new Error(`Table "${name}" has a classic reduce.`)
  const states: Table['states'] = new Map()
  const emit = (key: Key, value?: unknown): void => {
    const text = typeof key === 'string' ? key : JSON.stringify(key)
    const held = states.get(text)
    if (held === undefined) states.set(text, { key, state: reducer.add(reducer.empty(), value) })
    else held.state = reducer.add(held.state, value)
  }
  return { name, states, emit, finish: (state, key) => reducer.finish(state, key) }
}

async function mapAll(reader: SplitReader<unknown>, map: (record: unknown) => unknown): Promise<void> {
  while (await reader.nextBatch()) {
    for (let kind = reader.next(); kind !== 'end-of-batch'; kind = reader.next()) {
      if (kind === 'rejected') throw reader.rejection
      map(reader.record)
    }
  }
}

function linesOf({ states, finish }: Table): string {
  return [...states.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ key, state }) => `{"key":${canonicalJson(key)},"value":${canonicalJson(finish(state, key))}}\n`)
    .join('')
}

function ignore(): void {
  // Counters are what a run has.
}

function reject(reason: string): never {
  throw new Error(reason)
}
