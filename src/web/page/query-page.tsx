import type { JSX } from 'preact'
import { countOf } from '../../quantities.ts'
import type { QueryView } from '../view/run-view.ts'
import { Badge, Data } from './parts.tsx'
import { Rows } from './result.tsx'

/** A result asked by SQL. */
export function QueryPage({ view }: { readonly view: QueryView }): JSX.Element {
  const { run, complete, sql, tables, columns, cells, isCut, problem } = view
  const at = `/runs/${encodeURIComponent(run)}`
  return (
    <>
      <nav>
        <a href="/">All runs</a> / <a href={at}>{run}</a>
      </nav>
      <header>
        <h1>Query {complete ? null : <Badge tone="warn">of an incomplete result</Badge>}</h1>
        <p class="how">
          One statement of DuckDB's SQL that reads. There {tables.length === 1 ? 'is' : 'are'}{' '}
          {tables.map(({ name, columns: names }) => `${name} (${names.join(', ')})`).join('; ')}.
        </p>
      </header>
      <main>
        <form class="ask" method="get" action={`${at}/query`}>
          <label class="wide">
            SQL
            <textarea name="sql" rows={5} maxLength={4000} spellcheck={false}>
              {sql}
            </textarea>
          </label>
          <button type="submit">Ask</button>
        </form>
        {problem === null ? null : (
          <p class="note lines">
            <Data text={problem} max={4000} />
          </p>
        )}
        {cells.length === 0 ? null : (
          <>
            <p class="how">
              {isCut ? `the first ${countOf(cells.length, 'row')}` : countOf(cells.length, 'row')}
            </p>
            <Rows label="answer" columns={columns} rows={cells} />
          </>
        )}
        {cells.length === 0 && problem === null && sql !== '' ? <p>No row.</p> : null}
      </main>
    </>
  )
}
