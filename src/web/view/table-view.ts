import { countOf } from '../../quantities.ts'
import { isKey, type Key } from '../../record/index.ts'
import {
  firstRowFrom,
  isAsWritten,
  keyColumnNames,
  type LargestLines,
  largestLines,
  type Manifest,
  type RowTexts,
  readManifest,
  readTablePage,
} from '../../result/index.ts'
import type { CommittedTable } from '../../run/index.ts'
import type { TableRowsView } from './views.ts'

const rowsMax = 100
/** Up to this size a table is gone through for its largest values: about a second for 400 MB. */
const sortedBytesMax = 4e9

/** What is asked for of a table. */
export interface TableRequest {
  readonly name: string
  /** A key, or how one begins: a JSON text, or any other text as it is. */
  readonly from: string
  readonly order: 'key' | 'value'
  readonly startByte: number
}

/** Rows of a table of a run's result; null where the result has none of this name. */
export async function tableView(
  run: string,
  directory: string,
  request: TableRequest,
): Promise<TableRowsView | null> {
  const manifest = readManifest(directory)
  const table = manifest.tables.find(({ name }) => name === request.name)
  if (table === undefined) return null
  const { from, order } = request
  const empty = { cells: [], nextByte: null }
  const known = {
    kind: 'table',
    run,
    name: table.name,
    rows: table.rows,
    complete: manifest.completeness.complete,
    from,
    order,
    problem: null,
  } as const
  if (manifest.tableFormat !== 'jsonl')
    return {
      ...known,
      ...empty,
      columns: [],
      problem: `It was written as ${manifest.tableFormat}: take the file along.`,
    }
  if (!(await isAsWritten(directory, table))) {
    const problem = `${table.file} is not as it was written, and is not shown: tallyman verify ${run}`
    return { ...known, ...empty, columns: [], problem }
  }
  const columnsOf = (rows: readonly RowTexts[]): string[] => headColumns(manifest, table.name, rows)
  if (order === 'value') {
    if (table.bytes > sortedBytesMax) {
      const problem = `It is too large to be gone through here: tallyman show ${run} --table ${table.name} --top ${rowsMax}`
      return { ...known, ...empty, columns: [], problem }
    }
    const top = await largest(directory, manifest.digest, table)
    const problem = sayLargest(top, table.rows)
    return { ...known, columns: columnsOf(top.rows), cells: top.rows.map(cellsOf), nextByte: null, problem }
  }
  const startByte = from === '' ? request.startByte : startOf(directory, table, from)
  if (startByte === null)
    return {
      ...known,
      ...empty,
      columns: [],
      problem: 'Its keys hold Infinity, so they cannot be looked up here.',
    }
  const { rows, nextByte } = readTablePage(directory, table, { startByte, rowsMax })
  return { ...known, columns: columnsOf(rows), cells: rows.map(cellsOf), nextByte }
}

/** Names of the columns of these rows. */
export function headColumns(
  { job }: { readonly job: Pick<Manifest['job'], 'description'> },
  name: string,
  rows: readonly RowTexts[],
): string[] {
  const named = job.description.tables.find((table) => table.name === name)?.columns ?? null
  const width = Math.max(1, ...rows.map(({ key }) => key.length))
  return [...keyColumnNames(width === 1 ? null : width, named), 'value']
}

function cellsOf({ key, value }: RowTexts): string[] {
  return [...key, value]
}

/** What was found of results that were asked for last: a result never changes. */
const found = new Map<string, Promise<LargestLines>>()
const foundMax = 8

/** Everybody who asks for the same table waits for the same look at it. */
async function largest(directory: string, digest: string, table: CommittedTable): Promise<LargestLines> {
  const id = `${directory}\0${table.file}\0${digest}`
  const known = found.get(id)
  if (known !== undefined) return await known
  const looking = largestLines(directory, table, rowsMax)
  found.set(id, looking)
  for (const oldest of found.keys()) if (found.size > foundMax) found.delete(oldest)
  try {
    return await looking
  } catch (error) {
    found.delete(id)
    throw error
  }
}

/** What the largest rows do not tell. */
function sayLargest({ rows, tooLong }: LargestLines, all: number): string | null {
  if (tooLong > 0) return `Without ${countOf(tooLong, 'row')} of more than 64 kB.`
  return rows.length === 0 && all > 0 ? 'Its values are no numbers, so none is the largest.' : null
}

/** Where the first row is whose key is not before what was typed. Of keys that are tuples it may be the first element. */
function startOf(directory: string, table: CommittedTable, typed: string): number | null {
  const first = readTablePage(directory, table, { startByte: 0, rowsMax: 1 }).rows[0]
  const key = keyOf(typed)
  const isTuple = first !== undefined && first.key.length > 1
  return firstRowFrom(directory, table, isTuple && !Array.isArray(key) ? ([key] as Key) : key)
}

function keyOf(typed: string): Key {
  try {
    const value: unknown = JSON.parse(typed)
    if (isKey(value)) return value
  } catch {
    // A text as it is.
  }
  return typed
}
