/** What `tallyman diff` says to people. */

import { printable } from '../printable.ts'
import { countOf, showCount } from '../quantities.ts'
import { canonicalJson } from '../record/index.ts'
import {
  type ResultsDiff,
  type RowChange,
  sayFactChanges,
  sayInputChanges,
  sayTableChange,
  type TableDiff,
} from '../result/index.ts'
import { shownPath } from './shown-path.ts'
import { alignColumns, showJson } from './tables.ts'
import type { Terminal } from './terminal.ts'

const cellWidthMax = 48

/** Writes to stdout: both results, what changed beside the tables, then each table with its largest changes, and the digest where nothing differs. */
export function sayDiff(
  terminal: Terminal,
  { before, after, isSame, inputs, facts, tables }: ResultsDiff,
): void {
  const { out, cwd } = terminal
  out(`A: ${sideLine(before, cwd)}`)
  out(`B: ${sideLine(after, cwd)}`)
  for (const line of [...sayInputChanges(inputs), ...sayFactChanges(facts, showJson)]) out(line)
  for (const table of tables) sayTable(terminal, table)
  if (isSame) {
    out('The tables are the same.')
    out(`digest ${after.manifest.digest}`)
  } else {
    out('The tables differ.')
  }
}

function sideLine({ directory, manifest }: ResultsDiff['before'], cwd: string): string {
  const { completeness, inputs, records, rejected, run } = manifest
  const how = completeness.complete ? 'complete' : 'incomplete, as accepted'
  return (
    `${shownPath(directory, cwd)}, ${how}; ${countOf(inputs.length, 'file')}, ${countOf(records, 'record')}, ` +
    `${showCount(rejected)} rejected; run ${printable(run.id)}`
  )
}

function sayTable({ out, outColumns }: Terminal, table: TableDiff): void {
  out(sayTableChange(table))
  if (table.kind !== 'different') return
  const { added, removed, changed, largest } = table
  const lines = alignColumns(largest.map(changeCells), { cellWidthMax, lineWidthMax: outColumns - 2 })
  for (const line of lines) out(`  ${line}`)
  const more = added + removed + changed - largest.length
  if (more > 0) out(`  … and ${showCount(more)} more (--rows N)`)
}

const signs: Readonly<Record<RowChange['kind'], string>> = { added: '+', removed: '-', changed: '~' }

function changeCells({ kind, key, before, after, difference }: RowChange): string[] {
  const elements = Array.isArray(key) ? key : [key]
  const values = [before, after].filter((json) => json !== null).map(showJson)
  const grown = difference === null ? '' : `${difference >= 0 ? '+' : ''}${difference}`
  return [
    signs[kind],
    ...elements.map((element) => showJson(canonicalJson(element))),
    values.join(' → '),
    grown,
  ]
}
