import { messageOf, TallymanError } from '../../errors.ts'
import { nearestName } from '../../job/index.ts'
import { ColumnFinder, columnNames } from '../columns/table-columns.ts'
import type { Manifest } from '../manifest.ts'
import { type AnyTables, type OpenedResult, openResult } from '../open-result.ts'
import type { QueryTable } from './load-tables.ts'
import { quoteName } from './sql.ts'

/** Rows that tell the columns of a table that was not loaded: more would take time, and only say how a query could be put. */
const headRows = 100

/** A table that a query can be about. */
export interface AskableTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** All tables of a result with their columns: of those that are not loaded, what their first rows have. */
export async function tablesAtHead(
  { job, tables: written }: Manifest,
  tables: OpenedResult<AnyTables>['tables'],
  loaded: readonly QueryTable[],
): Promise<AskableTable[]> {
  const all: AskableTable[] = []
  for (const { name } of written) {
    const known = loaded.find((one) => one.name === name)
    const finder = new ColumnFinder(job.description.tables.find((one) => one.name === name)?.columns ?? null)
    let rows = 0
    try {
      if (known === undefined)
        for await (const { key, value } of tables[name] ?? []) {
          finder.add(key, value)
          rows += 1
          if (rows === headRows) break
        }
    } catch {
      // Whoever asks for this table is told what is wrong with it; here it is only named.
    }
    all.push({ name, columns: columnNames(known?.columns ?? finder.columns()) })
  }
  return all
}

/** What DuckDB says, with the tables that there are. */
export function sayFailure(error: unknown, tables: readonly AskableTable[]): unknown {
  if (error instanceof TallymanError) return error
  const message = messageOf(error).trim()
  if (message.startsWith('Permission Error')) {
    return new TallymanError('usage', 'The query asks for a file, and it may read nothing but the result.', {
      wayOut: sayTables(tables),
      cause: error,
    })
  }
  if (message.startsWith('Out of Memory Error')) {
    return new TallymanError('usage', 'The query needs more memory than it may have.', {
      wayOut: 'Give it more, for example --memory 4G, or ask for less.',
      cause: error,
    })
  }
  return new TallymanError('usage', `The query does not run. ${withoutCatalog(message)}`, {
    wayOut: sayMeant(message, tables) + sayTables(tables),
    cause: error,
  })
}

const missingTable = /^Catalog Error: Table with name (.*) does not exist!/

/** DuckDB guesses a table's name among those of its own catalog as well, which no query here is about. */
function withoutCatalog(message: string): string {
  return missingTable.test(message) ? message.replace(/\nDid you mean "[^\n]*"\?/, '') : message
}

function sayMeant(message: string, tables: readonly AskableTable[]): string {
  const asked = missingTable.exec(message)?.[1]
  const names = tables.map(({ name }) => name)
  const near = asked === undefined ? null : nearestName(asked.toLowerCase(), names)
  return near === null ? '' : `Did you mean ${near}? `
}

/** The tables of a result as a query may be put about them: the names of their columns as they are written in it. */
export async function askableTables(directory: string): Promise<AskableTable[]> {
  const { manifest, tables } = openResult(directory)
  const found = await tablesAtHead(manifest, tables, [])
  return found.map(({ name, columns }) => ({ name, columns: columns.map(shownName) }))
}

function sayTables(tables: readonly AskableTable[]): string {
  const shown = tables.map(({ name, columns }) => `${name} (${columns.map(shownName).join(', ')})`)
  return `There ${shown.length === 1 ? 'is' : 'are'} ${shown.join('; ')}.`
}

/** As it is written in a query. */
function shownName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : quoteName(name)
}
