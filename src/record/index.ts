/** Keys and values: total order, stable hash, codecs, and the checksummed files that pairs of them, their records, are kept in. A record of an input is another thing: see `input/`. */

export { ByteWriter, compareBytes } from './bytes.ts'
export { hashBytes, partitionOf } from './hash.ts'
export { canonicalJson } from './json.ts'
export {
  compareKeys,
  decodeKey,
  encodeKey,
  isKey,
  isScalar,
  isTuple,
  type Key,
  type Scalar,
  writeKey,
} from './key.ts'
export { writeKeyJson } from './key-json.ts'
export { countOutsideHeap, outsideHeapBytes } from './outside-heap.ts'
export { ownData } from './own-data.ts'
export { checkPlainData } from './plain-data.ts'
export { plainJson } from './plain-json.ts'
export type { ByteSink, ByteSource } from './record-file.ts'
export { RecordFileReader } from './record-file-reader.ts'
export { RecordFileWriter } from './record-file-writer.ts'
export { approximateBytes } from './size.ts'
export { internedText } from './text.ts'
export { decodeValue, encodeValue, writeValue } from './value.ts'
