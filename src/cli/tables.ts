/** Tables for people, in a terminal. */
import type { HeadRow, TableHead } from '../result/index.ts'
import { clip, pad, printable, widthOf } from './printable.ts'
import { countOf } from './quantities.ts'
import type { Terminal } from './terminal.ts'

const cellWidthMax = 48

/** Writes the head of each table to stdout. */
export function showHeads(terminal: Terminal, heads: readonly TableHead[]): void {
  for (const table of heads) {
    terminal.out(`${table.table}: ${countOf(table.rows, 'row')}`)
    for (const line of headLines(table.head)) terminal.out(`  ${line}`)
    if (table.head.length > 0 && table.rows > table.head.length) terminal.out('  …')
  }
}

function headLines(rows: readonly HeadRow[]): string[] {
  return alignColumns(
    rows.map(({ key, value }) => [...key, value].map(showJson)),
    rows.map(({ value }) => value).every((value) => /^-?\d/.test(value)) ? 'last-right' : 'left',
  )
}

/** A JSON text as people read it: strings without quotes, unless they would pass for something else. */
function showJson(json: string): string {
  if (!json.startsWith('"')) return printable(json)
  const text = String(JSON.parse(json))
  const isPlain =
    text !== '' && text === text.trim() && !/^(null|true|false|-?\d.*|\[.*|\{.*|".*)$/s.test(text)
  return isPlain ? printable(text) : printable(json)
}

/** Lines of cells padded to columns. Rows may have different numbers of cells; the last ones stand in the last column. */
export function alignColumns(rows: readonly (readonly string[])[], align: 'left' | 'last-right'): string[] {
  const columns = Math.max(0, ...rows.map(({ length }) => length))
  const padded = rows.map((cells) => {
    const clipped = cells.map((cell) => clip(cell, cellWidthMax))
    const missing = new Array<string>(columns - cells.length).fill('')
    return [...clipped.slice(0, -1), ...missing, ...clipped.slice(-1)]
  })
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...padded.map((cells) => widthOf(cells[column] ?? ''))),
  )
  return padded.map((cells) =>
    cells
      .map((cell, column) => {
        const isLast = column === columns - 1
        return pad(cell, widths[column] ?? 0, isLast && align === 'last-right' ? 'left' : 'right')
      })
      .join('  ')
      .trimEnd(),
  )
}
