import type { QueryAnswer, QueryOptions } from './run-query.ts'

export type { QueryAnswer, QueryColumn } from './run-query.ts'

/** What `queryResult` of `run-query.ts` does. It is loaded when it is first called, as the database is. */
export async function queryResult<T>(
  directory: string,
  sql: string,
  options: QueryOptions,
  use: (answer: QueryAnswer) => Promise<T>,
): Promise<T> {
  const { queryResult: query } = await import('./run-query.ts')
  return query(directory, sql, options, use)
}
