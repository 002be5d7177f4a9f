import { createHash } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TableDescription } from '../../job/index.ts'
import type { CommittedTable } from '../../run/index.ts'
import { LinesOnDisk } from '../open-result.ts'
import { withDatabase } from './database.ts'
import { loadTable } from './load-tables.ts'
import { quoteName, quoteText } from './sql.ts'

/** More is not taken for it, however much the run may have: DuckDB goes on on disk. */
const memoryBytesMax = 2 ** 30

/** What DuckDB is said to be lacking for, here and before the run begins. */
export const parquetPurpose = 'A result as parquet'

/**
 * Makes a parquet file of each table that was written as JSON lines, with the columns that a query sees, and removes the JSON lines.
 *
 * @param directory where the tables lie
 * @param memoryBytes that may be held
 * @returns the tables as they are now
 * @throws {TallymanError} `package-missing` without DuckDB
 */
export async function writeParquet(
  directory: string,
  tables: readonly CommittedTable[],
  descriptions: readonly TableDescription[],
  memoryBytes: number,
): Promise<CommittedTable[]> {
  const options = { memoryBytes: Math.min(memoryBytes, memoryBytesMax), threads: 1, purpose: parquetPurpose }
  return await withDatabase(options, async (connection) => {
    const written: CommittedTable[] = []
    for (const table of tables) {
      const { name, rows, sha256 } = table
      const lines = join(directory, table.file)
      const description = descriptions.find((one) => one.name === name)
      const source = { name, path: lines, rows, sha256 }
      await loadTable(connection, new LinesOnDisk(directory, table), description, source)
      const file = `${name}.parquet`
      const path = join(directory, file)
      await connection.run(`COPY ${quoteName(name)} TO ${quoteText(path)} (FORMAT parquet)`)
      await connection.run(`DROP TABLE ${quoteName(name)}`)
      rmSync(lines)
      written.push({ name, file, rows, ...(await sealOf(path)) })
    }
    return written
  })
}

async function sealOf(path: string): Promise<Pick<CommittedTable, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}
