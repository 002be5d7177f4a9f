import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileStorage } from '../src/executor/worker/file-storage.ts'
import { flowKernels } from '../src/executor/worker/wasm-kernels.ts'
import { runMapTask, runReduceTask } from '../src/flow/index.ts'
import { discoverInputs, openSplit, planSplits, type Split, type SplitReader } from '../src/input/index.ts'
import { type AnyJob, type JobTable, jobTables, recordUse, resolveParams } from '../src/job/index.ts'
import { canonicalJson, compareKeys, type Key } from '../src/record/index.ts'
import { openRowLines } from '../src/result/row-lines.ts'

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
  const use = recordUse(job.map)
  const tables = jobTables(job).map(openTable)
  const emit =
    'kind' in job.reduce ? tables[0]?.emit : Object.fromEntries(tables.map(({ name, emit }) => [name, emit]))
  const params = await resolveParams(job, {})
  for (const split of await wholeFiles(args)) {
    const reader = await openSplit(split, job.input, job.input.decoder(use))
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

/**
 * The same by tallyman's own tasks, one map task over everything and one reduce task, in one thread: the difference to the loop above is
 * what right costs (emits are checked, copied and held until the map has returned, spills are checksummed and merged), and that to a run
 * what survives costs (processes, messages, a journal, files that are committed by rename, a watchdog).
 */
export async function runTasksInOneThread(
  job: AnyJob,
  args: readonly string[],
  folder: string,
): Promise<void> {
  const use = recordUse(job.map)
  const storage = new FileStorage(folder, 'tasks')
  const { spills } = await runMapTask({
    job,
    params: await resolveParams(job, {}),
    sources: (await wholeFiles(args)).map((split) => ({
      ordinal: split.ordinal,
      path: split.path,
      member: null,
      fromStart: true,
      open: () => openSplit(split, job.input, job.input.decoder(use)),
    })),
    partitions: 1,
    combineBytesMax: 2 ** 28,
    kernels: flowKernels,
    storage,
    tick: () => undefined,
  })
  const { parts } = await runReduceTask({
    tables: jobTables(job),
    spills,
    recordsExpected: spills.reduce((sum, { records }) => sum + records, 0),
    kernels: flowKernels,
    storage,
    tick: async () => undefined,
  })
  for (const { table, name } of parts) writeLines(join(folder, 'tasks', name), join(folder, `${table}.jsonl`))
}

function writeLines(part: string, file: string): void {
  writeFileSync(file, '')
  const lines = openRowLines([part])
  for (let next = lines.next(); next !== null; next = lines.next())
    appendFileSync(file, next.bytes.subarray(next.start, next.end))
  lines.close()
}

async function wholeFiles(args: readonly string[]): Promise<readonly Split[]> {
  const { files } = await discoverInputs(args, { cwd: process.cwd() })
  return planSplits(files, { splitBytes: Number.MAX_SAFE_INTEGER, splittable: true })
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
  while (await reader.nextChunk()) {
    for (let kind = reader.next(); kind !== 'end-of-chunk'; kind = reader.next()) {
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
