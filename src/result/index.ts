/** What came out: tables in key order, manifest, digest. */

export type { FactChange } from './diff/diff-facts.ts'
export type { InputChange, InputsDiff } from './diff/diff-inputs.ts'
export { diffResults, type ResultsDiff, type TableDiff } from './diff/diff-results.ts'
export type { RowChange } from './diff/largest-changes.ts'
export { type TableFormat, tableFormats } from './format/row-writer.ts'
export { type Manifest, readManifest } from './manifest.ts'
export { type AnyTables, type OpenedResult, openResult, type ResultTable } from './open-result.ts'
export { type HeadRow, readHead, type TableHead } from './table-head.ts'
export { checkTarget } from './target.ts'
export { type Verification, verifyResult } from './verify/verify-result.ts'
export { type WrittenResult, writeResult } from './write-result.ts'
