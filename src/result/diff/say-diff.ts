/** What changed between two results, as people read it. */
import type { Series } from '../../input/index.ts'
import { printable } from '../../printable.ts'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import { canonicalJson } from '../../record/index.ts'
import type { FileRead } from '../../run/index.ts'
import type { FactChange } from './diff-facts.ts'
import type { InputChange, InputsDiff } from './diff-inputs.ts'
import type { TableDiff } from './diff-results.ts'

/** More of a kind are counted, not listed. */
const listedMax = 10

/** What changed in the inputs; of each kind of change the first ten. */
export function sayInputChanges({ added, removed, changed, same }: InputsDiff): string[] {
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

/**
 * What else changed in how two results were made, and that code and parameters did not, where they did not.
 *
 * @param show a JSON text, as it is shown where this is said
 */
export function sayFactChanges(facts: readonly FactChange[], show: (json: string) => string): string[] {
  const told = new Set(facts.map(({ of }) => of))
  const unchanged = ['code', 'parameters'].filter((name) => !told.has(name === 'code' ? 'code' : 'parameter'))
  return [
    ...facts.flatMap((fact) => factLines(fact, show)),
    ...(unchanged.length === 0 ? [] : [`The same: ${unchanged.join(', ')}`]),
  ]
}

function factLines({ of, name, before, after }: FactChange, show: (json: string) => string): string[] {
  if (of === 'code')
    return [`code: changed (SHA-256 ${String(before).slice(0, 12)}… → ${String(after).slice(0, 12)}…)`]
  if (name === 'accepted') return acceptedLines(before, after)
  if (name === 'series') return [`series: ${saySeries(before)} → ${saySeries(after)}`]
  if (of === 'file-read')
    return [`${printable(name)}, which the job reads itself: ${sayFileRead(before)} → ${sayFileRead(after)}`]
  const text = (value: unknown): string => {
    if (value === undefined) return '(none)'
    const isCount = (of === 'total' || of === 'counter') && typeof value === 'number'
    return isCount ? showCount(value) : show(canonicalJson(value))
  }
  return [`${labelOf(of, name)}: ${text(before)} → ${text(after)}`]
}

/** `12 B of 2026-11-30T09:00:00.000Z`. */
function sayFileRead(file: unknown): string {
  if (typeof file !== 'object' || file === null) return 'not read'
  const { sizeBytes, mtimeNs } = file as FileRead
  return sizeBytes === null || mtimeNs === null
    ? 'not there'
    : `${showCount(sizeBytes)} B of ${timeOf(mtimeNs)}`
}

/** `geoTwitterYY-MM-DD.zip from 2020-01-01 to 2020-12-31, no day missing`. */
function saySeries(series: unknown): string {
  if (typeof series !== 'object' || series === null) return '(none)'
  const { pattern, from, to, missing } = series as Series
  const days = missing.length === 0 ? 'no day' : countOf(missing.length, 'day')
  return `${printable(pattern)} from ${from} to ${to}, ${days} missing`
}

function labelOf(of: FactChange['of'], name: string): string {
  return of === 'parameter' || of === 'counter' || of === 'job' ? `${of} ${printable(name)}` : name
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

/** How a table differs, in one line. */
export function sayTableChange(table: TableDiff): string {
  switch (table.kind) {
    case 'same':
      return `${table.name}: ${countOf(table.rows, 'row')}, the same`
    case 'added':
    case 'removed':
      return `${table.name}: only in ${table.kind === 'added' ? 'B' : 'A'}, ${countOf(table.rows, 'row')}`
    case 'not-compared':
      return `${table.name}: ${showCount(table.rowsBefore)} → ${countOf(table.rowsAfter, 'row')}. ${table.why}`
    case 'different': {
      const { name, rowsBefore, rowsAfter, added, removed, changed, same } = table
      return (
        `${name}: ${showCount(rowsBefore)} → ${countOf(rowsAfter, 'row')}; ${showCount(added)} added, ` +
        `${showCount(removed)} removed, ${showCount(changed)} changed, ${showCount(same)} the same`
      )
    }
  }
}
