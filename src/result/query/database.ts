import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { scratchFolder } from '../../host/index.ts'
import { loadOptional } from '../optional-package.ts'

/** What a database may take of the machine, and what for. */
export interface DatabaseOptions {
  /** Memory of the tables and all else together; what does not fit is on disk meanwhile. */
  readonly memoryBytes: number
  readonly threads: number
  /** What it is for, as the beginning of a sentence: `A query`. */
  readonly purpose: string
}

/**
 * A database of DuckDB in memory, for as long as something is done with it. It takes nothing from the user's home, and loads nothing.
 *
 * @throws {TallymanError} `package-missing` without DuckDB
 */
export async function withDatabase<T>(
  { memoryBytes, threads, purpose }: DatabaseOptions,
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance } = await loadDuckDb(purpose)
  const scratch = scratchFolder('query')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.ceil(memoryBytes / 2 ** 20)}MiB`,
    threads: String(threads),
    temp_directory: join(scratch, 'spill'),
    home_directory: scratch,
    extension_directory: join(scratch, 'none'),
    secret_directory: join(scratch, 'none'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    return await use(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** It is optional: throws `package-missing`, in a sentence that begins with `purpose`, where it is not installed. */
export function loadDuckDb(purpose: string): Promise<typeof import('@duckdb/node-api')> {
  return loadOptional('@duckdb/node-api', purpose, () => import('@duckdb/node-api'))
}
