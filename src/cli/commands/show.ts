import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { printable } from '../../printable.ts'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import { checkTables, type Manifest, readHead, readManifest } from '../../result/index.ts'
import {
  type CommittedTable,
  type RunDirectory,
  type RunOnDisk,
  type RunState,
  readRun,
  resumeCommand,
  type SparkStanding,
  sayMend,
  sayRunStatus,
  statusOf,
  totalsOf,
} from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import { clip } from '../cells.ts'
import type { Command } from '../command.ts'
import { afterFailure, listBounded } from '../end-of-run.ts'
import { exitCodes } from '../exit-codes.ts'
import { firstLines } from '../first-lines.ts'
import { rejectedLines } from '../rejected-lines.ts'
import { findResult, findRunOrResult } from '../result-place.ts'
import { findRun } from '../runs-folder.ts'
import { showSoFar } from '../show-so-far.ts'
import { asksForTable, showTable } from '../show-table.ts'
import { shownPath } from '../shown-path.ts'
import { showHeads } from '../tables.ts'
import type { Terminal } from '../terminal.ts'

const rowsDefault = 10

export const show: Command = {
  name: 'show',
  operands: '[RUN|RESULT]',
  operandsMax: 1,
  summary: 'shows a run or a result: how complete it is, and its tables',
  details: [
    'RUN is an id, the beginning of one, "last", or the path of a run. RESULT is the directory of a result. Where nothing is named, the last run is shown.',
  ],
  example: 'tallyman show last --table lang --top 10',
  run: async (args, terminal) => {
    const [name = 'last'] = args.positionals
    if (args.has('so-far')) return await showSoFar(findRun(name, terminal), args, terminal)
    if (asksForTable(args)) {
      await showTable(findResult(name, terminal).directory, args, terminal)
      return exitCodes.complete
    }
    const result = resolve(terminal.cwd, name)
    if (existsSync(join(result, 'manifest.json'))) {
      if (args.has('json')) terminal.out(JSON.stringify(await readWhole(result, terminal)))
      else await showResult(result, args, terminal)
      return exitCodes.complete
    }
    const directory = findRunOrResult(name, terminal)
    const run = readRun(directory)
    if (args.has('json')) terminal.out(JSON.stringify(jsonOf(run)))
    else await showRun(run, directory, args, terminal)
    return exitCodes.complete
  },
}

/** The run whose result is in a directory; null where there is no result. */
function runThatLeft(directory: string): string | null {
  return existsSync(join(directory, 'manifest.json')) ? readManifest(directory).run.id : null
}

function jsonOf(run: RunOnDisk): object {
  const { identity, state } = run
  const status = statusOf(run)
  if (state === null) return { ...identity, status }
  const { plan, shortfalls, fault, result, spark } = state
  return {
    ...identity,
    status,
    totals: totalsOf(state),
    partitions: plan.partitions,
    workers: plan.workers,
    isolation: plan.isolation,
    ...(spark === null ? {} : { spark: { ...spark, speculative: spark.speculative.length } }),
    shortfalls,
    fault,
    result,
  }
}

async function showRun(
  run: RunOnDisk,
  directory: RunDirectory,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  const { out } = terminal
  const { identity, state } = run
  const status = statusOf(run)
  out(`Run ${identity.id}: ${sayRunStatus(run)}`)
  out(
    `  of ${printable(identity.job)}, begun ${showTime(identity.createdAt)}, in ${shownPath(directory.path, terminal.cwd)}`,
  )
  if (state === null) return
  const totals = totalsOf(state)
  out(
    `  ${showCount(totals.tasksDone)} of ${countOf(totals.tasks, 'map task')}, ${showCount(totals.partitionsDone)} of ${countOf(state.plan.partitions, 'reduce task')}; ` +
      `${countOf(totals.records, 'record')}, ${showCount(totals.rejected)} rejected; ${showBytes(totals.readBytes)} of ${showBytes(totals.inputBytes)} read`,
  )
  if (state.spark !== null) for (const line of saySpark(state.spark)) out(`  ${printable(line)}`)
  for (const { message, accepted } of state.shortfalls)
    out(`  ${accepted ? 'without' : 'lacking'}: ${printable(message)}`)
  if (state.fault !== null) {
    out(`  ${printable(state.fault.message)}`)
    if (state.fault.wayOut !== undefined) out(`  ${printable(state.fault.wayOut)}`)
  }
  if (status === 'cut-off')
    out(
      `  Its process is gone: it was killed, or the machine went down. Last heard of ${showTime(run.lastAt)}.`,
    )
  if (state.result === null && totals.rejected > 0) showRejected(run, state, directory, terminal)
  const holder = state.result === null ? null : runThatLeft(state.result.directory)
  if (state.result !== null && holder === identity.id) {
    await showResult(state.result.directory, args, terminal)
  } else if (state.result !== null && holder !== null) {
    out(
      `  Its result was in ${shownPath(state.result.directory, terminal.cwd)}, which holds that of run ${printable(holder)} now.`,
    )
  } else if (state.result !== null) {
    out(`  Its result was in ${shownPath(state.result.directory, terminal.cwd)}, and is not there any more.`)
  } else if (status === 'running') {
    out(`  Follow it: tallyman attach ${identity.id}; end it: tallyman stop ${identity.id}`)
  } else if (status === 'failed') {
    for (const line of afterFailure(identity.id, state)) out(`  ${line}`)
  } else out(`  ${sayMend(state) ?? `Go on: ${resumeCommand(identity.id, state)}`}`)
}

