import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CommittedResult, CommittedTable } from '../../run/index.ts'
import { type TableFormat, tableFormats } from '../format/row-writer.ts'
import { inspectManifest, isOfResult, type Manifest, manifestName, readManifest } from '../manifest.ts'
import { checkClaims } from './claims.ts'
import type { Finding } from './finding.ts'
import { checkTable, type TableCheck } from './table-check.ts'

/** What a result was found to be. */
export interface Verification {
  readonly directory: string
  /** Null where it is missing or was changed, so that nothing it says can be relied on. */
  readonly manifest: Manifest | null
  /** All that is wrong; empty for a result that is as it was written. */
  readonly findings: readonly Finding[]
  /** The tables whose files could be read. */
  readonly tables: readonly TableCheck[]
  readonly digest: {
    /** By the manifest, or by the journal of the run where that is known. */
    readonly stated: string | null
    /** Over the rows that are there; null where the format does not tell, or a table could not be read. */
    readonly recomputed: string | null
  }
  /** What could not be checked, and why. Whole sentences. */
  readonly unchecked: readonly string[]
}

/** What is known of the result elsewhere, and who is told how far it is. */
export interface VerifyOptions {
  /** What the journal of its run says of the result; null where the run is not known. */
  readonly committed: CommittedResult | null
  /** Called while tables are read. */
  onProgress?(doneBytes: number, totalBytes: number): void
}

/** What a result is checked against. */
interface Reference {
  readonly digest: string
  readonly tables: readonly CommittedTable[]
  readonly format: TableFormat
}

/**
 * Checks that a result is as it was written: every byte of every file, the digest over its rows, how many they are and
 * that their keys ascend. Reads each table once, in memory for its longest row.
 *
 * @throws {TallymanError} `file-damaged` for a result of a version that this one cannot read
 */
export function verifyResult(directory: string, options: VerifyOptions): Verification {
  const { committed } = options
  const found = inspectManifest(directory)
  if (found.kind === 'foreign') readManifest(directory)
  const manifest = found.kind === 'whole' ? found.manifest : null
  const findings: Finding[] = []
  if (found.kind === 'absent') findings.push(manifestMissing)
  if (found.kind === 'changed') findings.push(manifestChanged(found.claims))
  if (manifest !== null) findings.push(...checkClaims(manifest, committed))
  const claims = found.kind === 'changed' ? found.claims : manifest
  const reference = referenceOf(committed, claims)
  if (reference === null) {
    const unchecked = ['The tables: without a manifest there is nothing to check them against.']
    return {
      directory,
      manifest,
      findings,
      tables: [],
      digest: { stated: null, recomputed: null },
      unchecked,
    }
  }
  const files = checkFiles(directory, reference.tables)
  const checked = checkTables(directory, reference, files.readable, options)
  findings.push(...files.findings, ...checked.findings)
  const digest = { stated: reference.digest, recomputed: checked.digest }
  return { directory, manifest, findings, tables: checked.tables, digest, unchecked: checked.unchecked }
}

const manifestMissing: Finding = {
  kind: 'missing',
  file: manifestName,
  message: `${manifestName} is missing.`,
}

function manifestChanged(claims: object | null): Finding {
  const what = isOfResult(claims)
    ? 'was changed: its bytes do not have the SHA-256 that its last line says, and nothing it says can be relied on'
    : 'is not the manifest of a result'
  return { kind: 'changed', file: manifestName, message: `${manifestName} ${what}.` }
}

/** The journal's word counts for more than the manifest's; a changed manifest is heard for what it says of the tables. */
function referenceOf(committed: CommittedResult | null, claims: object | null): Reference | null {
  const stated = committed ?? claims
  if (stated === null || !('digest' in stated) || !('tables' in stated)) return null
  const { digest, tables } = stated
  if (typeof digest !== 'string' || !Array.isArray(tables) || !tables.every(isTable)) return null
  const format = tableFormats.find((one) =>
    tables.every(({ name, file }) => /^[a-z][A-Za-z0-9_]*$/.test(name) && file === `${name}.${one}`),
  )
  return format === undefined ? null : { digest, tables, format }
}

function isTable(value: unknown): value is CommittedTable {
  if (typeof value !== 'object' || value === null) return false
  const { name, file, rows, bytes, sha256 } = value as Partial<Record<keyof CommittedTable, unknown>>
  return (
    [name, file, sha256].every((text) => typeof text === 'string') &&
    [rows, bytes].every(Number.isSafeInteger)
  )
}

/** Looks for files that are missing or do not belong here. Returns the tables whose files are there. */
function checkFiles(
  directory: string,
  tables: readonly CommittedTable[],
): { readonly findings: Finding[]; readonly readable: ReadonlySet<string> } {
  const findings: Finding[] = []
  const readable = new Set<string>()
  for (const { file } of tables) {
    const status = statSync(join(directory, file), { throwIfNoEntry: false })
    if (status === undefined) findings.push({ kind: 'missing', file, message: `${file} is missing.` })
    else if (!status.isFile()) findings.push({ kind: 'unreadable', file, message: `${file} is no file.` })
    else readable.add(file)
  }
  const known = new Set([manifestName, ...tables.map(({ file }) => file)])
  for (const file of readdirSync(directory).sort()) {
    if (known.has(file)) continue
    findings.push({ kind: 'stray', file, message: `${file} does not belong to the result.` })
  }
  return { findings, readable }
}

function checkTables(
  directory: string,
  { digest: stated, tables, format }: Reference,
  readable: ReadonlySet<string>,
  { onProgress }: VerifyOptions,
): Pick<Verification, 'tables' | 'findings' | 'unchecked'> & { readonly digest: string | null } {
  const digest = createHash('sha256')
  const findings: Finding[] = []
  const checks: TableCheck[] = []
  const totalBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0)
  let doneBytes = 0
  for (const table of tables) {
    if (!readable.has(table.file)) continue
    const onBytes = (bytes: number): void => {
      doneBytes += bytes
      onProgress?.(doneBytes, totalBytes)
    }
    try {
      const check = checkTable({ directory, stated: table, format, digest, onBytes })
      checks.push(check)
      findings.push(...check.findings)
    } catch (error) {
      findings.push(unreadable(table.file, error))
    }
  }
  const isDigested = checks.length === tables.length && checks.every((check) => check.isDigested)
  const recomputed = isDigested ? `sha256:${digest.digest('hex')}` : null
  const isChanged = findings.some(({ kind }) => kind === 'changed')
  if (recomputed !== null && recomputed !== stated && !isChanged) {
    const message = `${manifestName} says digest ${stated}; the rows have ${recomputed}.`
    findings.push({ kind: 'digest', file: manifestName, message })
  }
  return {
    tables: checks,
    findings,
    digest: recomputed,
    unchecked: checks.flatMap((check) => check.unchecked),
  }
}

/** What the system says of a file, which may be a disk that fails. Anything but a system error is thrown on. */
function unreadable(file: string, error: unknown): Finding {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  return { kind: 'unreadable', file, message: `${file} cannot be read: ${error.message}.` }
}
