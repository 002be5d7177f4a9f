import type { JSX } from 'preact'
import { printableLines } from '../../printable.ts'
import { countOf, showDuration } from '../../quantities.ts'
import type { QueryView } from '../view/views.ts'
import { AskForm } from './ask-form.tsx'
import { OfResult } from './of-result.tsx'
import { Rows } from './rows.tsx'

const problemMax = 4000

/** A result asked by SQL. */
export function QueryPage({ view }: { readonly view: QueryView }): JSX.Element {
  const { run, complete, sql, tables, msMax, columns, cells, isCut, problem } = view
  const at = `/runs/${encodeURIComponent(run)}`
  return (
    <>
      <OfResult run={run} title="Query" complete={complete}>
        One statement of DuckDB's SQL that reads. There {tables.length === 1 ? 'is' : 'are'}{' '}
        {tables.map(({ name, columns: names }) => `${name} (${names.join(', ')})`).join('; ')}. An answer has{' '}
        {showDuration(msMax)}, and the first 200 rows are shown; leaving the page, or stopping its loading,
        ends the query.
      </OfResult>
      <main>
        <AskForm action={`${at}/query`} doing="The query is at work" msMax={msMax}>
          <label class="wide">
            SQL
            <textarea name="sql" rows={5} maxLength={4000} spellcheck={false}>
              {sql}
            </textarea>
          </label>
          <button type="submit">Ask</button>
        </AskForm>
        {problem === null ? null : (
          // As wide as they are, so that a mark below a place is below it.
          <pre class="note">{printableLines(problem.slice(0, problemMax))}</pre>
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
