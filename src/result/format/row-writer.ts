import { isTuple, type Key } from '../../record/index.ts'
import { keyColumnNames } from '../columns/key-columns.ts'

/** The forms a table can be written in. */
export const tableFormats = ['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const
/** Also the ending of a table's file. No {@link RowWriter} writes parquet: it is made of the JSON lines. */
export type TableFormat = (typeof tableFormats)[number]

/** A row as every format gets it: the key, and both halves as canonical JSON. */
export interface ResultRow {
  readonly key: Key
  readonly keyJson: string
  readonly valueJson: string
}

/** Turns the rows of one table into text. */
export interface RowWriter {
  /** Text before the first row. */
  readonly head: string
  row(row: ResultRow): string
  /** Text after the last row. */
  readonly tail: string
}

/** What a table of columns must know before its first row: how keys are taken apart, and what the values hold. */
export interface Columns {
  /** Names of the columns of keys: as many as the longest key has elements. */
  readonly keyNames: readonly string[]
  /** Properties that every value has, in order; null where values are not objects of the same scalar properties. */
  readonly valueFields: readonly string[] | null
}

/**
 * Finds the columns of a table. Cost: one pass over its rows.
 *
 * @param named what the job calls the elements of keys; null for nothing
 */
export function findColumns(
  rows: Iterable<{ readonly key: Key; readonly valueJson: string }>,
  named: readonly string[] | null,
): Columns {
  let keyWidth: number | null = null
  let valueFields: readonly string[] | null | undefined
  for (const { key, valueJson } of rows) {
    if (isTuple(key)) keyWidth = Math.max(keyWidth ?? 1, key.length)
    if (valueFields !== null) valueFields = sameFields(valueFields, fieldsOf(valueJson))
  }
  return { keyNames: keyColumnNames(keyWidth, named), valueFields: valueFields ?? null }
}

function fieldsOf(valueJson: string): readonly string[] | null {
  if (!valueJson.startsWith('{') || valueJson === '{}') return null
  const value: unknown = JSON.parse(valueJson)
  if (typeof value !== 'object' || value === null) return null
  const isFlat = Object.values(value).every((field) => typeof field !== 'object' || field === null)
  return isFlat ? Object.keys(value) : null
}

function sameFields(
  before: readonly string[] | undefined,
  now: readonly string[] | null,
): readonly string[] | null {
  if (before === undefined || now === null) return now
  return before.length === now.length && before.every((name, index) => name === now[index]) ? before : null
}
