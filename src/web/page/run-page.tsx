import type { JSX } from 'preact'
import { showBytes, showCount, showDuration } from '../../quantities.ts'
import type { ReuseView, RunView, SkewView } from '../view/views.ts'
import { Inputs } from './inputs.tsx'
import { Badge, Data, Pairs, Panel, Time, Typed } from './parts.tsx'
import { Progress, Workers } from './progress.tsx'
import { Result, SoFar } from './result.tsx'
import { Spark } from './spark.tsx'
import { Stage, Timeline } from './stages.tsx'
import { Deaths, Lacking, Rejected } from './trouble.tsx'

/** One run, from its plan to its result. */
export function RunPage({ run }: { readonly run: RunView }): JSX.Element {
  const { line, result, inputs } = run
  return (
    <>
      <nav>
        <a href="/">All runs</a>
      </nav>
      <Head run={run} />
      <main>
        <Lacking run={run} />
        <Progress run={run} />
        {result === null ? null : <Result result={result} id={line.id} />}
        {run.soFar === null ? null : <SoFar soFar={run.soFar} id={run.line.id} />}
        <Workers run={run} />
        {run.spark === null ? null : <Spark spark={run.spark} />}
        {run.stages.length === 0 ? null : <Tasks run={run} />}
        <Deaths run={run} />
        <Rejected run={run} />
        {inputs === null ? null : <Inputs inputs={inputs} />}
        {run.counters.length === 0 ? null : (
          <Panel title="Counters">
            <Pairs
              pairs={run.counters.map(({ name, value }) => ({ name, value: showCount(Number(value)) }))}
            />
          </Panel>
        )}
        {run.reuse === null ? null : <Reuse reuse={run.reuse} />}
        {run.skew === null ? null : <Skew skew={run.skew} />}
        {run.params.length === 0 ? null : (
          <Panel title="Parameters">
            <Pairs pairs={run.params} />
          </Panel>
        )}
        <Panel title="How it is carried out">
          <Pairs pairs={run.settings} />
        </Panel>
        {run.commands.length === 0 ? null : <Commands commands={run.commands} />}
      </main>
    </>
  )
}

function Head({ run }: { readonly run: RunView }): JSX.Element {
  const { line, description } = run
  return (
    <header>
      <h1>
        <Data text={line.id} /> <Badge tone={line.tone}>{line.said}</Badge>
      </h1>
      <p class="how">
        <Data text={line.job} />, begun <Time at={line.createdAt} />,{' '}
        <a href={`/runs/${encodeURIComponent(line.id)}/logs`}>what it prints</a>
      </p>
      {description === null ? null : (
        <p>
          <Data text={description} max={2000} />
        </p>
      )}
    </header>
  )
}

function Tasks({ run: { stages, timeline } }: { readonly run: RunView }): JSX.Element {
  return (
    <Panel title="Tasks">
      {stages.map((stage) => (
        <Stage key={stage.name} stage={stage} />
      ))}
      {timeline === null ? null : <Timeline timeline={timeline} />}
    </Panel>
  )
}

function Commands({ commands }: Pick<RunView, 'commands'>): JSX.Element {
  return (
    <Panel title="In a terminal">
      <ul>
        {commands.map(({ does, command }) => (
          <li key={command}>
            {does}: <Typed command={command} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Reuse({ reuse }: { readonly reuse: ReuseView }): JSX.Element {
  return (
    <Panel title="Reused" aside={`${showCount(reuse.reused)} of ${showCount(reuse.of)} map tasks`}>
      {reuse.others.length === 0 ? (
        <p>Every map task had been done by an earlier run.</p>
      ) : (
        <Pairs pairs={reuse.others} />
      )}
    </Panel>
  )
}

function Skew({ skew }: { readonly skew: SkewView }): JSX.Element {
  return (
    <Panel title="Largest and slowest">
      {skew.slowest.length === 0 ? null : (
        <>
          <h3>
            Slowest map tasks{' '}
            <span class="aside">half of them took {showDuration(skew.medianMs)} or less</span>
          </h3>
          <Pairs pairs={skew.slowest} />
        </>
      )}
      {skew.partitions.length === 0 ? null : (
        <>
          <h3>
            Largest partitions, as spilled <span class="aside">{showBytes(skew.spilledBytes)} in all</span>
          </h3>
          <Pairs pairs={skew.partitions} />
        </>
      )}
      {skew.keys.length === 0 ? null : (
        <>
          <h3>Largest keys, as reduced</h3>
          <Pairs pairs={skew.keys} />
        </>
      )}
    </Panel>
  )
}
