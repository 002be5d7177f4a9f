import type { JSX } from 'preact'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import type { DeathView, RunView } from '../view/views.ts'
import { Badge, Data, Lines, Panel, Table, Time, Typed } from './parts.tsx'

/** What is lacking, and why the run failed. */
export function Lacking({ run }: { readonly run: RunView }): JSX.Element | null {
  const { fault, shortfalls } = run
  if (fault === null && shortfalls.length === 0) return null
  return (
    <Panel title={fault === null ? 'What is lacking' : 'Why it failed'}>
      {fault === null ? null : (
        <p class="lines">
          <Lines text={fault.message} />
          {fault.wayOut === null ? null : (
            <>
              <br />
              <Lines text={fault.wayOut} />
            </>
          )}
        </p>
      )}
      <ul>
        {shortfalls.map(({ message, wayOut, accepted }) => (
          <li key={message}>
            {accepted ? <Badge tone="warn">accepted</Badge> : <Badge tone="bad">lacking</Badge>}{' '}
            <Data text={message} />
            {accepted || wayOut === null ? null : (
              <>
                {' '}
                <Data text={wayOut} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** Every attempt that failed: its cause, where it was, its memory, and what repeats it. */
export function Deaths({ run }: { readonly run: RunView }): JSX.Element | null {
  const { deaths, deathsTotal, line } = run
  if (deathsTotal === 0) return null
  return (
    <Panel title="Attempts that failed" aside={showCount(deathsTotal)}>
      <ul class="deaths">
        {deaths.map((death) => (
          <Death key={death.attempt} death={death} id={line.id} />
        ))}
      </ul>
      {deathsTotal > deaths.length ? (
        <p class="how">
          These are the last {deaths.length}; <Typed command={`tallyman logs ${line.id}`} /> tells of all.
        </p>
      ) : null}
    </Panel>
  )
}

function Death({ death, id }: { readonly death: DeathView; readonly id: string }): JSX.Element {
  const { attempt, at, code, message, wayOut, record, memory, limitBytes, repro } = death
  return (
    <li>
      <h3>
        {attempt} <Badge tone="bad">{code}</Badge>
      </h3>
      <p class="lines">
        <Lines text={message} />
        {wayOut === null ? null : (
          <>
            <br />
            <Lines text={wayOut} />
          </>
        )}
      </p>
      <p class="how">
        <Time at={at} />
        {record === null ? null : (
          <>
            , at the record of <Data text={record} />
          </>
        )}
        {memory.length === 0 ? null : <Memory memory={memory} limitBytes={limitBytes} />}
      </p>
      <p>
        <a href={`/runs/${encodeURIComponent(id)}/logs/${attempt}`}>what it printed</a>; again:{' '}
        <Typed command={repro} />
      </p>
    </li>
  )
}

function Memory({
  memory,
  limitBytes,
}: {
  readonly memory: readonly number[]
  readonly limitBytes: number | null
}): JSX.Element {
  const most = Math.max(...memory)
  const step = 100 / Math.max(1, memory.length - 1)
  const points = memory.map(
    (bytes, index) => `${(index * step).toFixed(1)},${(20 - (18 * bytes) / most).toFixed(1)}`,
  )
  return (
    <>
      , memory up to {showBytes(most)}
      {limitBytes === null ? null : ` of ${showBytes(limitBytes)} for all`}{' '}
      <svg
        class="spark"
        viewBox="0 0 100 20"
        preserveAspectRatio="none"
        role="img"
        aria-label={`memory over time, up to ${showBytes(most)}`}
      >
        <polyline points={points.length === 1 ? `0,2 100,2` : points.join(' ')} />
      </svg>
    </>
  )
}

/** Records that were refused, with their place and the reason. */
export function Rejected({ run }: { readonly run: RunView }): JSX.Element | null {
  const { total, first } = run.rejected
  if (total === 0) return null
  return (
    <Panel title="Rejected records" aside={showCount(total)}>
      {first.length === 0 ? (
        <p class="how">They are listed when every input has been read.</p>
      ) : (
        <Table
          label="rejected records"
          columns={[{ title: 'where' }, { title: 'why' }, { title: 'record' }]}
          rows={first.map(({ place, reason, excerpt }, index) => ({
            key: String(index),
            cells: [
              <Data key="place" text={place} />,
              <Data key="reason" text={reason} />,
              <code key="excerpt">
                <Data text={excerpt} max={200} />
              </code>,
            ],
          }))}
        />
      )}
      {total > first.length && first.length > 0 ? (
        <p class="how">
          and {countOf(total - first.length, 'more', 'more')}; all are in <code>rejected.jsonl</code> of the
          run's directory.
        </p>
      ) : null}
    </Panel>
  )
}
