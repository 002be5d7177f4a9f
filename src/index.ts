/** The library's face: what a job file and its tests import. */

export { type ErrorCode, TallymanError } from './errors.ts'
export { type TestJobOptions, testJob } from './flow/index.ts'
export { bytes, jsonl, text } from './input/index.ts'
export {
  all,
  type Context,
  collect,
  count,
  countDistinct,
  type Decoder,
  dayOf,
  days,
  defineJob,
  type Expectation,
  type ExpectedDays,
  type FlushContext,
  first,
  type GroupReducer,
  groupReduce,
  type Histogram,
  type HistogramBin,
  type HistogramOptions,
  histogram,
  type InputFormat,
  type Job,
  type JobDefinition,
  last,
  max,
  mean,
  min,
  noRecord,
  type Position,
  RecordRejection,
  type Reducer,
  type Row,
  reducer,
  type SetupContext,
  sum,
  type TablesOf,
  topK,
  variance,
} from './job/index.ts'
export { openResult } from './open-result.ts'
export type { Key, Scalar } from './record/index.ts'
export type { Manifest, OpenedResult, ResultTable } from './result/index.ts'
