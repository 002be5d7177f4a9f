import type { JSX } from 'preact'
import { countOf } from '../../quantities.ts'
import type { TableRowsView } from '../view/views.ts'
import { OfResult } from './of-result.tsx'
import { Data } from './parts.tsx'
import { haveSizes, Rows } from './rows.tsx'

/** Rows of one table, in key order from any key on, or the largest values first. */
export function TablePage({ view }: { readonly view: TableRowsView }): JSX.Element {
  const { run, name, rows, complete, columns, cells, from, order, nextByte, problem } = view
  const at = `/runs/${encodeURIComponent(run)}`
  return (
    <>
      <OfResult run={run} title={name} complete={complete}>
        {countOf(rows, 'row')}, {order === 'value' ? 'the largest values first' : 'in the order of keys'}
      </OfResult>
      <main>
        <form class="ask" method="get" action={`${at}/tables/${name}`}>
          <label>
            from the key <input name="from" value={from} maxLength={1000} />
          </label>
          <button type="submit">Go there</button>
          {order === 'value' ? <a href={`${at}/tables/${name}`}>in the order of keys</a> : null}
          {order === 'key' && haveSizes(cells) ? (
            <a href={`${at}/tables/${name}?order=value`}>the largest first</a>
          ) : null}
        </form>
        {problem === null ? null : (
          <p class="note">
            <Data text={problem} />
          </p>
        )}
        {cells.length === 0 ? (
          problem === null ? (
            <p>No row comes after it.</p>
          ) : null
        ) : (
          <Rows label={`rows of ${name}`} columns={columns} rows={cells} />
        )}
        {nextByte === null ? null : (
          <p>
            <a href={`${at}/tables/${name}?at=${nextByte}`}>Next rows</a>
          </p>
        )}
      </main>
    </>
  )
}
