import { join } from 'node:path'
import { TallymanError } from '../../errors.ts'
import { printable } from '../../printable.ts'
import { countOf } from '../../quantities.ts'
import {
  isComplete,
  listRuns,
  RunDirectory,
  type RunOnDisk,
  readRun,
  sayRunStatus,
  sayStatus,
  statusOf,
  totalsOf,
} from '../../run/index.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { runsFolder, sayNoRuns } from '../runs-folder.ts'
import { alignColumns } from '../tables.ts'

export const runs: Command = {
  name: 'runs',
  operands: '',
  operandsMax: 0,
  summary: 'lists the runs, newest first',
  details: [
    'Runs live in .tallyman/runs/ under the current directory, or in runs/ under $TALLYMAN_HOME where that is set.',
  ],
  example: 'tallyman runs',
  run: async (args, terminal) => {
    const folder = runsFolder(terminal)
    const found = listRuns(folder).map((id) => ({ id, run: tryRead(new RunDirectory(join(folder, id))) }))
    if (args.has('json')) {
      for (const { id, run } of found) terminal.out(JSON.stringify({ id, ...summaryOf(run) }))
    } else if (found.length === 0) {
      terminal.say(sayNoRuns(folder))
    } else {
      const rows = found.map(({ id, run }) => {
        const { records, job } = summaryOf(run)
        return [
          id,
          run === null ? sayStatus('unreadable') : sayRunStatus(run),
          records === null ? '' : countOf(records, 'record'),
          printable(job ?? ''),
        ]
      })
      for (const line of alignColumns(rows, {
        sides: ['left', 'left', 'right'],
        lineWidthMax: terminal.outColumns,
      }))
        terminal.out(line)
    }
    return exitCodes.complete
  },
}

function tryRead(directory: RunDirectory): RunOnDisk | null {
  try {
    return readRun(directory)
  } catch (error) {
    if (error instanceof TallymanError) return null
    throw error
  }
}

function summaryOf(run: RunOnDisk | null) {
  if (run === null)
    return {
      status: 'unreadable',
      complete: false,
      job: null,
      createdAt: null,
      records: null,
      rejected: null,
      result: null,
      digest: null,
    } as const
  const totals = run.state === null ? null : totalsOf(run.state)
  return {
    status: statusOf(run),
    complete: isComplete(run),
    job: run.identity.job,
    createdAt: run.identity.createdAt,
    records: totals?.records ?? null,
    rejected: totals?.rejected ?? null,
    result: run.state?.result?.directory ?? null,
    digest: run.state?.result?.digest ?? null,
  } as const
}
