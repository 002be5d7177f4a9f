import { printable } from '../printable.ts'
import { canonicalJson } from '../record/index.ts'
import { csvLine, type QueryAnswer, type QueryColumn, tsvLine } from '../result/index.ts'
import { alignColumns, showJson } from './tables.ts'
import type { Terminal } from './terminal.ts'

/** The forms that the answer to a query can have. */
export const answerFormats = ['table', 'csv', 'tsv', 'json', 'jsonl', 'parquet'] as const
/** As `--format` says it. All but `table`, which is for people, and `parquet`, which DuckDB writes, come from `writeAnswer`. */
export type AnswerFormat = (typeof answerFormats)[number]

type TextFormat = Exclude<AnswerFormat, 'parquet' | 'table'>

/** Is it one of those that are written as they come, whole? */
export function isText(format: AnswerFormat): format is TextFormat {
  return format !== 'table' && format !== 'parquet'
}

/** Those that are lines of cells. */
const lines: Readonly<Partial<Record<TextFormat, typeof csvLine>>> = { csv: csvLine, tsv: tsvLine }

/** Takes text as it comes. */
export type Sink = (text: string) => void

/** Writes an answer as lines, as its rows come. Returns how many rows it had. */
export async function writeAnswer(answer: QueryAnswer, format: TextFormat, sink: Sink): Promise<number> {
  const { columns } = answer
  const line = lines[format]
  if (line !== undefined) sink(line(columns.map(({ name }) => name)))
  if (format === 'json') sink('[\n')
  let rows = 0
  // In an array all rows but the last are followed by a comma.
  let last = ''
  for await (const batch of answer.batches) {
    let text = ''
    for (const cells of batch) {
      rows += 1
      if (line !== undefined) text += line(cells.map(cellText))
      else if (format === 'jsonl') text += `${jsonRow(columns, cells)}\n`
      else {
        if (last !== '') text += `${last},\n`
        last = jsonRow(columns, cells)
      }
    }
    sink(text)
  }
  if (format === 'json') sink(last === '' ? ']\n' : `${last}\n]\n`)
  return rows
}

function cellText(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null
  return typeof cell === 'string' ? cell : canonicalJson(cell)
}

/** A column of JSON is embedded, and not the text of it. */
function jsonRow(columns: readonly QueryColumn[], cells: readonly unknown[]): string {
  const fields = columns.map(({ name, type }, index) => {
    const cell = cells[index] ?? null
    const isText = type === 'JSON' && typeof cell === 'string'
    return `${canonicalJson(name)}:${isText ? cell : canonicalJson(cell)}`
  })
  return `{${fields.join(',')}}`
}

/**
 * Shows the first rows of an answer to people. Returns whether there are more.
 *
 * @param place takes lines; infinitely wide where nobody looks on, so that nothing is cut
 */
export async function showAnswer(
  { columns, batches }: QueryAnswer,
  rowsMax: number,
  place: Pick<Terminal, 'out' | 'outColumns'>,
): Promise<boolean> {
  const rows: (readonly unknown[])[] = []
  for await (const batch of batches) {
    rows.push(...batch)
    if (rows.length > rowsMax) break
  }
  const shown = rows.slice(0, rowsMax)
  const isNumeric = columns.map(
    (_, index) => shown.length > 0 && shown.every((cells) => isNumberOrAbsent(cells[index])),
  )
  const lines = alignColumns(
    [
      columns.map(({ name }) => showJson(canonicalJson(name))),
      ...shown.map((cells) => cells.map((cell, index) => shownCell(cell, columns[index]?.type))),
    ],
    {
      sides: isNumeric.map((is) => (is ? 'right' : 'left')),
      cellWidthMax: 60,
      lineWidthMax: place.outColumns,
      isWhole: !Number.isFinite(place.outColumns),
    },
  )
  for (const line of lines) place.out(line)
  if (rows.length <= rowsMax) return false
  place.out('…')
  return true
}

function isNumberOrAbsent(cell: unknown): boolean {
  return cell === null || typeof cell === 'number' || typeof cell === 'bigint'
}

/** Texts of what is no text (days, decimals, JSON) cannot be taken for anything else. */
function shownCell(cell: unknown, type: string | undefined): string {
  const isText = typeof cell === 'string' && type !== 'VARCHAR'
  return isText ? printable(cell) : showJson(canonicalJson(cell ?? null))
}
