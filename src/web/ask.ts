import { canonicalJson } from '../record/index.ts'
import { askBounded, busy, problemIn, readLine } from './bounded.ts'

/** What a query of the page may take, and how much of its answer is shown. */
const limits = { ms: 10_000, memory: '256M', rows: 200, bytes: 2 ** 20 } as const

/** An answer to a query, or why there is none. */
export interface Answer {
  readonly columns: readonly string[]
  /** JSON texts. */
  readonly cells: readonly (readonly string[])[]
  /** Has it more rows than are shown? */
  readonly isCut: boolean
  readonly problem: string | null
}

const nothing: Omit<Answer, 'problem'> = { columns: [], cells: [], isCut: false }

/** Asks a result by SQL, as `tallyman query` does. It reaches nothing but the tables, and is ended after ten seconds. */
export async function ask(directory: string, sql: string): Promise<Answer> {
  const answer = await askBounded(['query', '--json', '--memory', limits.memory, '--', directory, sql], {
    ms: limits.ms,
    lines: limits.rows,
    bytes: limits.bytes,
  })
  if (answer === null) return { ...nothing, problem: busy }
  const { code, lines, isCut, isLate } = answer
  if (isLate)
    return {
      ...nothing,
      problem: 'It took more than ten seconds. In a terminal `tallyman query` has all the time it takes.',
    }
  const rows = lines.map(readLine)
  if (code !== 0 && !isCut) return { ...nothing, problem: problemIn(rows[0]) }
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows
    .slice(0, limits.rows)
    .map((row) => columns.map((name) => canonicalJson(row[name] ?? null)))
  return { columns, cells, isCut, problem: null }
}
