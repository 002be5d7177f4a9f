import { type Conduct, onThisMachine } from '../run/index.ts'
import { SparkRun } from './spark-run.ts'

/** Has Spark do the tasks of runs that were planned for it, and this machine those of all others. */
export const conductOnSpark: Conduct = (parts) => {
  const { spark } = parts.state.plan
  return spark === null ? onThisMachine(parts) : new SparkRun(parts, spark)
}
