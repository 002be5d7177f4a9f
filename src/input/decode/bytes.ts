import type { InputFormat } from '../../job/index.ts'
import { type FormatOptions, resolveRecordBytesMax } from './options.ts'

/**
 * Whole files: every file, gzip file (decompressed) or archive member is one record, its bytes. An empty file is a
 * record of no bytes. The bytes are the record's own: they may be kept and changed.
 *
 * @param options.recordBytesMax files longer than this are rejected without being held; in bytes, default 64 MiB.
 *   A task holds a file of this size twice.
 * @throws {TallymanError} `job-invalid` for an option that makes no sense
 *
 * @example
 * ```ts
 * import { bytes, defineJob, sum } from 'tallyman'
 *
 * export default defineJob({
 *   input: bytes(),
 *   reduce: sum<string>(),
 *   map(content, emit) {
 *     emit(content[0] === 0x89 ? 'png' : 'other', content.length)
 *   },
 * })
 * ```
 */
export function bytes(options: FormatOptions = {}): InputFormat<Uint8Array> {
  return {
    name: 'bytes',
    unit: 'file',
    recordBytesMax: resolveRecordBytesMax('bytes', options),
    options: {},
    decoder: () => ({ decode: (content, start, end) => new Uint8Array(content.subarray(start, end)) }),
  }
}
