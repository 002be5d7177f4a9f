import type { TableDescription } from '../../job/index.ts'
import { countOf, showCount } from '../../quantities.ts'
import { canonicalJson, type Key } from '../../record/index.ts'
import { type Cell, ColumnFinder, cellsOf, columnNames } from '../columns/table-columns.ts'
import type { ResultTable } from '../open-result.ts'
import { selectRows } from '../top-rows.ts'
import { data, type Html, html } from './html.ts'
import { paperRows } from './page-style.ts'

/** Larger tables are there with their largest rows, or where values are no numbers with the first. */
const rowsMax = 2000

/** A table of a result, largest first where its values are numbers; small enough to be read. */
export async function tableSection(
  table: ResultTable<Key, unknown>,
  description: TableDescription | undefined,
): Promise<Html> {
  const isWhole = table.rows <= rowsMax
  const top = isWhole ? null : { rows: rowsMax, by: 'value' }
  const finder = new ColumnFinder(description?.columns ?? null)
  const rows = []
  for await (const row of selectRows(table, description, { where: {}, top })) {
    rows.push(row)
    finder.add(row.key, row.value)
  }
  const columns = finder.columns()
  const all = [...columns.keys, ...columns.values]
  const isNumber = all.map(({ type }) => type === 'int64' || type === 'double' || type === 'int128')
  const first = rows[0]?.value
  const which = typeof first === 'number' || typeof first === 'bigint' ? 'largest' : 'first'
  const note = isWhole ? '' : `, of which the ${showCount(rows.length)} ${which} are here`
  const lines = rows.map(
    ({ key, value }) =>
      html`<tr>${cellsOf(key, value, columns).map((cell, index) => cellOf(cell, isNumber[index] ?? false))}</tr>`,
  )
  return html`<h3 id="table-${table.name}">Table ${table.name}</h3>
<p class="faint">${countOf(table.rows, 'row')}${note}; ${description?.kind ?? 'values'} by ${columnNames({ ...columns, values: [] }).join(', ')}. <span class="screen">Press a head to sort.</span></p>
${onPaper(rows.length)}
<div class="scroll" tabindex="0" role="region" aria-label="Table ${table.name}"><table class="sortable"><thead><tr>${all.map(({ name }, index) => (isNumber[index] ? html`<th class="n" scope="col">${name}</th>` : html`<th scope="col">${name}</th>`))}</tr></thead>
<tbody>
${lines}
</tbody></table></div>`
}

const wordMax = 20

function cellOf(cell: Cell, isNumber: boolean): Html {
  if (cell === null) return html`<td class="faint">null</td>`
  if (isNumber && (typeof cell === 'bigint' || typeof cell === 'number')) {
    const isWhole = typeof cell === 'bigint' || Number.isInteger(cell)
    return html`<td class="n" data-n="${String(cell)}">${isWhole ? cell.toLocaleString('en-US') : String(cell)}</td>`
  }
  const text = typeof cell === 'string' && cell !== '' && cell !== 'null' ? cell : canonicalJson(cell)
  // A day is not broken at its hyphens, whatever stands beside it.
  return text.length <= wordMax ? html`<td class="w">${data(text)}</td>` : html`<td>${data(text)}</td>`
}

/** Whoever prints the report is told what of a list is not on paper. */
export function onPaper(rows: number): Html | null {
  return rows <= paperRows
    ? null
    : html`<p class="paper">On paper: the first ${paperRows} of ${showCount(rows)} rows. The file has all of them.</p>`
}
