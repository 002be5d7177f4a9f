import { join } from 'node:path'
import type { CommittedTable } from '../../run/index.ts'
import { type Manifest, readManifest } from '../manifest.ts'
import { diffFacts, type FactChange } from './diff-facts.ts'
import { diffInputs, type InputsDiff } from './diff-inputs.ts'
import { diffTable, isLineFile, type RowsDiff, type RowsDiffOptions } from './diff-table.ts'
import { checkFile, type TableFile } from './table-rows.ts'

/** How a table of one result differs from the table of that name of another. */
export type TableDiff =
  | { readonly kind: 'same'; readonly name: string; readonly rows: number }
  | { readonly kind: 'added' | 'removed'; readonly name: string; readonly rows: number }
  | ({
      readonly kind: 'different'
      readonly name: string
      readonly rowsBefore: number
      readonly rowsAfter: number
    } & RowsDiff)
  /** Written in a form from which rows cannot be told; the digests say that some table differs. */
  | {
      readonly kind: 'not-compared'
      readonly name: string
      readonly rowsBefore: number
      readonly rowsAfter: number
      /** As a whole sentence. */
      readonly why: string
    }

/** What changed between two results. */
export interface ResultsDiff {
  readonly before: { readonly directory: string; readonly manifest: Manifest }
  readonly after: { readonly directory: string; readonly manifest: Manifest }
  /** Are the digests, and so all tables, the same? */
  readonly isSame: boolean
  readonly inputs: InputsDiff
  readonly facts: readonly FactChange[]
  /** In order of names. */
  readonly tables: readonly TableDiff[]
}

/** How much is kept of each table, and who is told how far it is. */
export interface DiffOptions {
  /** Changes of each table to keep. */
  readonly rowsMax: number
  /** Called while tables are read. */
  onProgress?(doneBytes: number, totalBytes: number): void
}

/**
 * Finds out what changed between two results: inputs, code, parameters, versions and completeness by their manifests, and
 * the tables row by row. Reads each table once, whatever its size, in memory for its longest row.
 *
 * @throws {TallymanError} `not-found` where there is no result; `file-damaged` for one that is not as it was written
 */
export function diffResults(
  beforeDirectory: string,
  afterDirectory: string,
  options: DiffOptions,
): ResultsDiff {
  const before = { directory: beforeDirectory, manifest: readManifest(beforeDirectory) }
  const after = { directory: afterDirectory, manifest: readManifest(afterDirectory) }
  return {
    before,
    after,
    isSame: before.manifest.digest === after.manifest.digest,
    inputs: diffInputs(before.manifest.inputs, after.manifest.inputs),
    facts: diffFacts(before.manifest, after.manifest),
    tables: diffTables(before, after, options),
  }
}

interface Side {
  readonly directory: string
  readonly manifest: Manifest
}

function diffTables(before: Side, after: Side, { rowsMax, onProgress }: DiffOptions): TableDiff[] {
  const isSame = before.manifest.digest === after.manifest.digest
  const totalBytes = [...before.manifest.tables, ...after.manifest.tables].reduce(
    (sum, { bytes }) => sum + bytes,
    0,
  )
  let doneBytes = 0
  const onBytes = (bytes: number): void => {
    doneBytes += bytes
    onProgress?.(doneBytes, totalBytes)
  }
  const names = new Set([before, after].flatMap(({ manifest }) => manifest.tables.map(({ name }) => name)))
  return [...names].sort().map((name) => {
    const [a, b] = [tableOf(before, name), tableOf(after, name)]
    if (a === undefined) return { kind: 'added', name, rows: b?.stated.rows ?? 0 }
    if (b === undefined) return { kind: 'removed', name, rows: a.stated.rows }
    return diffPair(a, b, isSame, { rowsMax, onBytes })
  })
}

interface Table {
  readonly stated: CommittedTable
  readonly file: TableFile
}

function tableOf({ directory, manifest }: Side, name: string): Table | undefined {
  const stated = manifest.tables.find((table) => table.name === name)
  if (stated === undefined) return undefined
  const { file, sha256 } = stated
  return { stated, file: { path: join(directory, file), format: manifest.tableFormat, sha256 } }
}

function diffPair(before: Table, after: Table, isSameDigest: boolean, options: RowsDiffOptions): TableDiff {
  const { name, rows } = before.stated
  const [a, b] = [before.file, after.file]
  const isSameFile = isLineFile(a) && a.format === b.format && a.sha256 === b.sha256
  if (isSameDigest || isSameFile) {
    checkFile(a, options.onBytes)
    checkFile(b, options.onBytes)
    return { kind: 'same', name, rows }
  }
  const counts = { name, rowsBefore: rows, rowsAfter: after.stated.rows }
  if (!isLineFile(a) || !isLineFile(b)) {
    const format = isLineFile(a) ? b.format : a.format
    return { kind: 'not-compared', ...counts, why: whyNot(format) }
  }
  const diff = diffTable(a, b, options)
  if (diff.added + diff.removed + diff.changed === 0) return { kind: 'same', name, rows }
  return { kind: 'different', ...counts, ...diff }
}

function whyNot(format: string): string {
  const why =
    format === 'parquet' ? 'which is not read back' : 'which does not tell the number 1 from the text "1"'
  return (
    `Rows cannot be compared as ${format}, ${why}. ` +
    'Write the result as jsonl: run the job again with --format jsonl.'
  )
}
