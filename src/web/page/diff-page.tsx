import type { JSX } from 'preact'
import type { DiffTableView, DiffView } from '../view/views.ts'
import { AskForm } from './ask-form.tsx'
import { OfResult } from './of-result.tsx'
import { Badge, Data, Lines, Panel, Table } from './parts.tsx'
import { grouped, plain } from './rows.tsx'

/** What changed from another result to this one. */
export function DiffPage({ view }: { readonly view: DiffView }): JSX.Element {
  const { run, other, complete, isSame, lines, tables, problem } = view
  return (
    <>
      <OfResult run={run} title="Difference" complete={complete}>
        {other === null ? (
          'to the result of another run'
        ) : (
          <>
            from A, of <a href={`/runs/${encodeURIComponent(other)}`}>{other}</a>, to B, of {run}
          </>
        )}
      </OfResult>
      <main>
        <Choice view={view} />
        {problem === null ? null : (
          <p class="note lines">
            <Lines text={problem} />
          </p>
        )}
        {isSame === null ? null : (
          <>
            <Panel
              title="Tables"
              aside={<Badge tone={isSame ? 'good' : 'warn'}>{isSame ? 'the same' : 'different'}</Badge>}
            >
              {tables.map((table) => (
                <TableChange key={table.name} table={table} />
              ))}
            </Panel>
            <Panel title="What else changed">
              <ul>
                {lines.map((line) => (
                  <li key={line}>
                    <Data text={line.trim()} />
                  </li>
                ))}
              </ul>
            </Panel>
          </>
        )}
      </main>
    </>
  )
}

function Choice({ view: { run, other, others } }: { readonly view: DiffView }): JSX.Element {
  const isListed = other === null || others.some(({ id }) => id === other)
  if (others.length === 0 && other === null) return <p>There is no other result yet.</p>
  return (
    <AskForm action={`/runs/${encodeURIComponent(run)}/diff`} doing="The results are being compared">
      <label>
        compare with{' '}
        <select name="with">
          {isListed ? null : (
            <option value={other} selected>
              {other}
            </option>
          )}
          {others.map(({ id, said }) => (
            <option key={id} value={id} selected={id === other}>
              {`${id}: ${said}`}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Compare</button>
    </AskForm>
  )
}

function TableChange({ table }: { readonly table: DiffTableView }): JSX.Element {
  const { name, said, columns, cells, more } = table
  const numbers = new Set(['before', 'after', 'by'])
  const areNumbers = cells.every((row) => row.slice(-3).every((text) => /^[+-]?[\d.]|^$/.test(text)))
  return (
    <div>
      <h3>
        {name} <span class="aside">{said}</span>
      </h3>
      {cells.length === 0 ? null : (
        <Table
          label={`largest changes of ${name}`}
          columns={columns.map((title, index) => ({
            title: index === 0 ? 'row' : title,
            ...(areNumbers && index >= columns.length - 3 && numbers.has(title) ? { number: true } : {}),
          }))}
          rows={cells.map((row, index) => ({
            key: String(index),
            cells: row.map((text, at) => (
              <Data key={at} text={plain(at < row.length - 3 ? text : grouped(text))} max={200} />
            )),
          }))}
        />
      )}
      {more === null ? null : <p class="how">{more}</p>}
    </div>
  )
}
