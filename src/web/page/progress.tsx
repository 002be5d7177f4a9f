import type { JSX } from 'preact'
import { countOf, showBytes, showCount, showDuration } from '../../quantities.ts'
import type { RunView, WorkerView } from '../view/views.ts'
import { Badge, Data, Pairs, Panel, Table } from './parts.tsx'

/** How far a run is, how fast it goes, and how long it may still take. */
export function Progress({ run }: { readonly run: RunView }): JSX.Element | null {
  const { progress, line } = run
  if (progress === null) return null
  const { percent, readBytes, inputBytes, records, rejected, recentRate, wholeRate, leftMs } = progress
  return (
    <Panel title="Progress">
      <div class="bar">
        <progress
          max={Math.max(1, inputBytes)}
          value={inputBytes === 0 ? 1 : readBytes}
          aria-label="input read"
        />
        <strong>{percent} %</strong>
      </div>
      <dl class="figures">
        <Figure name="read" value={`${showBytes(readBytes)} of ${showBytes(inputBytes)}`} />
        <Figure name="records" value={showCount(records)} />
        <Figure name="rejected" value={showCount(rejected)} tone={rejected > 0 ? 'warn' : undefined} />
        <Figure name="at work" value={showDuration(line.workedMs ?? 0)} />
        {recentRate === null || wholeRate === null ? null : (
          <Figure name="rate" value={`${showBytes(recentRate)}/s now, ${showBytes(wholeRate)}/s so far`} />
        )}
        {leftMs === null ? null : <Figure name="left" value={sayLeft(leftMs)} />}
      </dl>
      {leftMs === null ? null : (
        <p class="how">
          The time left is what is not read yet, at the rate of the last 15 seconds and at that of the whole
          session.
        </p>
      )}
      {run.note === null ? null : (
        <p class="note">
          <Data text={run.note} />
        </p>
      )}
    </Panel>
  )
}

function sayLeft([least, most]: readonly [number, number]): string {
  const [from, to] = [showDuration(least), showDuration(most)]
  return from === to ? from : `${from} to ${to}`
}

function Figure(props: {
  readonly name: string
  readonly value: string
  readonly tone?: string | undefined
}): JSX.Element {
  return (
    <div class={props.tone}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  )
}

/** What the workers are at now, and what they take of the machine. */
export function Workers({ run }: { readonly run: RunView }): JSX.Element | null {
  const { workers, sharesProcess, bounds, bottleneck } = run
  if (workers.length === 0) return null
  return (
    <Panel title="Workers">
      <Table
        label="what the workers are at"
        columns={[
          { title: 'worker', number: true },
          { title: 'cores', number: true },
          { title: 'memory', number: true },
          { title: 'attempt' },
          { title: 'reads' },
          { title: 'for', number: true },
          { title: 'so far', number: true },
          { title: 'read', number: true },
        ]}
        rows={workers.map((worker) => ({ key: String(worker.seat), cells: cellsOf(worker) }))}
      />
      <Pairs pairs={bounds} />
      {sharesProcess ? (
        <p class="how">Threads share one process: cores and memory are those of all of them.</p>
      ) : null}
      {bottleneck === null ? null : <p class="how">So far it is {bottleneck}.</p>}
    </Panel>
  )
}

function cellsOf({ seat, cores, bytes, isPaused, at }: WorkerView): (JSX.Element | string | number)[] {
  const use = [seat, cores === null ? '' : cores.toFixed(1), bytes === null ? '' : showBytes(bytes)]
  if (at === null) return [...use, 'waits', '', '', '', '']
  const { attempt, reads, forMs, records, readBytes, ofBytes } = at
  return [
    ...use,
    isPaused ? (
      <span key="attempt">
        {attempt} <Badge tone="warn">paused for others</Badge>
      </span>
    ) : (
      attempt
    ),
    <Data key="reads" text={reads} />,
    showDuration(forMs),
    ofBytes === null ? countOf(records, 'group') : countOf(records, 'record'),
    ofBytes === null ? '' : `${showBytes(readBytes)} of ${showBytes(ofBytes)}`,
  ]
}
