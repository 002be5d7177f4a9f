/**
 * The kernel of keys, in AssemblyScript (a typed subset of TypeScript that compiles to WebAssembly): large tables of keys with amounts, which
 * are whole numbers, and their order. What it does is what `key-table.ts`, `key-sort.ts` and the reducers of `job/reducers/amount.ts` do,
 * many keys a call and without an object for any.
 *
 * Its parts lie in the folder of its name: `memory` says what lies where.
 */
export { out, staging, stagingBytes, tables } from './amounts/memory'
export { deal, sortBucket } from './amounts/order'
export { fill, filled, passOver } from './amounts/records'
export { entryBehind, foldOne, foldStaged, isExceeded, reset, roomFor, setKind, touched } from './amounts/table'
