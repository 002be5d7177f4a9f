import type { Chart, ChartScalar, Row, TableDescription } from '../../job/index.ts'
import { canonicalJson, type Key } from '../../record/index.ts'
import { columnReader } from './row-columns.ts'

/** What rows must have in columns, by name: one of the values listed. */
export type Where = Readonly<Record<string, readonly Wanted[]>>

/** A value as a job says it, or as it was typed: a text that may mean the number, boolean or null it spells. */
export type Wanted = { readonly exactly: ChartScalar } | { readonly typed: string }

/** What a chart of a job says that rows must have. */
export function whereOfChart({ where }: Chart): Where {
  return Object.fromEntries(
    Object.entries(where ?? {}).map(([column, wanted]) => {
      const list = Array.isArray(wanted) ? wanted : [wanted]
      return [column, list.map((exactly): Wanted => ({ exactly }))]
    }),
  )
}

/** Does a row have what is wanted? */
export function rowFilter(
  where: Where,
  description: TableDescription | undefined,
): (row: Row<Key, unknown>) => boolean {
  const tests = Object.entries(where).map(([name, wanted]) => {
    const read = columnReader(name, description)
    return (row: Row<Key, unknown>): boolean => {
      const cell = read(row)
      return wanted.some((one) => isWanted(cell, one))
    }
  })
  return (row) => tests.every((test) => test(row))
}

function isWanted(cell: unknown, wanted: Wanted): boolean {
  if (cell === undefined) return false
  if ('exactly' in wanted) return cell === wanted.exactly || (cell === 0 && wanted.exactly === 0)
  return cell === wanted.typed || (typeof cell !== 'string' && canonicalJson(cell) === wanted.typed)
}
