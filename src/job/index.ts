export {
  type BarsChart,
  type Chart,
  type ChartBase,
  type ChartScalar,
  chartFields,
  chartKinds,
  type HeatChart,
  type HistogramChart,
  type LinesChart,
  type MapChart,
  neededFields,
} from './chart.ts'
export type { Columns, KeyColumns } from './columns.ts'
export type { Context, FlushContext, SetupContext } from './context.ts'
export { defineJob } from './define-job.ts'
export { describeJob, type JobDescription, type TableDescription } from './describe.ts'
export { bindEmit, type EmitPush, type JobTable, jobTables, type Reductions, type Row } from './emit.ts'
export { emitMistake } from './emit-mistake.ts'
export { dayOf, days, type Expectation, type ExpectedDays } from './expect.ts'
export {
  type Decoder,
  type InputFormat,
  noRecord,
  type Position,
  type Reads,
  RecordRejection,
  type RecordUse,
} from './format.ts'
export {
  type AnyJob,
  isJob,
  type Job,
  type JobDefinition,
  type ParamSchemas,
  type ParamsInput,
  type TablesOf,
} from './job.ts'
export { nearestName } from './nearest.ts'
export { resolveParams } from './params.ts'
export { recordUse } from './record-use.ts'
export type { AnyReducer, GroupReducer, Reducer } from './reducer.ts'
export { reducerNames } from './reducer-names.ts'
export { all } from './reducers/all.ts'
export { type Amount, amountOf } from './reducers/amount.ts'
export { collect } from './reducers/collect.ts'
export { count } from './reducers/count.ts'
export { countDistinct } from './reducers/count-distinct.ts'
export { reducer } from './reducers/custom.ts'
export { first } from './reducers/first.ts'
export { geometricMean } from './reducers/geometric-mean.ts'
export { groupReduce } from './reducers/group-reduce.ts'
export { type Histogram, type HistogramBin, type HistogramOptions, histogram } from './reducers/histogram.ts'
export { last } from './reducers/last.ts'
export { max } from './reducers/max.ts'
export { mean } from './reducers/mean.ts'
export { min } from './reducers/min.ts'
export { sum } from './reducers/sum.ts'
export { topK } from './reducers/top-k.ts'
export { variance } from './reducers/variance.ts'
