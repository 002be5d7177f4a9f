import type { ColumnType } from '../columns/table-columns.ts'

/** What a column is in DuckDB. */
export const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  int64: 'BIGINT',
  int128: 'HUGEINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  json: 'JSON',
}

/** A name as SQL takes any. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A literal that holds the text as it is: in DuckDB's strings a backslash is a letter like others. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
