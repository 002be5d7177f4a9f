import type { RunState } from '../../run/index.ts'
import type { SparkView } from './views.ts'

/** Executors that are listed: more would be sent again with every update. */
const listedMax = 200

/** What only Spark knows of a run; null for one that is not on Spark, or before the application has anything. */
export function sparkView({ plan, spark }: RunState): SparkView | null {
  if (spark === null) return null
  const { application, executors, speculative, speculativeFirst, shuffle } = spark
  // Those that were lost are what one looks for.
  const listed = executors
    .toSorted((a, b) => Number(b.lost !== null) - Number(a.lost !== null))
    .slice(0, listedMax)
  return {
    master: plan.spark?.master ?? '',
    version: spark.spark,
    application,
    executors: listed,
    executorsTotal: executors.length,
    executorsLost: executors.filter(({ lost }) => lost !== null).length,
    cores: executors.reduce((sum, { cores, lost }) => sum + (lost === null ? cores : 0), 0),
    speculative: speculative.length,
    speculativeFirst,
    ...shuffle,
  }
}
