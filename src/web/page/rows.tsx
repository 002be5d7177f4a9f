/** Rows of tables, wherever the page shows some. */
import { Fragment, type JSX } from 'preact'
import { isPlainText } from '../../printable.ts'
import { Data, Table } from './parts.tsx'

/** Rows of JSON texts; with bars below numbers, as long as they are. */
export function Rows(props: {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly hasBars?: true
}): JSX.Element {
  const { label, columns, rows, hasBars } = props
  const last = columns.length - 1
  const isNumber = rows.every((cells) => /^-?[\d.]/.test(cells.at(-1) ?? ''))
  const most = Math.max(0, ...rows.map((cells) => Number(cells.at(-1))))
  return (
    <Table
      label={label}
      columns={columns.map((title, index) =>
        index === last && isNumber ? { title, number: true } : { title },
      )}
      rows={rows.map((cells, index) => ({
        key: String(index),
        cells: [
          ...Array.from({ length: last }, (_, element) =>
            element < cells.length - 1 ? (
              <Data key={element} text={plain(cells[element] ?? '')} max={120} />
            ) : (
              ''
            ),
          ),
          <Fragment key="value">
            <Data text={isNumber ? grouped(cells.at(-1) ?? '') : plain(cells.at(-1) ?? '')} max={200} />
            {hasBars && isNumber && most > 0 ? <Bar share={Number(cells.at(-1)) / most} /> : null}
          </Fragment>,
        ],
      }))}
    />
  )
}

/** The number beside it says it in words. */
function Bar({ share }: { readonly share: number }): JSX.Element {
  return (
    <svg class="amount" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect width={(100 * Math.max(0, share)).toFixed(2)} height="4" />
    </svg>
  )
}

/** 1234567 as 1,234,567, whatever its size; anything else as it is. */
export function grouped(json: string): string {
  return /^-?\d+$/.test(json) ? json.replace(/\B(?=(\d{3})+$)/g, ',') : json
}

/**
 * A JSON text as people read it, as a terminal has it, too: a string without its quotes, unless it would then pass for something else
 * (a number, null, nothing) or holds what cannot be shown as it is.
 */
export function plain(json: string): string {
  if (!json.startsWith('"')) return json
  const text: unknown = JSON.parse(json)
  return typeof text === 'string' && isPlainText(text) ? text : json
}

/** May the values of these rows be sorted by size? Null is no number, and may stand among some. */
export function haveSizes(rows: readonly (readonly string[])[]): boolean {
  return rows.some((cells) => /^(-?\d|null$)/.test(cells.at(-1) ?? ''))
}
