import { resolve } from 'node:path'
import { TallymanError } from '../errors.ts'
import { checkTarget, type TableFormat } from '../result/index.ts'
import type { PreparedRun } from '../run/index.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/** Where a result goes, and what is said of it. */
export interface Outlet {
  /** Absolute; null for the run's own `result/`. */
  readonly target: string | null
  /** Rows go to stdout as well. */
  readonly toStdout: boolean
  readonly format: TableFormat
  readonly rows: number
  readonly quiet: boolean
  readonly json: boolean
  readonly eventsFile: string | null
}

const rowsDefault = 5

export function readOutlet(args: Arguments, { cwd }: Terminal): Outlet {
  const out = args.text('out')
  const toStdout = out === '-'
  if (toStdout && args.has('json')) {
    throw new TallymanError('usage', 'Options "-o -" and --json both write to stdout.', {
      wayOut: 'Leave one of them out.',
    })
  }
  const events = args.text('events')
  return {
    target: out === null || toStdout ? null : resolve(cwd, out),
    toStdout,
    // The parser has checked that it is one of them.
    format: (args.text('format') ?? 'jsonl') as TableFormat,
    rows: args.count('rows') ?? rowsDefault,
    quiet: args.has('quiet'),
    json: args.has('json'),
    eventsFile: events === null ? null : resolve(cwd, events),
  }
}

/** Checks, before a record is read, that the result can go where it should. */
export function checkOutlet(run: PreparedRun, { target, toStdout, format }: Outlet): void {
  if (target !== null) checkTarget(target, run.plan.job.file)
  const { tables } = run.plan.job.description
  if (toStdout && tables.length > 1 && format !== 'jsonl') {
    throw new TallymanError(
      'usage',
      `The job has ${tables.length} tables; only as jsonl do they fit into one stream.`,
      {
        wayOut: 'Name a directory with -o, or leave out --format.',
      },
    )
  }
}
