import type { AnyTables, OpenedResult } from './result/index.ts'

/**
 * Opens a result: the directory that `tallyman run -o` wrote, or that of a run. Reads nothing but its manifest; a table's file
 * is opened when it is read, and checked against the manifest when all of it was. Tables written as csv, tsv or parquet can't be read
 * back: their cells do not say what they were.
 *
 * It is loaded when it is first called: a worker that loads a job has no use for it.
 *
 * @param path relative to the current directory
 * @throws {TallymanError} `not-found` where there is no result, `file-damaged` for a manifest that was changed
 *
 * @example
 * ```ts
 * import { count, defineJob, openResult, type TablesOf, text } from 'tallyman'
 *
 * const words = defineJob({
 *   input: text(),
 *   reduce: count<string>(),
 *   map(line, emit) {
 *     for (const word of line.split(' ')) emit(word)
 *   },
 * })
 *
 * async function show(directory: string): Promise<void> {
 *   const { tables, manifest } = await openResult<TablesOf<typeof words>>(directory)
 *   if (!manifest.completeness.complete) console.log('Something is lacking.')
 *   console.log(await tables.result.get('bus'))
 *   for await (const { key, value } of tables.result) console.log(key, value)
 * }
 * ```
 */
export async function openResult<T extends AnyTables = AnyTables>(path: string): Promise<OpenedResult<T>> {
  const { openResult: open } = await import('./result/index.ts')
  return open<T>(path)
}
