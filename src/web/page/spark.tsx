import type { JSX } from 'preact'
import { countOf, showBytes, showCount } from '../../quantities.ts'
import type { SparkView } from '../view/views.ts'
import { Badge, Data, Pairs, Panel, Table } from './parts.tsx'

/** What only Spark knows: its executors, attempts it began beside slow ones, and what went through its shuffle. */
export function Spark({ spark }: { readonly spark: SparkView }): JSX.Element {
  const { version, executors, executorsTotal, executorsLost, cores, speculative, speculativeFirst } = spark
  const there = executorsTotal - executorsLost
  return (
    <Panel
      title="On Spark"
      aside={version === null ? 'the application does not stand yet' : `Spark ${version}`}
    >
      <Pairs
        pairs={[
          { name: 'master', value: spark.master },
          { name: 'application', value: spark.application ?? '' },
          {
            name: 'executors',
            value: `${showCount(there)} with ${countOf(cores, 'core')}${executorsLost === 0 ? '' : `, ${showCount(executorsLost)} lost`}`,
          },
          {
            name: 'speculative attempts',
            value:
              speculative === 0
                ? '0'
                : `${showCount(speculative)}, ${showCount(speculativeFirst)} of them first`,
          },
          {
            name: 'shuffle',
            value: `${showBytes(spark.writtenBytes)} written, ${showBytes(spark.readBytes)} read`,
          },
        ].filter(({ value }) => value !== '')}
      />
      {executors.length === 0 ? null : <Executors executors={executors} />}
      {executors.length < executorsTotal ? (
        <p class="how">{countOf(executorsTotal - executors.length, 'executor')} more.</p>
      ) : null}
    </Panel>
  )
}

function Executors({ executors }: Pick<SparkView, 'executors'>): JSX.Element {
  return (
    <Table
      label="Spark's executors"
      columns={[
        { title: 'executor' },
        { title: 'host' },
        { title: 'cores', number: true },
        { title: 'attempts', number: true },
        { title: 'stands' },
      ]}
      rows={executors.map(({ executor, host, cores, attempts, lost }) => ({
        key: executor,
        cells: [
          <Data key="executor" text={executor} />,
          <Data key="host" text={host} />,
          cores,
          attempts,
          lost === null ? (
            'there'
          ) : (
            <span key="stands">
              <Badge tone="bad">lost</Badge> <Data text={lost} max={200} />
            </span>
          ),
        ],
      }))}
    />
  )
}
