import { printable } from '../../printable.ts'
import { countOf, showCount } from '../../quantities.ts'
import { canonicalJson, type Key } from '../../record/index.ts'
import {
  elementsOf,
  type Manifest,
  type ResultsDiff,
  type RowChange,
  readManifest,
  sayFactChanges,
  sayInputChanges,
  sayTableChange,
  type TableDiff,
} from '../../result/index.ts'
import { askBounded, busy, problemIn, readLine } from '../bounded.ts'
import { headColumns } from './table-view.ts'
import type { DiffTableView, DiffView, RunLine } from './views.ts'

/** What a comparison may take: some ten million rows. */
const bounds = { ms: 30_000, lines: 1, bytes: 32 * 2 ** 20 } as const
const rowsMax = 20
/** More tables than any job has. */
const tablesMax = 50
const factsMax = 200

/** One side of a comparison: a result in its directory, and the run it is known by. */
export interface ComparedResult {
  readonly run: string
  readonly directory: string
}

/** What `tallyman diff --json` writes, as far as it is used here: values are there themselves, or not at all. */
type DiffJson = Pick<ResultsDiff, 'inputs' | 'facts'> & {
  readonly same: boolean
  readonly tables: readonly TableJson[]
}
type TableJson =
  | Exclude<TableDiff, { readonly kind: 'different' }>
  | (Omit<Different, 'largest'> & { readonly largest: readonly ChangeJson[] })
type Different = Extract<TableDiff, { readonly kind: 'different' }>
type ChangeJson = Pick<RowChange, 'kind' | 'key' | 'difference'> & {
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * What changed from one result to another, as `tallyman diff` finds it.
 *
 * @param others runs whose results may be chosen, newest first
 * @param before null where none is chosen yet
 */
export async function diffView(
  after: ComparedResult,
  before: ComparedResult | null,
  others: readonly RunLine[],
): Promise<DiffView> {
  const nothing = { kind: 'diff', run: after.run, others: others.map(choiceOf) } as const
  const empty = { isSame: null, lines: [], tables: [], problem: null }
  if (before === null) return { ...nothing, ...empty, other: null, complete: completeOf(after) }
  const known = { ...nothing, other: before.run, complete: completeOf(after) && completeOf(before) }
  const args = ['diff', '--json', '--rows', String(rowsMax), '--', before.directory, after.directory]
  const answer = await askBounded(args, bounds)
  const typed = `tallyman diff ${before.run} ${after.run}`
  if (answer === null) return { ...known, ...empty, problem: busy }
  if (answer.isLate || answer.isCut)
    return { ...known, ...empty, problem: `It takes too long to be shown here. In a terminal: ${typed}` }
  const line = answer.lines[0] === undefined ? undefined : readLine(answer.lines[0])
  if (line === undefined || (answer.code !== 0 && answer.code !== 1))
    return { ...known, ...empty, problem: problemIn(line) }
  // Our own program of this very version wrote it; its tests hold it to this form.
  const { same, inputs, facts, tables } = line as unknown as DiffJson
  const manifest = readManifest(after.directory)
  const lines = [...sayInputChanges(inputs), ...sayFactChanges(facts.slice(0, factsMax), printable)]
  return {
    ...known,
    isSame: same,
    lines,
    tables: tables.slice(0, tablesMax).map((table) => tableOf(table, manifest)),
    problem: null,
  }
}

function choiceOf({ id, job, said }: RunLine): DiffView['others'][number] {
  return { id, said: `${job}, ${said}` }
}

function completeOf({ directory }: ComparedResult): boolean {
  return readManifest(directory).completeness.complete
}

function tableOf(table: TableJson, manifest: Manifest): DiffTableView {
  const { name } = table
  // What it is called is said above it.
  const said = sayTableChange(table.kind === 'different' ? { ...table, largest: [] } : table).slice(
    name.length + 2,
  )
  if (table.kind !== 'different') return { name, said, columns: [], cells: [], more: null }
  const { largest, added, removed, changed } = table
  const keys = largest.map(({ key }) => ({ key: elementTexts(key), value: '' }))
  const names = headColumns(manifest, name, keys).slice(0, -1)
  const more = added + removed + changed - largest.length
  return {
    name,
    said,
    columns: ['', ...names, 'before', 'after', 'by'],
    cells: largest.map((change) => cellsOf(change, names.length)),
    more: more === 0 ? null : `and ${countOf(more, 'more', 'more')}`,
  }
}

function elementTexts(key: Key): string[] {
  return elementsOf(key).map((element) => canonicalJson(element))
}

function cellsOf({ kind, key, before, after, difference }: ChangeJson, elements: number): string[] {
  const texts = elementTexts(key)
  return [
    kind,
    ...Array.from({ length: elements }, (_, index) => texts[index] ?? ''),
    before === undefined ? '' : canonicalJson(before),
    after === undefined ? '' : canonicalJson(after),
    difference === null ? '' : signed(difference),
  ]
}

function signed(difference: number | bigint): string {
  const text =
    typeof difference === 'bigint' || Number.isInteger(difference)
      ? showInteger(difference)
      : String(difference)
  return difference >= 0 ? `+${text}` : text
}

function showInteger(value: number | bigint): string {
  return typeof value === 'number' && Number.isSafeInteger(value) ? showCount(value) : String(value)
}
