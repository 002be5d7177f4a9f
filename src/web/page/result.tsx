import type { JSX } from 'preact'
import { countOf, showBytes } from '../../quantities.ts'
import type { ResultView, SoFarView, TableView } from '../view/views.ts'
import { Badge, Data, Panel, Typed } from './parts.tsx'
import { haveSizes, Rows } from './rows.tsx'

/** What came out. */
export function Result({ result, id }: { readonly result: ResultView; readonly id: string }): JSX.Element {
  const { directory, digest, complete, isThere, tables, charts, chartsElsewhere } = result
  return (
    <Panel
      title="Result"
      aside={
        complete ? <Badge tone="good">complete</Badge> : <Badge tone="warn">incomplete, as accepted</Badge>
      }
    >
      <p class="how">
        in <Data text={directory} /> {isThere ? null : <Badge tone="warn">not there any more</Badge>}
        <br />
        digest <code>{digest}</code>
      </p>
      <Charts titles={charts} address={(index) => `/runs/${encodeURIComponent(id)}/charts/${index}.svg`} />
      {chartsElsewhere === 0 ? null : (
        <p class="how">
          Its tables are too large for {countOf(chartsElsewhere, 'chart')} to be drawn here:{' '}
          <Typed command={`tallyman plot ${id}`} />
        </p>
      )}
      <div class="tables">
        {tables.map((table) => (
          <TableHead key={table.name} table={table} id={id} isThere={isThere} />
        ))}
      </div>
      {isThere ? (
        <p>
          <a href={`/runs/${encodeURIComponent(id)}/query`}>Ask by SQL</a>,{' '}
          <a href={`/runs/${encodeURIComponent(id)}/diff`}>compare with another result</a>,{' '}
          <a href={`/runs/${encodeURIComponent(id)}/result/manifest.json`}>manifest.json</a>
        </p>
      ) : null}
    </Panel>
  )
}

function TableHead(props: {
  readonly table: TableView
  readonly id: string
  readonly isThere: boolean
}): JSX.Element {
  const { name, isAsWritten, file, rows, bytes, columns, head } = props.table
  const at = `/runs/${encodeURIComponent(props.id)}`
  return (
    <div>
      <h3>
        {name}{' '}
        <span class="aside">
          {countOf(rows, 'row')}, {showBytes(bytes)}
          {props.isThere ? (
            <>
              {', '}
              <a href={`${at}/result/${encodeURIComponent(file)}`} download>
                {file}
              </a>
            </>
          ) : null}
        </span>
      </h3>
      {head.length === 0 ? null : <Rows label={`first rows of ${name}`} columns={columns} rows={head} />}
      {props.isThere && isAsWritten === false ? (
        <p class="note">
          It is missing, or not as it was written, and is not shown: tallyman verify {props.id}
        </p>
      ) : null}
      {props.isThere && isAsWritten === null ? (
        <p class="how">It is being read, to see whether it is as it was written.</p>
      ) : null}
      {props.isThere && head.length > 0 ? (
        <p class="how">
          {rows > head.length ? `the first ${head.length}; ` : ''}
          <a href={`${at}/tables/${name}`}>all rows</a>
          {haveSizes(head) ? (
            <>
              {', '}
              <a href={`${at}/tables/${name}?order=value`}>the largest first</a>
            </>
          ) : null}
        </p>
      ) : null}
    </div>
  )
}

interface ChartsProps {
  readonly titles: readonly string[]
  readonly address: (index: number) => string
  /** Two beside each other, where there is room. */
  readonly areSmall?: boolean
}

function Charts({ titles, address, areSmall = false }: ChartsProps): JSX.Element | null {
  if (titles.length === 0) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1, axe scrollable-region-focusable)
    <section class={areSmall ? 'scroll small' : 'scroll'} tabIndex={0} aria-label="charts">
      {titles.map((title, index) => (
        <p key={index} class="picture">
          <img
            class="chart"
            src={address(index)}
            alt={`chart: ${title}; its numbers are in the tables below`}
          />
        </p>
      ))}
    </section>
  )
}

/** What tables and charts would be by now. */
export function SoFar({ soFar, id }: { readonly soFar: SoFarView; readonly id: string }): JSX.Element {
  const { restsOn, caution, tables, charts, edition } = soFar
  return (
    <Panel title="The answer so far" aside={<Badge tone="warn">not the result</Badge>}>
      <p class="how">
        It rests on {restsOn}. {caution}
      </p>
      <Charts
        areSmall
        titles={charts}
        address={(index) => `/runs/${encodeURIComponent(id)}/so-far/${index}.svg?of=${edition}`}
      />
      <div class="tables">
        {tables.map(({ name, rows, columns, top }) => (
          <div key={name}>
            <h3>
              {name} <span class="aside">{countOf(rows, 'row')}; the largest</span>
            </h3>
            {top.length === 0 ? (
              <p>Nothing yet.</p>
            ) : (
              <Rows label={`largest rows of ${name} so far`} columns={columns} rows={top} hasBars />
            )}
          </div>
        ))}
      </div>
    </Panel>
  )
}
