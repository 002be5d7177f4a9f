import type { Scalar } from '../../record/index.ts'
import { elementsOf } from '../columns/key-columns.ts'
import type { Columns, ResultRow, RowWriter } from './row-writer.ts'
import { wellFormed } from './well-formed.ts'

/**
 * Tables of columns: `key` or `key_1`, `key_2`, …, or what the job calls them, then `value` or the properties all values have, unless one is called as
 * a column of the key is. A cell that is absent (null, or an element a shorter key does not have) and an empty text are
 * two things in both formats.
 */

/** How a format writes cells. */
interface CellStyle {
  readonly separator: string
  readonly end: string
  /** A cell that holds nothing. */
  readonly absent: string
  text(text: string): string
}

/** RFC 4180, lines ended by CRLF. Absent is an empty cell, the empty text is `""`, as PostgreSQL's COPY does. */
const csv: CellStyle = {
  separator: ',',
  end: '\r\n',
  absent: '',
  text: (text) => (text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text),
}

const tsvEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

/** The text format of PostgreSQL's COPY: `\t`, `\n`, `\r` and `\\` are escaped, absent is `\N`. */
const tsv: CellStyle = {
  separator: '\t',
  end: '\n',
  absent: '\\N',
  text: (text) => text.replaceAll(/[\\\t\n\r]/g, (character) => tsvEscapes[character] ?? character),
}

/** A line of csv as results have them; null is an absent cell. */
export function csvLine(cells: readonly (string | null)[]): string {
  return lineOf(cells, csv)
}

/** A line of tsv as results have them; null is an absent cell. */
export function tsvLine(cells: readonly (string | null)[]): string {
  return lineOf(cells, tsv)
}

function lineOf(cells: readonly (string | null)[], style: CellStyle): string {
  return (
    cells.map((cell) => (cell === null ? style.absent : style.text(cell))).join(style.separator) + style.end
  )
}

/** Its head is a line of column names. */
export function csvWriter(columns: Columns): RowWriter {
  return columnWriter(columns, csv)
}

/** Its head is a line of column names, escaped as cells are. */
export function tsvWriter(columns: Columns): RowWriter {
  return columnWriter(columns, tsv)
}

function columnWriter({ keyNames, valueFields }: Columns, style: CellStyle): RowWriter {
  const fields = valueFields?.some((name) => keyNames.includes(name)) ? null : valueFields
  const valueNames = fields ?? ['value']
  const line = (cells: readonly string[]): string => cells.join(style.separator) + style.end
  return {
    head: line([...keyNames, ...valueNames].map((name) => style.text(name))),
    row: (row) => {
      const elements = elementsOf(row.key)
      const keys = keyNames.map((_, index) => keyCell(elements[index] ?? null, style))
      return line([...keys, ...valueCells(row, fields, style)])
    },
    tail: '',
  }
}

function keyCell(element: Scalar, style: CellStyle): string {
  if (element === null) return style.absent
  if (typeof element === 'string') return style.text(wellFormed(element))
  return style.text(Object.is(element, -0) ? '0' : String(element))
}

function valueCells({ valueJson }: ResultRow, fields: readonly string[] | null, style: CellStyle): string[] {
  if (fields === null) return [jsonCell(valueJson, style)]
  return splitObject(valueJson).map((json) => jsonCell(json, style))
}

/** A scalar as itself, anything else as its JSON. Numbers keep the digits they have, however many. */
function jsonCell(json: string, style: CellStyle): string {
  if (json === 'null') return style.absent
  if (json.startsWith('"')) {
    const text: unknown = JSON.parse(json)
    return style.text(wellFormed(String(text)))
  }
  return style.text(json)
}

/** The JSON texts of a flat object's values, in order, without going through numbers, which would round them. */
function splitObject(json: string): string[] {
  const scalar = /"(?:[^"\\]|\\.)*":("(?:[^"\\]|\\.)*"|[^,{}"]+)/gy
  const values: string[] = []
  scalar.lastIndex = 1
  for (let match = scalar.exec(json); match !== null; match = scalar.exec(json)) {
    values.push(match[1] ?? '')
    scalar.lastIndex += 1
  }
  return values
}
