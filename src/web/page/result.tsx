import type { JSX } from 'preact'
import { countOf, showBytes } from '../../quantities.ts'
import type { ResultView, TableView } from '../view/run-view.ts'
import { Badge, Data, Panel, Table } from './parts.tsx'

/** What came out. */
export function Result({ result, id }: { readonly result: ResultView; readonly id: string }): JSX.Element {
  const { directory, digest, complete, isThere, tables } = result
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
      <div class="tables">
        {tables.map((table) => (
          <TableHead key={table.name} table={table} id={id} isThere={isThere} />
        ))}
      </div>
      {isThere ? (
        <p>
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
  const { name, file, rows, bytes, head } = props.table
  const elements = Math.max(1, ...head.map((cells) => cells.length - 1))
  const columns = Array.from({ length: elements }, (_, index) => ({
    title: elements === 1 ? 'key' : `key ${index + 1}`,
  }))
  return (
    <div>
      <h3>
        {name}{' '}
        <span class="aside">
          {countOf(rows, 'row')}, {showBytes(bytes)}
          {props.isThere ? (
            <>
              {', '}
              <a href={`/runs/${encodeURIComponent(props.id)}/result/${encodeURIComponent(file)}`} download>
                {file}
              </a>
            </>
          ) : null}
        </span>
      </h3>
      {head.length === 0 ? null : (
        <Table
          label={`first rows of ${name}`}
          columns={[...columns, { title: 'value', number: true }]}
          rows={head.map((cells, index) => ({
            key: String(index),
            cells: [
              ...Array.from({ length: elements }, (_, element) =>
                element < cells.length - 1 ? (
                  <Data key={element} text={plain(cells[element] ?? '')} max={120} />
                ) : (
                  ''
                ),
              ),
              <Data key="value" text={cells.at(-1) ?? ''} max={200} />,
            ],
          }))}
        />
      )}
      {rows > head.length && head.length > 0 ? <p class="how">the first {head.length}</p> : null}
    </div>
  )
}

/** A text without its quotes, where nothing else could be meant: not `"12"`, `"null"` or `" a"`. */
function plain(json: string): string {
  if (!json.startsWith('"')) return json
  const text: unknown = JSON.parse(json)
  return typeof text === 'string' && !looksOther(text) ? text : json
}

function looksOther(text: string): boolean {
  return (
    text === '' ||
    text !== text.trim() ||
    (/^(null|true|false|-?\d[\d.eE+-]*)$|["\\]/.test(text) && !/^\d{4}-\d\d-\d\d$/.test(text))
  )
}