function showRejected(
  { identity }: RunOnDisk,
  state: RunState,
  directory: RunDirectory,
  terminal: Terminal,
): void {
  const lines = rejectedLines({ id: identity.id, directory, state }, terminal)
  for (const { text } of lines) terminal.out(`  ${text}`)
  if (lines.length === 0) terminal.out('  The rejected records are named once every map task is done.')
}

/** Executors whose loss is shown. */
const lostShownMax = 5

/** What only Spark knows of a run, in lines. */
function saySpark({ application, spark, executors, speculative, ...rest }: SparkStanding): string[] {
  if (application === null) return []
  const lost = executors.filter((one) => one.lost !== null)
  const { writtenBytes, readBytes } = rest.shuffle
  const doubled =
    speculative.length === 0
      ? ''
      : `${countOf(speculative.length, 'speculative attempt')}, ${showCount(rest.speculativeFirst)} of them first; `
  return [
    `on Spark ${spark}, application ${application}: ${countOf(executors.length, 'executor')} came, ${showCount(lost.length)} lost; ` +
      `${doubled}${showBytes(writtenBytes)} into the shuffle, ${showBytes(readBytes)} out of it`,
    ...lost
      .slice(0, lostShownMax)
      .map(({ executor, host, lost: reason }) => `lost executor ${executor} on ${host}: ${reason}`),
    ...(lost.length > lostShownMax ? [`… and ${countOf(lost.length - lostShownMax, 'executor')} more`] : []),
  ]
}

/**
 * Reads a manifest, and looks whether the tables are still those it tells of.
 *
 * @throws {TallymanError} `file-damaged` where the manifest or a table is not as it was written
 */
async function readWhole(directory: string, { cwd }: Terminal): Promise<Manifest> {
  const manifest = readManifest(directory)
  await checkTables(directory, manifest.tables, shownPath(directory, cwd))
  return manifest
}

async function showResult(directory: string, args: Arguments, terminal: Terminal): Promise<void> {
  const manifest = await readWhole(directory, terminal)
  const { out } = terminal
  out(`Result ${shownPath(directory, terminal.cwd)}: ${completenessOf(manifest)}`)
  for (const { message } of manifest.completeness.accepted) out(`  without: ${printable(message)}`)
  for (const [name, count] of Object.entries(manifest.counters))
    out(`  ${printable(name)}: ${showCount(count)}`)
  for (const line of listBounded(manifest.completeness.notes.map((note) => `  note: ${printable(note)}`)))
    out(line)
  const rowsMax = args.count('rows') ?? rowsDefault
  for (const table of manifest.tables) {
    if (manifest.tableFormat === 'jsonl') showHeads(terminal, [readHead(directory, table, rowsMax)])
    else showText(directory, table, { rowsMax, terminal })
  }
  out(`digest ${manifest.digest}`)
}

/** The first lines of a table that is no JSON lines, as they are: a line of names or brackets and so many rows. */
function showText(
  directory: string,
  table: CommittedTable,
  { rowsMax, terminal }: { readonly rowsMax: number; readonly terminal: Terminal },
): void {
  terminal.out(`${table.name}: ${countOf(table.rows, 'row')} in ${table.file}`)
  // Its bytes are no lines of text.
  if (rowsMax === 0 || table.file.endsWith('.parquet')) return
  const lines = firstLines(join(directory, table.file))
  const shown = lines.slice(0, 1 + rowsMax).map((line) => clip(printable(line), terminal.outColumns - 2))
  for (const line of shown) terminal.out(`  ${line}`)
  if (table.rows > rowsMax) terminal.out('  …')
}

/** `2020-12-31 23:59:59 UTC`. */
function showTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function completenessOf({ completeness, inputs, records, rejected }: Manifest): string {
  const how = completeness.complete ? 'complete' : 'incomplete, as accepted'
  return `${how}; ${countOf(inputs.length, 'file')}, ${countOf(records, 'record')}, ${showCount(rejected)} rejected`
}
