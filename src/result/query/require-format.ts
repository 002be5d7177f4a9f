import type { TableFormat } from '../format/row-writer.ts'

/**
 * Sees, before anything is read, that a result can be written in this form.
 *
 * @throws {TallymanError} `package-missing`
 */
export async function requireFormat(format: TableFormat): Promise<void> {
  if (format !== 'parquet') return
  const [{ loadDuckDb }, { parquetPurpose }] = await Promise.all([
    import('./database.ts'),
    import('./write-parquet.ts'),
  ])
  await loadDuckDb(parquetPurpose)
}
