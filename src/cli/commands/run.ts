import { TallymanError } from '../../errors.ts'
import { countOf, showBytes } from '../../quantities.ts'
import { requireFormat } from '../../result/index.ts'
import {
  acceptOptions,
  type HeldRun,
  prepareRun,
  type RunDirectory,
  takeTarget,
  totalsOf,
} from '../../run/index.ts'
import { checkMaster, requireSpark, withRanges } from '../../spark/index.ts'
import { checkAccepted } from '../accepted-names.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { detach, newLog } from '../detach.ts'
import { lackingOf, sayPlan, sayWorkers, sayWorkersBeyondCores } from '../dry-run.ts'
import { type ExitCode, exitCodes, exitMeanings } from '../exit-codes.ts'
import { interruptible } from '../interruptible.ts'
import { inspectAside } from '../job-as-it-is.ts'
import { helpOfJob } from '../job-help.ts'
import { makeRun } from '../make-run.ts'
import { checkOutlet, keepOutlet, type Outlet, readOutlet } from '../outlet.ts'
import { readPage } from '../page-beside.ts'
import { readRunOptions } from '../run-options.ts'
import { runsFolder } from '../runs-folder.ts'
import type { Terminal } from '../terminal.ts'
import { withRun } from '../with-run.ts'

export const run: Command = {
  name: 'run',
  operands: 'JOB INPUT…',
  summary: 'runs a job over files, directories and patterns',
  details: [
    'JOB is a TypeScript or JavaScript file whose default export is defineJob({ … }).',
    'INPUT is a file, a directory, or a pattern in quotes: "*.zip", "2020-{01..06}-*", "**/*.jsonl". Gzip files and zip archives are read as they lie. Names that begin with "-" come after "--".',
    'The head of each table and the digest go to stdout, what is said about the run to stderr.',
    `Exit codes: ${exitMeanings.map(([code, meaning]) => `${code} ${meaning}`).join(', ')}.`,
  ],
  example: 'tallyman run words.job.ts "texts/*.txt" -o words',
  run: runJob,
  help: (args, terminal) => interruptible(terminal, (signal) => tellJob(args, terminal, signal)),
}

async function tellJob(args: Arguments, terminal: Terminal, stop: AbortSignal): Promise<ExitCode> {
  const options = readRunOptions(args, terminal.cwd)
  helpOfJob(terminal, options.job, await inspectAside(options, stop))
  return exitCodes.complete
}

async function runJob(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const options = readRunOptions(args, terminal.cwd)
  if (options.inputs.length === 0) {
    throw new TallymanError('usage', 'Which inputs? `tallyman run` needs a job file and inputs.', {
      wayOut: `Name files, directories, or patterns in quotes. \`tallyman run ${options.job} --help\` says what the job reads.`,
    })
  }
  const { spark } = options
  if (spark !== null) {
    if (args.has('dry-run')) checkMaster(spark.master)
    else await requireSpark(spark, process.env)
  }
  const outlet = readOutlet(args, terminal)
  if (args.has('detach') && terminal.letGo === undefined) {
    refuseDryRun(args)
    return await detach(args, terminal, newLog(runsFolder(terminal)))
  }
  return await interruptible(terminal, async (stop, finish) => {
    // Noted before there is a plan: a run that is killed right then goes on to the same place.
    const note = (directory: RunDirectory): void => keepOutlet(directory, outlet)
    const parts = { stop, note, say: terminal.say, makeRun }
    const plan = (): Promise<HeldRun> => prepareRun(options, runsFolder(terminal), parts)
    const prepare = (): Promise<HeldRun> =>
      spark === null ? plan() : withRanges(options.inputs, spark.home, plan)
    if (args.has('dry-run')) return await dryRun(await prepare(), args, terminal)
    const make = async (): Promise<HeldRun> => begin(await prepare(), outlet, terminal)
    return await withRun(make, { outlet, terminal, stop, finish, page: readPage(args) })
  })
}

function refuseDryRun(args: Arguments): void {
  if (!args.has('dry-run')) return
  throw new TallymanError('usage', 'Options --dry-run and --detach do not go together.', {
    wayOut: 'Leave one of them out.',
  })
}

/** Nothing has been read yet: a run that cannot begin leaves nothing behind. */
async function begin(prepared: HeldRun, outlet: Outlet, terminal: Terminal): Promise<HeldRun> {
  try {
    checkAccepted(prepared.plan.accept, prepared.state)
    checkOutlet(prepared.plan, outlet)
    await requireFormat(outlet.format)
    if (outlet.target !== null) takeTarget(outlet.target)
  } catch (error) {
    await prepared.discard()
    throw error
  }
  if (!outlet.quiet) sayStart(prepared, terminal)
  terminal.letGo?.(prepared.directory)
  return prepared
}

async function dryRun(prepared: HeldRun, args: Arguments, terminal: Terminal): Promise<ExitCode> {
  try {
    checkAccepted(prepared.plan.accept, prepared.state)
    if (args.has('json')) terminal.out(JSON.stringify(prepared.plan))
    else await sayPlan(terminal, prepared)
    const lacking = lackingOf(prepared.plan)
    if (lacking.length === 0) return exitCodes.complete
    terminal.say(
      `A run would not commit its result, and end with exit code ${exitCodes.incomplete}. To go on without what is lacking: ${acceptOptions(lacking)}`,
    )
    return exitCodes.incomplete
  } finally {
    await prepared.discard()
  }
}

function sayStart({ id, plan, state }: HeldRun, { say }: Terminal): void {
  say(
    `Run ${id}: ${countOf(plan.discovery.files.length, 'file')}, ${showBytes(totalsOf(state).inputBytes)}, ` +
      `${countOf(plan.tasks.length, 'map task')}, ${sayWorkers(plan)}.`,
  )
  const note = sayWorkersBeyondCores(plan)
  if (note !== null) say(`  ${note}`)
}
