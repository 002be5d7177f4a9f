import { countOf, showCount } from '../quantities.ts'
import { type AnswerSoFar, sayRestsOn } from '../result/index.ts'
import { clip } from './cells.ts'
import { headLines } from './tables.ts'

/** What an answer so far rests on. */
export function sayBasis(answer: AnswerSoFar): string {
  const { partitions, partitionsOf } = answer
  const some =
    partitions === partitionsOf
      ? ''
      : `, of ${showCount(partitions)} of ${countOf(partitionsOf, 'partition')}`
  return `So far, not the result: ${sayRestsOn(answer)}${some}`
}

/** The top of an answer so far, in at most so many lines of so many cells: as many tables as fit, then as many rows. */
export function soFarLines(answer: AnswerSoFar, columns: number, linesMax: number): string[] {
  const tables = answer.tables.filter(({ top }) => top.length > 0)
  // A table is its name and a row at least.
  const shown = tables.slice(0, Math.floor((linesMax - 1) / 2))
  if (shown.length === 0) return []
  const rows = Math.floor((linesMax - 1) / shown.length) - 1
  const left = tables.length - shown.length
  const basis = left === 0 ? sayBasis(answer) : `${sayBasis(answer)}; and ${countOf(left, 'more table')}`
  return [
    clip(basis, columns),
    ...shown.flatMap(({ name, rows: count, top }) => [
      clip(`  ${name}: ${countOf(count, 'row')}`, columns),
      ...headLines(top.slice(0, rows), columns - 4).map((line) => clip(`    ${line}`, columns)),
    ]),
  ]
}
