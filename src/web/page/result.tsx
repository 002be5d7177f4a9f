import { Fragment, type JSX } from 'preact'
import { countOf, showBytes } from '../../quantities.ts'
import type { ResultView, SoFarView, TableView } from '../view/run-view.ts'
import { Badge, Data, Panel, Table, Typed } from './parts.tsx'

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
      {charts.length === 0 ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1, axe scrollable-region-focusable)
        <section class="scroll" tabIndex={0} aria-label="charts">
          {charts.map((title, index) => (
            <p key={index} class="picture">
              <img
                class="chart"
                src={`/runs/${encodeURIComponent(id)}/charts/${index}.svg`}
                alt={`chart: ${title}; its numbers are in the tables below`}
              />
            </p>
          ))}
        </section>
      )}
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
          <a href={`${at}/tables/${name}`}>all rows</a>,{' '}
          <a href={`${at}/tables/${name}?order=value`}>the largest first</a>
        </p>
      ) : null}
    </div>
  )
}

/** What the tables would be by now. */
export function SoFar({ soFar }: { readonly soFar: SoFarView }): JSX.Element {
  const { restsOn, caution, tables } = soFar
  return (
    <Panel title="The answer so far" aside={<Badge tone="warn">not the result</Badge>}>
      <p class="how">
        It rests on {restsOn}. {caution}
      </p>
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

/** Rows as JSON texts; with bars below numbers, as long as they are. */
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
            <Data text={isNumber ? grouped(cells.at(-1) ?? '') : (cells.at(-1) ?? '')} max={200} />
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

/** A JSON text as people read it: a text without its quotes, where nothing else could be meant: not `"12"`, `"null"` or `" a"`. */
export function plain(json: string): string {
  if (!json.startsWith('"')) return json
  const text: unknown = JSON.parse(json)
  return typeof text === 'string' && !looksOther(text) ? text : json
}

function looksOther(text: string): boolean {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return false
  return text === '' || text !== text.trim() || /^(null|true|false|-?\d[\d.eE+-]*)$|["\\]/.test(text)
}
