import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { assertNever } from '../../errors.ts'
import type { CommittedTable } from '../../run/index.ts'
import type { TableFormat } from '../format/row-writer.ts'
import { type LineFormat, lineBytesMaxDefault, TableLines } from '../table-lines.ts'
import { CellCounter } from './cell-counter.ts'
import type { Finding } from './finding.ts'
import { checkRows, type RowCheck } from './row-checker.ts'

/** What one table's file was found to be. */
export interface TableCheck {
  readonly name: string
  readonly file: string
  /** Counted. */
  readonly rows: number
  readonly bytes: number
  /** Of the file, in hex. */
  readonly sha256: string
  /** Whether keys ascend strictly; `unchecked` where the format does not tell. */
  readonly order: 'ascending' | 'broken' | 'unchecked'
  /** Whether the table's canonical rows went into the digest. */
  readonly isDigested: boolean
  readonly findings: readonly Finding[]
  /** What could not be checked, and why. Whole sentences. */
  readonly unchecked: readonly string[]
}

/** What a table is checked against, and what is told on the way. */
export interface TableClaim {
  readonly directory: string
  readonly stated: CommittedTable
  readonly format: TableFormat
  /** Over the canonical rows of all tables. */
  readonly digest: Hash
  /** Called with the length of each piece that was read. */
  onBytes(bytes: number): void
}

/** Reads a table's file once, to its end, in memory for its longest row. */
export function checkTable(claim: TableClaim): TableCheck {
  const { stated, digest, format } = claim
  const hash = createHash('sha256')
  let bytes = 0
  const observe = (chunk: Buffer): void => {
    hash.update(chunk)
    bytes += chunk.length
    claim.onBytes(chunk.length)
  }
  digest.update(`table ${stated.name}\n`)
  const content = checkContent(claim, format, observe)
  const sha256 = hash.digest('hex')
  const findings = [...changeOf(stated, bytes, sha256), ...content.findings]
  if (content.rows !== stated.rows) {
    const message = `${stated.file} has ${rowCount(content.rows)}; the manifest says ${stated.rows}.`
    findings.push({ kind: 'rows', file: stated.file, message })
  }
  return { name: stated.name, file: stated.file, bytes, sha256, ...content, findings }
}

function changeOf({ file, bytes, sha256 }: CommittedTable, bytesFound: number, found: string): Finding[] {
  if (bytes === bytesFound && sha256 === found) return []
  const how =
    bytes === bytesFound
      ? `its SHA-256 is ${found}, and was ${sha256} when it was written`
      : `it has ${bytesFound} bytes, and had ${bytes} when it was written`
  return [{ kind: 'changed', file, message: `${file} was changed: ${how}.` }]
}

function rowCount(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`
}

type Content = Pick<TableCheck, 'rows' | 'order' | 'isDigested' | 'findings' | 'unchecked'>

function checkContent(claim: TableClaim, format: TableFormat, observe: (chunk: Buffer) => void): Content {
  switch (format) {
    case 'jsonl':
    case 'json':
      return checkLines(claim, format, observe)
    case 'csv':
    case 'tsv':
      return checkCells(claim, format, observe)
    case 'parquet':
      return checkBytes(claim, observe)
    default:
      return assertNever(format)
  }
}

function checkLines(
  { directory, stated, digest }: TableClaim,
  format: LineFormat,
  observe: (chunk: Buffer) => void,
): Content {
  const isRaw = format === 'jsonl'
  const lines = new TableLines(join(directory, stated.file), format, (chunk) => {
    observe(chunk)
    if (isRaw) digest.update(chunk)
  })
  try {
    const check = checkRows(lines, stated.file, isRaw ? null : digest)
    return { ...check, ...orderOf(check, stated.file), isDigested: isRaw || check.longLine === null }
  } finally {
    lines.close()
  }
}

function orderOf({ findings, longLine }: RowCheck, file: string): Pick<Content, 'order' | 'unchecked'> {
  const isBroken = findings.some(({ kind }) => kind === 'order')
  if (longLine === null) return { order: isBroken ? 'broken' : 'ascending', unchecked: [] }
  const unchecked = `${file}, line ${longLine} is longer than ${lineBytesMaxDefault} bytes: its key was not looked at.`
  return { order: isBroken ? 'broken' : 'unchecked', unchecked: [unchecked] }
}

/** What is inside is not looked at: the file is as it was written, or it is not. */
function checkBytes(
  { directory, stated: { file, rows } }: TableClaim,
  observe: (chunk: Buffer) => void,
): Content {
  eachPiece(join(directory, file), observe)
  const unchecked = `${file}: rows, order of keys and digest were not looked at, since it is parquet: its bytes alone.`
  return { rows, order: 'unchecked', isDigested: false, findings: [], unchecked: [unchecked] }
}

const chunkBytes = 256 * 1024

function eachPiece(path: string, take: (piece: Buffer) => void): void {
  const fd = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk))
      take(chunk.subarray(0, length))
  } finally {
    closeSync(fd)
  }
}

function checkCells(
  { directory, stated: { file } }: TableClaim,
  format: 'csv' | 'tsv',
  observe: (chunk: Buffer) => void,
): Content {
  const counter = new CellCounter(format)
  eachPiece(join(directory, file), (piece) => {
    observe(piece)
    counter.push(piece)
  })
  return {
    rows: Math.max(0, counter.lines - 1),
    order: 'unchecked',
    isDigested: false,
    findings: cellFindings(counter, file),
    unchecked: [
      `${file}: order of keys and digest cannot be told from ${format}, which does not tell the number 1 from the text "1".`,
    ],
  }
}

function cellFindings({ unevenLine, isWhole }: CellCounter, file: string): Finding[] {
  const findings: Finding[] = []
  if (unevenLine !== null) {
    const message = `${file}, row ${unevenLine - 1} has not as many cells as the head.`
    findings.push({ kind: 'row', file, message })
  }
  if (!isWhole) findings.push({ kind: 'row', file, message: `${file} ends inside a row.` })
  return findings
}
