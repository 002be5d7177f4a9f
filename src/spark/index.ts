/** The same map and reduce tasks on a cluster: Apache Spark schedules, shuffles and tries again. */

export { findSpark, requireJava } from './find-spark.ts'
export { checkMaster, localThreads } from './master.ts'
export { keptPacks, packFolder } from './pack.ts'
export { withRanges } from './ranges.ts'
export { requireSpark } from './require-spark.ts'
export { SparkRun } from './spark-run.ts'
