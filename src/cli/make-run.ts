import { onThisMachine, type RunMaker } from '../run/index.ts'
import { SparkRun } from '../spark/index.ts'

/** Makes of a run what its plan says: one whose tasks Spark does, or workers of this machine. */
export const makeRun: RunMaker = (parts) => {
  const { spark } = parts.state.plan
  return spark === null ? onThisMachine(parts) : new SparkRun(parts, spark)
}
