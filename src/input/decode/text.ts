import type { InputFormat } from '../../job/index.ts'
import { kernelOfThread } from '../scan/kernel.ts'
import { TextLines } from '../scan/text-lines.ts'
import { type FormatOptions, resolveRecordBytesMax } from './options.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * Lines of text: every line is a record, a string without its line end (LF or CRLF). An empty line is the record `''`.
 * A byte order mark at the start of a file is passed over. A line that is not valid UTF-8 is rejected.
 *
 * @param options.recordBytesMax lines longer than this are rejected without being held; in bytes, default 64 MiB
 * @throws {TallymanError} `job-invalid` for an option that makes no sense
 *
 * @example
 * ```ts
 * import { count, defineJob, text } from 'tallyman'
 *
 * export default defineJob({
 *   input: text(),
 *   reduce: count<string>(),
 *   map(line, emit) {
 *     for (const word of line.split(' ')) emit(word)
 *   },
 * })
 * ```
 */
export function text(options: FormatOptions = {}): InputFormat<string> {
  return {
    name: 'text',
    unit: 'line',
    recordBytesMax: resolveRecordBytesMax('text', options),
    options: {},
    decoder: () => {
      const kernel = kernelOfThread()
      return kernel === null ? { decode: decodeUtf8, leaveChunk: () => true } : new TextLines(kernel)
    },
  }
}
