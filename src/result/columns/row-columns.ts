import { TallymanError } from '../../errors.ts'
import { nearestName, type Row, type TableDescription } from '../../job/index.ts'
import { canonicalJson, isTuple, type Key } from '../../record/index.ts'
import { elementsOf } from './key-columns.ts'

/** What a row has in a column; undefined for a row that does not have it. */
export type ColumnReader = (row: Row<Key, unknown>) => unknown

/**
 * Reads a column of rows by its name: an element of the key as the job names it, `key`, `key_1`, …; `value`; or a property of the value.
 * That no row has a column is seen only when they have been read.
 */
export function columnReader(name: string, description: TableDescription | undefined): ColumnReader {
  const named = description?.columns?.indexOf(name) ?? -1
  if (named !== -1) return ({ key }) => elementsOf(key)[named]
  if (name === 'key') return ({ key }) => (isTuple(key) ? canonicalJson(key) : key)
  if (name === 'value') return ({ value }) => value
  const numbered = /^key_([1-9]\d{0,2})$/.exec(name)
  if (numbered !== null) return ({ key }) => elementsOf(key)[Number(numbered[1]) - 1]
  return ({ value }) => propertyOf(value, name)
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** Names of the columns that one row has. */
export function columnsOfRow(
  { key, value }: Row<Key, unknown>,
  description: TableDescription | undefined,
): string[] {
  const elements = elementsOf(key)
  const names = description?.columns
  const keys = elements.map((_, index) => names?.[index] ?? (isTuple(key) ? `key_${index + 1}` : 'key'))
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return [...keys, ...(isObject ? Object.keys(value) : ['value'])]
}

/** That a table has no such column, with those it has. */
export function noSuchColumn(table: string, name: string, known: readonly string[]): TallymanError {
  const near = nearestName(name, known)
  const meant = near === null ? '' : `Did you mean ${near}? `
  return new TallymanError('usage', `Table ${table} has no column ${JSON.stringify(name)}.`, {
    wayOut: `${meant}It has ${known.join(', ')}.`,
  })
}
