/**
 * The scanner's kernel, in AssemblyScript (a typed subset of TypeScript that compiles to WebAssembly).
 *
 * `scanLines` goes over many lines of JSON, each once. It checks all that `JSON.parse` checks — the grammar, every string,
 * number and escape, and that the bytes are UTF-8 — and notes where the values lie that a map has asked for before. It decides
 * nothing it is not sure of: whatever it does not know it calls unsure, and the decoder in `decode/` decides.
 *
 * Its parts lie in the folder of its name: `memory` says what lies where, `record` is the scan itself.
 */
export { shortsVersion } from './kernel/found'
export { scanLine, scanLines, textLines } from './kernel/lines'
export { edges, names, nodes, plain, rows, shorts, text } from './kernel/memory'
export { forgetTokens } from './kernel/names'
export { unescapeNarrow, unescapeWide } from './kernel/unescape'
