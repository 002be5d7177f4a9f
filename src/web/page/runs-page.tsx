import type { JSX } from 'preact'
import { countOf, showCount, showDuration } from '../../quantities.ts'
import type { RunLine, RunsView } from '../view/views.ts'
import { Badge, Data, Table, Time, Typed } from './parts.tsx'

/** All runs, newest first. */
export function RunsPage({ view }: { readonly view: RunsView }): JSX.Element {
  const { folder, runs, total, next, pending } = view
  return (
    <>
      <header>
        <h1>Runs</h1>
        <p class="how">
          {countOf(total, 'run')} in <Data text={folder} />
        </p>
      </header>
      <main>
        {total === 0 ? (
          <p>
            There is none yet: <Typed command="tallyman run JOB INPUT…" /> makes one.
          </p>
        ) : (
          <Table
            label="runs"
            columns={[
              { title: 'run' },
              { title: 'status' },
              { title: 'job' },
              { title: 'begun' },
              { title: 'at work', number: true },
              { title: 'read', number: true },
              { title: 'records', number: true },
              { title: 'rejected', number: true },
              { title: 'digest' },
            ]}
            rows={runs.map((line) => ({ key: line.id, cells: cellsOf(line) }))}
          />
        )}
        {pending === 0 ? null : (
          <p class="how">
            {countOf(pending, 'run')} of these are still to be looked at: load the page again.
          </p>
        )}
        {next === null ? null : (
          <p>
            <a href={`/?after=${encodeURIComponent(next)}`}>Older runs</a>
          </p>
        )}
      </main>
    </>
  )
}

function cellsOf(line: RunLine): (JSX.Element | string)[] {
  const { id, said, tone, job, createdAt, workedMs, share, records, rejected, digest } = line
  return [
    <a key="id" href={`/runs/${encodeURIComponent(id)}`}>
      <Data text={id} />
    </a>,
    <Badge key="status" tone={tone}>
      {said}
    </Badge>,
    <Data key="job" text={job} max={60} />,
    createdAt === 0 ? '' : <Time key="begun" at={createdAt} />,
    workedMs === null ? '' : showDuration(workedMs),
    share === null ? '' : `${Math.floor(100 * share)} %`,
    records === null ? '' : showCount(records),
    rejected === null ? '' : showCount(rejected),
    digest === null ? (
      ''
    ) : (
      <code key="digest" class="short">
        {digest.slice(0, 'sha256:'.length + 12)}…
      </code>
    ),
  ]
}
