export type { FlowKernels } from './flow-kernels.ts'
export { counterWayOut } from './map-context.ts'
export {
  type DamagedSource,
  type MapProgress,
  type MapReport,
  type RecordPlace,
  runMapTask,
  type SkippedRecord,
  type SourceTotals,
} from './map-task.ts'
export { mergeFilesMax } from './merge.ts'
export { type FileToMerge, MergeKernel } from './merge-kernel.ts'
export type { RecordSource } from './record-source.ts'
export { type ReduceReport, runReduceTask } from './reduce-task.ts'
export { type Rejected, rejectedListMax, rejectedName } from './rejected.ts'
export { contentOf, type SideFile, type SideFileList } from './side-file.ts'
export type { Spill } from './spill.ts'
export type { InputBytes, OutputFile, Section, Storage } from './storage.ts'
export { type TestJobOptions, testJob } from './test-job.ts'
