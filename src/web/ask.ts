import { showDuration } from '../quantities.ts'
import { canonicalJson } from '../record/index.ts'
import { readManifest } from '../result/index.ts'
import { askBounded, busy, problemIn, readLine } from './bounded.ts'

/** What a query of the page may take, and how much of its answer is shown. */
const limits = { memory: '256M', rows: 200, bytes: 2 ** 20 } as const

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

/** For what any query takes, and for reading a row of the tables, on a machine that has other things to do as well. */
const [fixedMs, rowMs, longestMs] = [10_000, 0.02, 300_000]

/** How long a query over tables of so many rows together may take: ten seconds, and twenty for each million rows, at most five minutes. */
export function queryMsMax(rows: number): number {
  return Math.min(fixedMs + rowMs * rows, longestMs)
}

/**
 * Asks a result by SQL, as `tallyman query` does. It reaches nothing but the tables, and is ended when it takes too long, or when nobody
 * waits for it any more.
 */
export async function ask(directory: string, sql: string, gone: AbortSignal): Promise<Answer> {
  const ms = queryMsMax(readManifest(directory).tables.reduce((sum, { rows }) => sum + rows, 0))
  const answer = await askBounded(['query', '--json', '--memory', limits.memory, '--', directory, sql], {
    ms,
    lines: limits.rows,
    bytes: limits.bytes,
    gone,
  })
  if (answer === null) return { ...nothing, problem: busy }
  const { code, lines, isCut, isLate } = answer
  if (isLate)
    return {
      ...nothing,
      problem: `It took more than ${showDuration(ms)}. In a terminal \`tallyman query\` has all the time it takes.`,
    }
  const rows = lines.map(readLine)
  if (code !== 0 && !isCut) return { ...nothing, problem: problemIn(rows[0]) }
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows
    .slice(0, limits.rows)
    .map((row) => columns.map((name) => canonicalJson(row[name] ?? null)))
  return { columns, cells, isCut, problem: null }
}
