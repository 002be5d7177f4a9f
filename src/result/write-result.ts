import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TallymanError, toFault } from '../errors.ts'
import {
  type CommittedResult,
  type CommittedTable,
  filesRead,
  type HeldRun,
  inputTotals,
  notesOf,
  packageVersion,
  type RunDirectory,
  type RunState,
  sync,
  taskId,
  totalsOf,
} from '../run/index.ts'
import { besideTarget, removeLeft } from './beside-target.ts'
import { splitRow } from './canonical-row.ts'
import { csvWriter, tsvWriter } from './format/column-rows.ts'
import { jsonWriter } from './format/json-rows.ts'
import { findColumns, type RowWriter, type TableFormat } from './format/row-writer.ts'
import { type Manifest, manifestName, sealManifest, type UnsealedManifest } from './manifest.ts'
import { partRows } from './part-rows.ts'
import type { TableHead } from './table-head.ts'
import { checkTarget } from './target.ts'
import { type TableParts, type WrittenTable, writeTable } from './write-table.ts'

/** Where the result goes, in what form, and how much of it is told. */
export interface WriteOptions {
  /** Aborted to give up: nothing is left then, and what it was aborted with is thrown. */
  readonly stop?: AbortSignal | undefined
  /** Absolute path the result appears at. */
  readonly target: string
  readonly format: TableFormat
  /** Rows of each table to keep to be shown. */
  readonly headRows: number
}

/** A result in its place. */
export interface WrittenResult {
  /** For the journal. */
  readonly committed: CommittedResult
  readonly manifest: Manifest
  /** The first rows of each table. */
  readonly heads: readonly TableHead[]
}

/**
 * Writes the result of a run whose part files are all in place: tables in key order, then the manifest, in a directory
 * beside the target that is then renamed. The target holds the whole result, or what it held before, or for the moment between two
 * renames nothing (docs/decisions/0005).
 *
 * Signals and timers get their turn while it writes.
 *
 * @throws {TallymanError} `result-exists` when the target was taken since the run began; `file-damaged` for a part file
 */
export async function writeResult(run: HeldRun, options: WriteOptions): Promise<WrittenResult> {
  const { state } = run
  const { target, format, headRows } = options
  const { file } = state.plan.job
  checkTarget(target, file)
  const staging = besideTarget(target, run.id, 'new')
  removeLeft(target, 'new')
  mkdirSync(staging)
  try {
    const digest = createHash('sha256')
    const written: WrittenTable[] = []
    for (const { name, columns = null } of state.plan.job.description.tables) {
      const parts = partFiles(run.directory, state, name)
      const form = format === 'parquet' ? 'jsonl' : format
      const writer = writerOf(form, parts, columns)
      const into = { staging, format: form, writer, headRows, digest, stop: options.stop }
      written.push(await writeTable(name, parts, into))
    }
    const asWritten = written.map(({ table }) => table)
    const tables = format === 'parquet' ? await asParquet(staging, asWritten, state) : asWritten
    const heads = written.map(({ table, head }, index) => ({
      table: table.name,
      file: tables[index]?.file ?? table.file,
      rows: table.rows,
      head: head.map(splitRow),
    }))
    const { text, manifest } = sealManifest(
      manifestOf(run, { digest: `sha256:${digest.digest('hex')}`, tables }, format),
    )
    writeFileSync(join(staging, manifestName), text)
    for (const { file } of tables) sync(join(staging, file))
    sync(join(staging, manifestName))
    sync(staging)
    // Somebody may have put a file beside the older result while this one was written.
    const hasOlder = checkTarget(target, file) === 'older-result'
    replace(staging, target, besideTarget(target, run.id, 'old'), hasOlder)
    const committed = {
      directory: target,
      digest: manifest.digest,
      tables,
      manifestSha256: manifest.manifestSha256,
    }
    return { committed, manifest, heads }
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    throw toFault(error).code === 'disk-full' ? noRoom(target, error) : error
  }
}

function noRoom(target: string, cause: unknown): TallymanError {
  return new TallymanError(
    'disk-full',
    `The disk has no room for the result, ${target}, or a quota on it is used up.`,
    {
      wayOut: 'Make room there.',
      cause,
    },
  )
}

/**
 * Puts the new directory in its place; an older one is moved aside first, and removed only when the new one is there. What
 * crashes in the middle left aside is removed as well.
 */
function replace(staging: string, target: string, aside: string, hasOlder: boolean): void {
  if (hasOlder) renameSync(target, aside)
  try {
    renameSync(staging, target)
  } catch (error) {
    if (hasOlder) renameSync(aside, target)
    throw error
  }
  sync(dirname(target))
  removeLeft(target, 'old')
}

/** The table's part files, one from each partition that has rows. */
function partFiles(directory: RunDirectory, state: RunState, table: string): TableParts {
  const found = state.reduce.toArray().flatMap((task, partition) => {
    if (task.kind !== 'done') return []
    const folder = directory.absolute(directory.relativeCommittedFolder(taskId('reduce', partition)))
    return task.report.parts
      .filter((part) => part.table === table)
      .map(({ name, rows }) => ({ file: join(folder, name), rows }))
  })
  return { files: found.map(({ file }) => file), rows: found.reduce((sum, { rows }) => sum + rows, 0) }
}

/** DuckDB is loaded for it alone. */
async function asParquet(
  staging: string,
  tables: readonly CommittedTable[],
  { plan }: RunState,
): Promise<CommittedTable[]> {
  const { writeParquet } = await import('./query/write-parquet.ts')
  return await writeParquet(staging, tables, plan.job.description.tables, plan.memory.totalBytes)
}

function writerOf(
  format: Exclude<TableFormat, 'parquet'>,
  { files: parts }: TableParts,
  named: readonly string[] | null,
): RowWriter | null {
  switch (format) {
    case 'jsonl':
      return null
    case 'json':
      return jsonWriter()
    case 'csv':
      return csvWriter(findColumns(partRows(parts), named))
    case 'tsv':
      return tsvWriter(findColumns(partRows(parts), named))
  }
}

function manifestOf(
  run: HeldRun,
  { digest, tables }: Pick<CommittedResult, 'digest' | 'tables'>,
  format: TableFormat,
): UnsealedManifest {
  const { plan, shortfalls } = run.state
  const { records, rejected, readBytes, bytes, counters } = totalsOf(run.state)
  const { path, file, description, params, codeSha256 } = plan.job
  return {
    format: 'tallyman result',
    version: 1,
    digest,
    tables,
    tableFormat: format,
    job: { path, file, description, params, codeSha256 },
    fingerprint: plan.fingerprint,
    surroundings: plan.surroundings,
    filesRead: filesRead(run.state),
    inputs: inputTotals(run.state),
    completeness: {
      complete: shortfalls.length === 0,
      accepted: shortfalls,
      series: plan.discovery.series,
      notes: notesOf(run.state),
    },
    records,
    rejected,
    readBytes,
    bytes,
    counters,
    run: {
      id: run.id,
      isolation: plan.isolation,
      confinement: plan.confinement,
      workers: plan.workers,
      mapTasks: plan.tasks.length,
      partitions: plan.partitions,
      createdAt: Date.now(),
    },
    versions: { tallyman: packageVersion(), node: process.version },
  }
}
