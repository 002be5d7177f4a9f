import { inspectJob, type PreparedRun, prepareRun, totalsOf } from '../../run/index.ts'
import type { Arguments } from '../arguments.ts'
import { carryOut, stopOnSignals } from '../carry-out.ts'
import type { Command } from '../command.ts'
import { sayPlan } from '../dry-run.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { helpOfJob } from '../job-help.ts'
import { checkOutlet, readOutlet } from '../outlet.ts'
import { countOf, showBytes } from '../quantities.ts'
import { readRunOptions } from '../run-options.ts'
import { runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'

export const run: Command = {
  name: 'run',
  operands: 'JOB INPUT…',
  summary: 'runs a job over files, directories and patterns',
  details: [
    'JOB is a TypeScript or JavaScript file whose default export is defineJob({ … }).',
    'INPUT is a file, a directory, or a pattern in quotes ("*.zip", "2020-{01..06}-*", "**/*.jsonl"); .gz and .zip are read as they are.',
    'Exit code: 0 complete, 1 failed, 2 wrong usage, 3 not committed (incomplete input or rejected records), 130 interrupted.',
  ],
  example: 'tallyman run words.job.ts "texts/*.txt" -o words',
  run: runJob,
  help: async (args, terminal) => {
    const options = readRunOptions(args, terminal.cwd)
    helpOfJob(terminal, options.job, await inspectJob(options, runsFolder(terminal)))
    return true
  },
}

async function runJob(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const options = readRunOptions(args, terminal.cwd)
  const outlet = readOutlet(args, terminal)
  const { signal, release } = stopOnSignals()
  let prepared: PreparedRun | null = null
  try {
    prepared = await prepareRun(options, runsFolder(terminal))
    if (args.has('dry-run') || signal.aborted) {
      if (!signal.aborted) tellPlan(prepared, args, terminal)
      await prepared.discard()
      return signal.aborted ? exitCodes.interrupted : exitCodes.complete
    }
    await check(prepared, () => checkOutlet(prepared as PreparedRun, outlet))
    if (!outlet.quiet) sayStart(prepared, terminal)
    return await carryOut(prepared, outlet, terminal, signal)
  } finally {
    await prepared?.close()
    release()
  }
}

/** Nothing has been read yet: a run that cannot begin leaves nothing behind. */
async function check(prepared: PreparedRun, look: () => void): Promise<void> {
  try {
    look()
  } catch (error) {
    await prepared.discard()
    throw error
  }
}

function tellPlan(prepared: PreparedRun, args: Arguments, terminal: Terminal): void {
  if (args.has('json')) terminal.out(JSON.stringify(prepared.plan))
  else sayPlan(terminal, prepared)
}

function sayStart({ id, plan, state }: PreparedRun, { say }: Terminal): void {
  const workers =
    plan.isolation === 'process'
      ? countOf(plan.workers, 'worker process', 'worker processes')
      : countOf(plan.workers, 'worker thread')
  say(
    `Run ${id}: ${countOf(plan.discovery.files.length, 'file')}, ${showBytes(totalsOf(state).inputBytes)}, ` +
      `${countOf(plan.tasks.length, 'task')}, ${workers}.`,
  )
}
