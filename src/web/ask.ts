import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseJson } from '../input/index.ts'
import { canonicalJson } from '../record/index.ts'
import { packageRoot } from '../run/index.ts'

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

/**
 * Asks a result by SQL, as `tallyman query` does, in a process of its own: whatever a query does to it, the page goes on. It reaches
 * nothing but the tables, and is ended after ten seconds.
 */
export async function ask(directory: string, sql: string): Promise<Answer> {
  const args = ['query', '--json', '--memory', limits.memory, '--', directory, sql]
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'tallyman'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let text = ''
  let lines = 0
  let isCut = false
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limits.ms)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      lines += piece.split('\n').length - 1
      if (isCut || (lines <= limits.rows && text.length <= limits.bytes)) return
      isCut = true
      child.kill('SIGKILL')
    })
  }).finally(() => clearTimeout(timer))
  if (isLate)
    return {
      ...nothing,
      problem: 'It took more than ten seconds. In a terminal `tallyman query` has all the time it takes.',
    }
  const rows = text.split('\n').slice(0, -1).map(readLine)
  if (code !== 0 && !isCut) return { ...nothing, problem: problemIn(rows[0]) }
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows
    .slice(0, limits.rows)
    .map((row) => columns.map((name) => canonicalJson(row[name] ?? null)))
  return { columns, cells, isCut, problem: null }
}

type Line = Readonly<Record<string, unknown>>

/** Integers of any size stay exact. */
function readLine(line: string): Line {
  const bytes = Buffer.from(line)
  return parseJson(bytes, 0, bytes.length, 'exact') as Line
}

function problemIn(line: Line | undefined): string {
  const error = line?.error as { readonly message: string; readonly wayOut: string | null } | undefined
  return error === undefined
    ? 'The query ended without an answer.'
    : [error.message, error.wayOut ?? ''].join('\n').trim()
}
