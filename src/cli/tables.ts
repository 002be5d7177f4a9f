/** Tables for people, in a terminal. */

import { isPlainText, printable } from '../printable.ts'
import { countOf } from '../quantities.ts'
import type { RowTexts, TableHead } from '../result/index.ts'
import { clip, pad, widthOf } from './cells.ts'
import type { Terminal } from './terminal.ts'

const cellWidthMax = 48
/** On a narrow terminal the widest columns give way first, down to this. */
const cellWidthMin = 8
const gap = 2
const indent = 2

/** Which side of a column its cells stand at. */
export type Side = 'left' | 'right'

/** Writes the head of each table to stdout. */
export function showHeads(
  terminal: Terminal,
  heads: readonly Pick<TableHead, 'table' | 'rows' | 'head'>[],
): void {
  const lineWidthMax = terminal.outColumns - indent
  for (const table of heads) {
    terminal.out(`${table.table}: ${countOf(table.rows, 'row')}`)
    for (const line of headLines(table.head, lineWidthMax)) terminal.out(' '.repeat(indent) + line)
    if (table.head.length > 0 && table.rows > table.head.length) terminal.out(`${' '.repeat(indent)}…`)
  }
}

/** The rows of a head, aligned. */
export function headLines(rows: readonly RowTexts[], lineWidthMax: number): string[] {
  const texts = rows.map(({ key, value }) => [...key, value])
  const columns = Math.max(0, ...texts.map(({ length }) => length))
  const isNumeric = Array.from({ length: columns }, () => true)
  for (const cells of texts) {
    for (const [index, json] of cells.entries())
      if (!/^-?\d/.test(json)) isNumeric[columnOf(index, cells.length, columns)] = false
  }
  return alignColumns(
    texts.map((cells) => cells.map(showJson)),
    { sides: isNumeric.map((is) => (is ? 'right' : 'left')), cellWidthMax, lineWidthMax },
  )
}

/**
 * A JSON text as people read it: a string without its quotes, unless it would then pass for something else (a number,
 * null, nothing, two columns) or holds what cannot be shown as it is.
 */
export function showJson(json: string): string {
  if (!json.startsWith('"')) return printable(json)
  const text = String(JSON.parse(json))
  return widthOf(text) > 0 && isPlainText(text) ? text : printable(json)
}

/** How wide columns may be, and the sides their cells stand at; left where nothing is said. */
export interface Alignment {
  readonly sides?: readonly Side[]
  readonly cellWidthMax?: number
  readonly lineWidthMax?: number
  /** Longer cells stand whole, out of line with the others: for whoever reads the lines is no terminal. */
  readonly isWhole?: boolean
}

/** Lines of cells padded to columns. Rows may have different numbers of cells; the last ones stand in the last column. */
export function alignColumns(rows: readonly (readonly string[])[], alignment: Alignment = {}): string[] {
  const { sides = [], cellWidthMax = Number.POSITIVE_INFINITY, lineWidthMax, isWhole = false } = alignment
  const columns = Math.max(0, ...rows.map(({ length }) => length))
  const padded = rows.map((cells) => {
    const all = new Array<string>(columns).fill('')
    for (const [index, cell] of cells.entries()) all[columnOf(index, cells.length, columns)] = cell
    return all
  })
  const natural = Array.from({ length: columns }, (_, column) =>
    Math.min(cellWidthMax, Math.max(...padded.map((cells) => widthOf(cells[column] ?? '')))),
  )
  const widths = narrowed(natural, lineWidthMax ?? Number.POSITIVE_INFINITY)
  return padded.map((cells) =>
    widths
      .map((width, column) => {
        const isRight = sides[column] === 'right'
        const cell = cells[column] ?? ''
        return pad(isWhole ? cell : clip(cell, width), width, isRight ? 'left' : 'right')
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}

function columnOf(index: number, cells: number, columns: number): number {
  return index === cells - 1 ? columns - 1 : index
}

/** Takes from the widest column, a cell at a time, until the line fits or nothing can give way any more. */
function narrowed(widths: readonly number[], lineWidthMax: number): number[] {
  const narrow = [...widths]
  let excess = widths.reduce((sum, width) => sum + width, gap * (widths.length - 1)) - lineWidthMax
  for (; excess > 0; excess--) {
    const widest = Math.max(...narrow)
    if (widest <= cellWidthMin) break
    narrow[narrow.indexOf(widest)] = widest - 1
  }
  return narrow
}
