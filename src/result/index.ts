/** What came out: tables in key order, manifest, digest. */

export { type TableFormat, tableFormats } from './format/row-writer.ts'
export { type Manifest, readManifest } from './manifest.ts'
export { type HeadRow, readHead, type TableHead } from './table-head.ts'
export { checkTarget } from './target.ts'
export { type WriteOptions, type WrittenResult, writeResult } from './write-result.ts'
