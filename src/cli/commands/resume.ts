import { basename } from 'node:path'
import { requireFormat } from '../../result/index.ts'
import {
  type HeldRun,
  isRunHeld,
  type RunDirectory,
  type RunState,
  readResumable,
  resumeRun,
  sayRunStatus,
  takeTarget,
} from '../../run/index.ts'
import { requireSpark } from '../../spark/index.ts'
import { checkAccepted } from '../accepted-names.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { detach, logOf } from '../detach.ts'
import { saySummaryJson, sayWithout } from '../end-of-run.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { interruptible } from '../interruptible.ts'
import { makeRun } from '../make-run.ts'
import { checkOutlet, keepOutlet, keptOutlet, type Outlet, readOutlet } from '../outlet.ts'
import { readPage } from '../page-beside.ts'
import { resultOfRun } from '../result-place.ts'
import { readMaxBad } from '../run-options.ts'
import { findRun } from '../runs-folder.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'
import { withRun } from '../with-run.ts'

export const resume: Command = {
  name: 'resume',
  operands: '[RUN]',
  operandsMax: 1,
  summary: 'goes on with a run that was interrupted, refused, cut off or failed',
  details: [
    'What was committed is not done again, and the job is the one the run began with, even if its file has changed.',
    'A run that was refused is finished without what is lacking when that is named with --accept, or tolerated with --max-bad.',
    'RUN is an id, the beginning of one, "last", or the path of a run. Where nothing is named, the last run goes on; of one that is complete it is said where its result is.',
  ],
  example: 'tallyman resume last --accept 2020-02-20',
  run: async (args, terminal) => {
    const [name = 'last'] = args.positionals
    const directory = findRun(name, terminal)
    const { state } = readResumable(directory)
    if (state?.phase === 'complete') return tellComplete(directory, state, args, terminal)
    const outlet = readOutlet(args, terminal, keptOutlet(directory))
    if (args.has('detach') && terminal.letGo === undefined) {
      return await detach(args, terminal, logOf(directory))
    }
    const spark = state?.plan.spark ?? null
    if (spark !== null) await requireSpark(spark, process.env)
    const make = (): Promise<HeldRun> => reopen(directory, { args, outlet, terminal })
    return await interruptible(terminal, (stop, finish) =>
      withRun(make, { outlet, terminal, stop, finish, page: readPage(args) }),
    )
  },
}

/** What has come to its end needs nothing more: whoever asks for it to be so is told that it is. */
function tellComplete(
  directory: RunDirectory,
  state: RunState,
  args: Arguments,
  terminal: Terminal,
): ExitCode {
  const { directory: result, committed } = resultOfRun(directory, terminal)
  const id = basename(directory.path)
  if (args.has('json')) {
    saySummaryJson(terminal, { id, directory, state }, { committed })
    return exitCodes.complete
  }
  if (!args.has('quiet')) {
    terminal.say(`Run ${id} is ${sayRunStatus({ isHeld: false, state })}; there is nothing left to do.`)
    sayWithout(terminal, state)
    terminal.say(`Result in ${shownPath(result, terminal.cwd)}`)
    terminal.say(`Next: tallyman show ${id}`)
  }
  terminal.out(`digest ${committed.digest}`)
  return exitCodes.complete
}

async function reopen(
  directory: RunDirectory,
  {
    args,
    outlet,
    terminal,
  }: { readonly args: Arguments; readonly outlet: Outlet; readonly terminal: Terminal },
): Promise<HeldRun> {
  const { state } = readResumable(directory)
  // A run that has no plan is refused below for a better reason.
  if (state !== null) {
    checkAccepted(args.list('accept'), state)
    checkOutlet(state.plan, outlet)
    await requireFormat(outlet.format)
    // Of a run that is held, its holder has the place as well: it is refused below, with how to follow it.
    if (outlet.target !== null && !isRunHeld(directory)) takeTarget(outlet.target)
  }
  const told = { accept: args.list('accept'), badRecords: readMaxBad(args.text('max-bad')) }
  const run = await resumeRun(directory, told, makeRun)
  keepOutlet(directory, outlet)
  terminal.letGo?.(directory)
  return run
}
