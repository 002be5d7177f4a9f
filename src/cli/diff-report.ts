/** What `tallyman diff` says to people. */

import { printable } from '../printable.ts'
import { countOf, showBytes, showCount } from '../quantities.ts'
import { canonicalJson } from '../record/index.ts'
import type {
  FactChange,
  InputChange,
  InputsDiff,
  ResultsDiff,
  RowChange,
  TableDiff,
} from '../result/index.ts'
import { shownPath } from './report.ts'
import { alignColumns, showJson } from './tables.ts'
import type { Terminal } from './terminal.ts'

/** More inputs of a kind are counted, not listed. */
const listedMax = 10
const cellWidthMax = 48

export function sayDiff(
  terminal: Terminal,
  { before, after, isSame, inputs, facts, tables }: ResultsDiff,
): void {
  const { out, cwd } = terminal
  out(`A: ${sideLine(before, cwd)}`)
  out(`B: ${sideLine(after, cwd)}`)
  for (const line of [...inputLines(inputs), ...facts.flatMap(factLines)]) out(line)
  const told = new Set(facts.map(({ of }) => of))
  const unchanged = ['code', 'parameters'].filter((name) => !told.has(name === 'code' ? 'code' : 'parameter'))
  if (unchanged.length > 0) out(`The same: ${unchanged.join(', ')}`)
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

function inputLines({ added, removed, changed, same }: InputsDiff): string[] {
  if (added.length + removed.length + changed.length === 0) {
    return [`inputs: ${countOf(same, 'file')}, the same`]
  }
  return [
    `inputs: ${showCount(added.length)} added, ${showCount(removed.length)} removed, ` +
      `${showCount(changed.length)} changed, ${showCount(same)} the same`,
    ...bounded(removed, (input) => `  - ${inputLine(input)}`),
    ...bounded(added, (input) => `  + ${inputLine(input)}`),
    ...bounded(changed, (change) => `  ~ ${changedInputLine(change)}`),
  ]
}

function bounded<T>(items: readonly T[], line: (item: T) => string): string[] {
  const more = items.length - listedMax
  return [...items.slice(0, listedMax).map(line), ...(more > 0 ? [`  … and ${showCount(more)} more`] : [])]
}

function inputLine({ path, sizeBytes, records }: InputsDiff['added'][number]): string {
  return `${printable(path)}: ${showBytes(sizeBytes)}, ${countOf(records, 'record')}`
}

function changedInputLine({ before, after, aspects }: InputChange): string {
  return `${printable(after.path)}: ${aspects.map((aspect) => aspectOf(aspect, before, after)).join('; ')}`
}

function aspectOf(
  aspect: InputChange['aspects'][number],
  before: InputChange['before'],
  after: InputChange['after'],
): string {
  switch (aspect) {
    case 'records':
      return `${showCount(before.records)} → ${countOf(after.records, 'record')}`
    case 'rejected':
      return `${showCount(before.rejected)} → ${showCount(after.rejected)} rejected`
    case 'size':
      return `${showCount(before.sizeBytes)} → ${showCount(after.sizeBytes)} B`
    case 'members':
      return `${showCount(before.members)} → ${countOf(after.members, 'member')}`
    case 'kind':
      return `${before.kind} → ${after.kind}`
    case 'mtime':
      return `modified ${timeOf(before.mtimeNs)} → ${timeOf(after.mtimeNs)}`
    case 'path':
      return `was ${printable(before.path)}`
  }
}

function timeOf(mtimeNs: string): string {
  return new Date(Number(BigInt(mtimeNs) / 1_000_000n)).toISOString()
}

function factLines({ of, name, before, after }: FactChange): string[] {
  if (of === 'code')
    return [`code: changed (SHA-256 ${String(before).slice(0, 12)}… → ${String(after).slice(0, 12)}…)`]
  if (name === 'accepted') return acceptedLines(before, after)
  return [`${labelOf(of, name)}: ${factText(before)} → ${factText(after)}`]
}

function labelOf(of: FactChange['of'], name: string): string {
  return of === 'parameter' || of === 'counter' || of === 'job' ? `${of} ${printable(name)}` : name
}

function factText(value: unknown): string {
  return value === undefined ? '(none)' : showJson(canonicalJson(value))
}

/** What one result lacks that the other does not. */
function acceptedLines(before: unknown, after: unknown): string[] {
  const [a, b] = [before, after].map((messages) => (Array.isArray(messages) ? messages.map(String) : []))
  const only = (side: string, mine: readonly string[] = [], others: readonly string[] = []): string[] =>
    bounded(
      mine.filter((message) => !others.includes(message)),
      (message) => `  ${side} is without: ${printable(message)}`,
    )
  return [...only('A', a, b), ...only('B', b, a)]
}

function sayTable({ out, outColumns }: Terminal, table: TableDiff): void {
  switch (table.kind) {
    case 'same':
      out(`${table.name}: ${countOf(table.rows, 'row')}, the same`)
      return
    case 'added':
    case 'removed':
      out(`${table.name}: only in ${table.kind === 'added' ? 'B' : 'A'}, ${countOf(table.rows, 'row')}`)
      return
    case 'not-compared':
      out(`${table.name}: ${showCount(table.rowsBefore)} → ${countOf(table.rowsAfter, 'row')}. ${table.why}`)
      return
    case 'different': {
      const { name, rowsBefore, rowsAfter, added, removed, changed, same, largest } = table
      out(
        `${name}: ${showCount(rowsBefore)} → ${countOf(rowsAfter, 'row')}; ${showCount(added)} added, ` +
          `${showCount(removed)} removed, ${showCount(changed)} changed, ${showCount(same)} the same`,
      )
      const lines = alignColumns(largest.map(changeCells), { cellWidthMax, lineWidthMax: outColumns - 2 })
      for (const line of lines) out(`  ${line}`)
      const more = added + removed + changed - largest.length
      if (more > 0) out(`  … and ${showCount(more)} more (--rows N)`)
    }
  }
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
