import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { TallymanError } from '../errors.ts'
import { nearestName } from '../job/index.ts'
import { printable } from '../printable.ts'
import { canonicalJson } from '../record/index.ts'
import { canonicalRow, checkTables, elementsOf, openResult, selectRows } from '../result/index.ts'
import type { Arguments } from './arguments.ts'
import { sayLacking } from './say-lacking.ts'
import { shownPath } from './shown-path.ts'
import { alignColumns, showJson } from './tables.ts'
import type { Terminal } from './terminal.ts'
import { readWhere, sayWhere } from './where.ts'

/** The flags that ask for rows of one table, and not for the heads of all. */
const tableFlags = ['table', 'top', 'by', 'where']

/** Are rows of one table wanted? Else `show` tells of the run, with the heads of all tables. */
export function asksForTable(args: Arguments): boolean {
  return tableFlags.some((flag) => args.has(flag))
}

/** Rows that are aligned with each other; a table can be longer than memory. */
const rowsTogether = 500

/** Shows rows of one table: all, those that are asked for, or the largest. On a terminal through a pager, which can end it. */
export async function showTable(directory: string, args: Arguments, terminal: Terminal): Promise<void> {
  const { manifest, tables } = openResult(directory)
  const name = tableNamed(args.text('table'), Object.keys(tables))
  const table = tables[name]
  if (table === undefined) return
  // Not all of it may be read.
  const written = manifest.tables.filter((one) => one.name === name)
  await checkTables(directory, written, shownPath(directory, terminal.cwd))
  const description = manifest.job.description.tables.find((one) => one.name === name)
  const rows = args.count('top')
  const by = args.text('by')
  const where = readWhere(args)
  const selected = selectRows(table, description, {
    where,
    top: rows === null && !args.has('by') ? null : { rows: rows ?? rowsTogether, by },
  })
  const most = args.count('rows') ?? Number.POSITIVE_INFINITY
  const isPaged =
    Number.isFinite(terminal.outColumns) && rows === null && !args.has('rows') && !args.has('json')
  const pager = isPaged ? openPager(terminal) : null
  let shown = 0
  let together: string[][] = []
  const flush = (): void => {
    for (const line of linesOf(together, terminal.outColumns)) (pager ?? terminal).out(line)
    together = []
  }
  try {
    for await (const { key, value } of selected) {
      if (shown === most || pager?.hasEnded()) break
      shown += 1
      if (args.has('json')) {
        terminal.out(canonicalRow({ keyJson: canonicalJson(key), valueJson: canonicalJson(value) }))
        continue
      }
      together.push([...elementsOf(key), value].map((cell) => showJson(canonicalJson(cell))))
      if (together.length < rowsTogether) continue
      flush()
      await pager?.drained()
    }
    flush()
  } finally {
    await pager?.close()
  }
  if (shown === 0 && most > 0 && args.has('where'))
    terminal.say(`No row of table ${name} has ${printable(sayWhere(where))}.`)
  sayLacking(manifest, terminal)
}

/**
 * The table that is meant: the only one where none is named.
 *
 * @throws {TallymanError} `not-found`
 */
function tableNamed(name: string | null, names: readonly string[]): string {
  const [only] = names
  if (name === null && names.length === 1 && only !== undefined) return only
  const near = name === null ? null : nearestName(name, names)
  if (name !== null && names.includes(name)) return name
  const what =
    name === null ? 'The result has several tables.' : `The result has no table ${JSON.stringify(name)}.`
  throw new TallymanError('not-found', what, {
    wayOut: `Say --table ${near ?? `with one of ${names.join(', ')}`}.`,
  })
}

function linesOf(rows: readonly string[][], lineWidthMax: number): string[] {
  const columns = Math.max(0, ...rows.map(({ length }) => length))
  const sides = Array.from({ length: columns }, (_, index) =>
    rows.every((cells) => /^-?\d/.test(cells[index] ?? '')) ? ('right' as const) : ('left' as const),
  )
  return alignColumns(rows, {
    sides,
    cellWidthMax: 60,
    lineWidthMax,
    isWhole: !Number.isFinite(lineWidthMax),
  })
}

interface Pager {
  out(line: string): void
  hasEnded(): boolean
  /** Resolves when it takes more. */
  drained(): Promise<void>
  /** Resolves when whoever reads has left it. */
  close(): Promise<void>
}

/** What the user pages with; null where that is nothing. */
function openPager({ env }: Terminal): Pager | null {
  const command = env.PAGER ?? 'less'
  if (command === '' || command === 'cat') return null
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRSX', ...env },
  })
  let isOver = false
  const over = once(child, 'close').then(() => {
    isOver = true
  })
  // Whoever reads may leave it before all is written.
  child.stdin.on('error', () => undefined)
  return {
    out: (line) => void child.stdin.write(`${line}\n`),
    hasEnded: () => isOver,
    drained: async () => {
      if (child.stdin.writableNeedDrain) await Promise.race([once(child.stdin, 'drain'), over])
    },
    close: async () => {
      child.stdin.end()
      await over
    },
  }
}
