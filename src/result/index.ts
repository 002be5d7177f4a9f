/** What came out: tables in key order, manifest, digest. */

export type { FactChange } from './diff/diff-facts.ts'
export type { InputAspect, InputChange, InputsDiff } from './diff/diff-inputs.ts'
export { type DiffOptions, diffResults, type ResultsDiff, type TableDiff } from './diff/diff-results.ts'
export type { RowChange } from './diff/largest-changes.ts'
export { type TableFormat, tableFormats } from './format/row-writer.ts'
export { type Manifest, readManifest } from './manifest.ts'
export { type HeadRow, readHead, type TableHead } from './table-head.ts'
export { checkTarget } from './target.ts'
export type { Finding } from './verify/finding.ts'
export type { TableCheck } from './verify/table-check.ts'
export { type Verification, type VerifyOptions, verifyResult } from './verify/verify-result.ts'
export { type WriteOptions, type WrittenResult, writeResult } from './write-result.ts'
